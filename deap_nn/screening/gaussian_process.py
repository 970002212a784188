"""A Gaussian process with a Matern 5/2 kernel and a length scale for each sort of gene.

Input: rows, the length that each of their columns belongs to, and scores. Output: length scales and noise that suit
them, then samples of what the scores of other rows may be. The formulas are those of Rasmussen and Williams 2006,
"Gaussian Processes for Machine Learning", chapters 2, 4 and 5 (http://gaussianprocess.org/gpml/). The signal's variance
is 1, as scores are standardised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from deap_nn.screening.encoding import Encoding, Floats, squared_distances

LOG_NOISE = math.log(0.05)
"""The prior's centre for the noise's variance: a twentieth of that of the scores."""

TYPICAL = 2.0
"""By the prior's centre for length scales, the squared scaled distance of two random networks: of many genes, each
matters less, or no result would say anything about any other network (as Hvarfner et al. 2024 found,
https://arxiv.org/abs/2402.02229). Where genes are few, lengths begin at 1: a whole range, two different options."""

LENGTH_BOUNDS = (-3.0, 4.0)
"""Beyond these, a gene's steps are all far apart, or none of them matters."""

NOISE_BOUNDS = (-9.0, 1.0)
"""The lower bound keeps the matrix of many equal genomes invertible in double precision."""

MOST_STEPS = 30
"""Steps of L-BFGS: where the search settles in nearly all fits; each costs a factorisation."""

JITTER = 1e-8
"""What is added first to the diagonal of a matrix that is not positive definite: rounding is smaller than that."""

LEAST_VARIANCE, LEAST_DENSITY = 1e-12, 1e-300
"""What is taken for 0 where a logarithm is to be taken, or a division to be made."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a Gaussian process is fitted by.

    Attributes:
        log_lengths: The logarithm of each length scale.
        log_noise: The logarithm of the noise's variance.
    """

    log_lengths: Floats
    log_noise: float

    @classmethod
    def prior(cls, encoding: Encoding) -> Hyperparameters:
        """Return the prior's centre; around it, each logarithm has a standard deviation of 1."""
        log_length = 0.5 * math.log(max(1.0, encoding.typical / TYPICAL))
        return cls(np.full(len(encoding.lengths), log_length), LOG_NOISE)

    @property
    def vector(self) -> Floats:
        """All logarithms in one array, the noise's last."""
        return np.append(self.log_lengths, self.log_noise)


def matern(squared: Floats) -> Floats:
    """Return the Matern 5/2 kernel of squared scaled distances (equation 4.17)."""
    scaled = np.sqrt(5.0 * squared)
    kernel: Floats = (1.0 + scaled + scaled * scaled / 3.0) * np.exp(-scaled)
    return kernel


def cholesky(matrix: Floats) -> Floats:
    """Return the lower Cholesky factor, of a matrix with as much more on its diagonal as it takes."""
    jitter = 0.0
    while True:
        try:
            return np.asarray(np.linalg.cholesky(matrix + jitter * np.eye(len(matrix))), dtype=np.float64)
        except np.linalg.LinAlgError:
            jitter = max(JITTER, 10.0 * jitter)


def fit(prior: Hyperparameters, distances: Floats, scores: Floats) -> Hyperparameters:
    """Return the most probable hyperparameters (maximum a posteriori), searched from the prior's centre by L-BFGS.

    Nothing but the arguments has a say, so that a search that is resumed need not repeat earlier fits.

    Args:
        prior: The prior's centre.
        distances: The squared distances of all pairs, as `Encoding.distances` returns them.
        scores: The scores, standardised.
    """
    from scipy.optimize import minimize  # takes half a second, so only where it is used

    bounds = [LENGTH_BOUNDS] * len(distances) + [NOISE_BOUNDS]
    options = {"maxiter": MOST_STEPS}
    known = (prior.vector, distances, scores)
    found = minimize(loss, prior.vector, known, "L-BFGS-B", jac=True, bounds=bounds, options=options).x
    return Hyperparameters(found[:-1], float(found[-1]))


def loss(vector: Floats, centre: Floats, distances: Floats, scores: Floats) -> tuple[float, Floats]:
    """Return the negative logarithm of the posterior density, up to a constant, and its gradient.

    Args:
        vector: The logarithms of the lengths and, at last, of the noise's variance.
        centre: Those at the prior's centre.
        distances: The squared distances of all pairs, as `Encoding.distances` returns them.
        scores: The scores, standardised.
    """
    from scipy.linalg import lapack

    count = len(scores)
    below = np.tril_indices(count, -1)
    weights, noise = np.exp(-2.0 * vector[:-1]), math.exp(vector[-1])
    scaled = np.sqrt(5.0 * (weights @ distances))
    decay = np.exp(-scaled)
    matrix = (1.0 + noise) * np.eye(count)
    matrix[below] = (1.0 + scaled + scaled * scaled / 3.0) * decay
    # Both functions of LAPACK read and write the triangle below the diagonal alone.
    factor = lapack.dpotrf(matrix, lower=1, clean=0)[0]
    alpha = lapack.dpotrs(factor, scores, lower=1)[0]
    inverse = lapack.dpotri(factor, lower=1)[0]
    # Equation 5.9: half the trace of (alpha alpha' - inverse) dK; each pair below the diagonal stands for two.
    inner = alpha[below[0]] * alpha[below[1]] - inverse[below]
    by_lengths = weights * (distances @ (inner * (5.0 / 3.0 * (1.0 + scaled) * decay)))
    by_noise = 0.5 * noise * (alpha @ alpha - np.trace(inverse))
    off = vector - centre
    value = 0.5 * (scores @ alpha) + np.log(np.diag(factor)).sum() + 0.5 * (off @ off)
    return float(value), off - np.append(by_lengths, by_noise)


class Posterior:
    """What results say about other rows.

    Args:
        hyperparameters: Length scales and noise.
        length_of: The index of its length for each column.
        rows: The rows of the results, then those of trainings under way.
        scores: The scores of the results. Rows that have none are taken to turn out as expected, which leaves the mean
            as it is and makes their neighbourhood known: "kriging believer" (Ginsbourger et al. 2010,
            https://doi.org/10.1007/978-3-642-10701-6_6), with the mean of the results alone as in GP-BUCB (Desautels
            et al. 2014, https://jmlr.org/papers/v15/desautels14a.html).
    """

    def __init__(self, hyperparameters: Hyperparameters, length_of: Any, rows: Floats, scores: Floats) -> None:
        self._scale = np.exp(-hyperparameters.log_lengths)[length_of]
        self._rows = rows * self._scale
        noise = math.exp(hyperparameters.log_noise)
        self._factor = cholesky(self._kernel(self._rows, self._rows) + noise * np.eye(len(rows)))
        # Rows without a score add nothing to the mean: their scores are the mean, so their residuals vanish.
        self._white = np.zeros(len(rows))
        self._white[: len(scores)] = self._solve(scores)

    def mean_and_covariance(self, queries: Floats) -> tuple[Floats, Floats]:
        """Return the mean and the covariance of the noise-free scores of some rows (equations 2.25 and 2.24)."""
        scaled = queries * self._scale
        white = self._solve(self._kernel(self._rows, scaled))
        return white.T @ self._white, self._kernel(scaled, scaled) - white.T @ white

    def sample(self, queries: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return the means of some rows, and their scores drawn together (equation A.2)."""
        mean, covariance = self.mean_and_covariance(queries)
        return mean, mean + cholesky(covariance + 100.0 * JITTER * np.eye(len(queries))) @ rng.standard_normal(
            len(queries)
        )

    @staticmethod
    def _kernel(one: Floats, other: Floats) -> Floats:
        return matern(squared_distances(one, other))

    def _solve(self, right: Floats) -> Floats:
        from scipy.linalg import solve_triangular

        size = len(right)
        return np.asarray(solve_triangular(self._factor[:size, :size], right, lower=True))


def log_expected_improvement(mean: Floats, covariance: Floats, best: float) -> Floats:
    """Return the logarithm of the improvement that is expected over the best score (Jones et al. 1998, equation 15).

    Where hardly any is expected, it still tells rows apart (Ament et al. 2023, https://arxiv.org/abs/2310.20708).

    Args:
        mean: The expected scores of some rows.
        covariance: Their covariance, of which the diagonal is used.
        best: The score to improve on.
    """
    from scipy.special import erfcx, ndtr

    deviation = np.sqrt(np.maximum(np.diag(covariance), LEAST_VARIANCE))
    z = (mean - best) / deviation
    density = np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    # Far below the best, both terms of phi(z) + z Phi(z) vanish, and their sum is phi(z) (1 + z Phi(z) / phi(z))
    low = np.minimum(z, -1.0)
    rest = np.maximum(1.0 + low * math.sqrt(math.pi / 2.0) * erfcx(-low / math.sqrt(2.0)), LEAST_DENSITY)
    far = -0.5 * low * low - 0.5 * math.log(2.0 * math.pi) + np.log(rest)
    near = np.log(np.maximum(density + z * ndtr(z), LEAST_DENSITY))
    improvement: Floats = np.log(deviation) + np.where(z < -1.0, far, near)
    return improvement
