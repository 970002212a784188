"""The screen: of several children, the one from which most is to be hoped for.

Input: results in the order of the children's numbers, candidates, and the children under way. Output: the place of the
candidate to train: that with the largest expected improvement (Mockus, Tiesis and Zilinskas 1978; Jones et al. 1998,
https://doi.org/10.1023/A:1008306431147), where children under way count as known to be no surprise. With several
objectives, one sample of what may be true is drawn for each, and the candidate is one that none dominates in them
(Thompson's rule, 1933, https://doi.org/10.1093/biomet/25.3-4.285).

A choice depends on the seed, the child's number, the results, the candidates and the children under way, on nothing
else: not on earlier choices, so that a resumed search need not repeat them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from deap_nn.errors import InputError
from deap_nn.screening.encoding import Encoding, Floats
from deap_nn.screening.gaussian_process import Hyperparameters, Posterior, fit, log_expected_improvement
from deap_nn.space import Chromosome, SearchSpace

BOUND = 400
"""The most results that are used at a time; a choice then costs some 20 milliseconds, however long the search."""

BEST = 150
"""How many of them are the best: where the next improvement is to be found."""

RECENT = 100
"""How many are the most recent of the others: candidates are bred from what the population is now.

Of children under way, no more than these are known, the last ones, however many there are."""

CANDIDATES = 30
"""How many children are bred for one that is trained, by default."""

GROWTH = 1.15
"""The data grow by this factor from one fit of the hyperparameters to the next."""

SAME = 1e-9
"""Results whose relative difference is no larger count as equal: rounding may not decide which is better."""


class Screen:
    """Learns from results which of several children to train.

    Args:
        space: The space of all individuals.
        seed: An int of at least 0; with a child's number, it determines all random numbers of a choice.
        candidates: How many candidates it would like to choose from; 1 or more.
    """

    def __init__(self, space: SearchSpace, seed: int, *, candidates: int = CANDIDATES) -> None:
        if type(candidates) is not int or candidates < 1:
            raise InputError(f"candidates is {candidates!r}; expected an int of at least 1")
        if type(seed) is not int or seed < 0:
            raise InputError(f"seed is {seed!r}; expected an int of at least 0")
        self.candidates = candidates
        """How many candidates it would like to choose from; it is for whoever breeds them to read."""
        self.expected: float | None = None
        """The score expected of the candidate that was chosen last; None if nothing is known."""
        self._encoding = Encoding(space)
        self._seed = seed
        self._rows: list[NDArray[np.float32]] = []
        self._values: list[tuple[float, ...]] = []
        self._prior = Hyperparameters.prior(self._encoding)
        self._fitted: dict[int, tuple[int, Hyperparameters]] = {}  # by objective

    def tell(self, individual: Sequence[Chromosome], values: Sequence[float]) -> None:
        """Learn a result; results are told in the order of the children's numbers.

        Args:
            individual: The genome.
            values: Its weighted fitness values, finite numbers of which more is better, always as many; for failures,
                the worst ones.
        """
        if not isinstance(values, tuple | list) or not values or not all(map(_is_finite, values)):
            raise InputError(f"values are {values!r}; expected finite numbers: tell the worst ones for failures")
        if self._values and len(values) != len(self._values[0]):
            raise InputError(f"values are {values!r}; expected {len(self._values[0])} of them, as before")
        self._rows.append(self._encoding.encode(individual))
        self._values.append(tuple(map(float, values)))

    def choose(
        self, candidates: Sequence[Sequence[Chromosome]], under_way: Sequence[Sequence[Chromosome]], number: int
    ) -> int:
        """Return the index of the candidate to train.

        Args:
            candidates: The genomes to choose from, at least one.
            under_way: The genomes of children that have been chosen and whose results have not been told.
            number: The number of the child to be, at least 0.
        """
        if not candidates:
            raise InputError("there are no candidates; expected at least one")
        if number < 0:
            raise InputError(f"number is {number!r}; expected at least 0")
        rng = np.random.default_rng([self._seed, number])
        queries = self._encoding.encode_all(candidates)
        if not self._values:
            self.expected = None
            return int(rng.integers(len(queries)))
        merits = [self._merits(objective, queries, under_way, rng) for objective in range(len(self._values[0]))]
        place = int(rng.choice(nondominated(np.array([merit for _, merit in merits]).T)))
        self.expected = float(merits[0][0][place])
        return place

    def _merits(
        self,
        objective: int,
        queries: Floats,
        under_way: Sequence[Sequence[Chromosome]],
        rng: np.random.Generator,
    ) -> tuple[Floats, Floats]:
        """Return the score that is expected of each candidate in an objective, and what it is chosen by."""
        rows, scores = self._results(objective, len(self._values))
        rows = np.concatenate([rows, self._encoding.encode_all(under_way[-RECENT:])])
        posterior = Posterior(self._hyperparameters(objective), self._encoding.length_of, rows, scores)
        if len(self._values[0]) > 1:
            return posterior.sample(queries, rng)
        mean, covariance = posterior.mean_and_covariance(queries)
        return mean, log_expected_improvement(mean, covariance, float(scores.max()))

    def _hyperparameters(self, objective: int) -> Hyperparameters:
        """Return those fitted to the results that were there when the data had last grown enough."""
        count = _last_fit(len(self._values))
        before, fitted = self._fitted.get(objective, (0, self._prior))
        if count != before:
            rows, scores = self._results(objective, count)
            fitted = fit(self._prior, self._encoding.distances(rows), scores)
            self._fitted[objective] = count, fitted
        return fitted

    def _results(self, objective: int, count: int) -> tuple[Floats, Floats]:
        """Return the rows and the scores of the first `count` results, or of those that are used of them."""
        scores = normal_scores([values[objective] for values in self._values[:count]])
        used = used_results(scores)
        return np.array([self._rows[place] for place in used], dtype=np.float64), scores[used]


def _is_finite(value: object) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def nondominated(sample: Floats) -> NDArray[np.intp]:
    """Return the places of the rows that no other row dominates: with one column, those of the largest value.

    Args:
        sample: A row for each candidate, a column for each objective; more is better.
    """
    no_worse = (sample[:, None, :] >= sample[None, :, :]).all(axis=2)
    better = (sample[:, None, :] > sample[None, :, :]).any(axis=2)
    return np.flatnonzero(~(no_worse & better).any(axis=0))


def _last_fit(count: int) -> int:
    """Return the largest number of results, up to `count`, at which hyperparameters are fitted."""
    fitted = 1
    while (larger := max(fitted + 1, math.ceil(GROWTH * fitted))) <= count:
        fitted = larger
    return fitted


def normal_scores(values: Sequence[float]) -> Floats:
    """Return the normal scores of the ranks, with mean 0 and variance 1; equal values share theirs.

    Failures thus lie a little below the poorest network however bad their value, and any increasing function of the
    values gives the same scores.

    Args:
        values: Finite numbers, at least one.
    """
    from scipy.special import ndtri

    order = np.argsort(values, kind="stable")
    ascending = 0.5 * np.array(values)[order]  # so that the difference of two finite numbers is finite
    steps = np.diff(ascending) > SAME * np.maximum(np.abs(ascending[:-1]), np.abs(ascending[1:]))
    group = np.concatenate([[0], np.cumsum(steps)])
    # The mean rank of each group, from 1/2 to n - 1/2, as a share of n.
    sizes = np.bincount(group)
    ranks = np.cumsum(sizes) - 0.5 * sizes
    scores = np.empty(len(values))
    scores[order] = ndtri(ranks / len(values))[group]
    scores -= scores.mean()
    spread = scores.std()
    return scores / spread if spread > SAME else np.zeros(len(values))


def used_results(scores: Floats) -> NDArray[np.intp]:
    """Return, in ascending order, the places of the results that are used, at most `BOUND`.

    The best and the most recent ones; of the others some at even distances, so that every part of the search, and what
    is bad, stays known. Nothing is drawn: one more result changes little.

    Args:
        scores: The scores of all results, in the order of the children's numbers.
    """
    count = len(scores)
    if count <= BOUND:
        return np.arange(count)
    used = np.zeros(count, dtype=bool)
    used[np.argsort(-scores, kind="stable")[:BEST]] = True
    used[np.flatnonzero(~used)[-RECENT:]] = True
    others = np.flatnonzero(~used)
    free = BOUND - int(used.sum())
    used[others[np.arange(free) * len(others) // free]] = True
    return np.flatnonzero(used)
