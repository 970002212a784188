"""The Gaussian process against finite differences, scikit-learn's and what must hold of every posterior."""

import math

import numpy as np
import pytest
from screening_stubs import SPACE, drawn, quality
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from deap_nn import PRESETS
from deap_nn.screening.encoding import Encoding
from deap_nn.screening.gaussian_process import (
    Hyperparameters,
    Posterior,
    cholesky,
    fit,
    log_expected_improvement,
    loss,
)
from deap_nn.screening.screen import normal_scores
from deap_nn.space import TRAINING, Float, Integer, LayerKind, SearchSpace

ENCODING = Encoding(SPACE)
LENGTH_OF = ENCODING.length_of
PRIOR = Hyperparameters.prior(ENCODING)


def data(count, seed=0):
    individuals = drawn(SPACE, count, seed)
    return ENCODING.encode_all(individuals), normal_scores([quality(individual) for individual in individuals])


def posterior(rows, scores, noise=1e-6):
    return Posterior(Hyperparameters(np.zeros(len(ENCODING.lengths)), np.log(noise)), LENGTH_OF, rows, scores)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_finite_differences(seed):
    rows, scores = data(25, seed)
    distances = ENCODING.distances(rows)
    vector = np.random.default_rng(seed).normal(size=len(distances) + 1)
    step = 1e-6 * np.eye(len(vector))
    differences = [
        loss(vector + h, PRIOR.vector, distances, scores)[0] - loss(vector - h, PRIOR.vector, distances, scores)[0]
        for h in step
    ]
    assert loss(vector, PRIOR.vector, distances, scores)[1] == pytest.approx(
        np.array(differences) / 2e-6, rel=1e-5, abs=1e-6
    )


def test_the_likelihood_is_scikit_learns():
    """With the prior's centre as hyperparameters, the prior adds nothing."""
    rows, scores = data(25)
    kernel = Matern(np.exp(PRIOR.log_lengths[LENGTH_OF]), nu=2.5)
    theirs = GaussianProcessRegressor(kernel, alpha=np.exp(PRIOR.log_noise), optimizer=None).fit(rows, scores)
    constant = 0.5 * len(scores) * np.log(2 * np.pi)
    assert loss(PRIOR.vector, PRIOR.vector, ENCODING.distances(rows), scores)[0] + constant == pytest.approx(
        -theirs.log_marginal_likelihood_value_
    )


def test_mean_and_covariance_are_scikit_learns():
    rows, scores = data(25)
    queries, _ = data(7, seed=1)
    theirs = GaussianProcessRegressor(Matern(np.ones(len(LENGTH_OF)), nu=2.5), alpha=0.01, optimizer=None)
    mean, covariance = theirs.fit(rows, scores).predict(queries, return_cov=True)
    ours = posterior(rows, scores, noise=0.01).mean_and_covariance(queries)
    assert ours[0] == pytest.approx(mean)
    assert ours[1] == pytest.approx(covariance, abs=1e-9)


def test_a_posterior_without_noise_reduces_to_the_data():
    rows, scores = data(25)
    mean, covariance = posterior(rows, scores).mean_and_covariance(rows)
    assert mean == pytest.approx(scores, abs=1e-2)
    assert np.diag(covariance) == pytest.approx(0, abs=1e-4)


def test_a_known_function_is_predicted():
    rows, scores = data(150)
    fitted = fit(PRIOR, ENCODING.distances(rows[:100]), scores[:100])
    mean, _ = Posterior(fitted, LENGTH_OF, rows[:100], scores[:100]).mean_and_covariance(rows[100:])
    assert np.corrcoef(mean, scores[100:])[0, 1] > 0.9


def test_a_gene_that_says_nothing_gets_a_long_length():
    rows, scores = data(150)
    fitted = dict(zip(ENCODING.lengths, fit(PRIOR, ENCODING.distances(rows), scores).log_lengths, strict=True))
    assert max(fitted, key=fitted.get) == ("dense", "activation")


def test_lengths_begin_where_random_networks_are_about_one_length_apart():
    """In every preset, few or many genes and layers as it has."""
    for space in PRESETS.values():
        encoding = Encoding(space)
        lengths = np.exp(Hyperparameters.prior(encoding).log_lengths)
        assert encoding.typical / lengths[0] ** 2 == pytest.approx(2)
    # Three layers on average, with units and three activations; a rate, and two ways of decay.
    assert ENCODING.typical == pytest.approx(3 * (1 / 6 + 2 / 3) + 1 / 6 + 1 / 2)
    few = Encoding(SearchSpace("few", (), LayerKind(TRAINING, {"rate": Float(0.0, 1.0), "one": Integer(3, 3)})))
    assert few.typical == pytest.approx(1 / 6)
    assert Hyperparameters.prior(few).log_lengths.tolist() == [0]


def test_a_fit_is_no_worse_than_where_it_began():
    rows, scores = data(60)
    distances = ENCODING.distances(rows)
    found = fit(PRIOR, distances, scores)
    begun, ended = (loss(h.vector, PRIOR.vector, distances, scores)[0] for h in (PRIOR, found))
    assert ended < begun - 1


def test_rows_under_way_leave_the_mean_and_make_their_neighbourhood_known():
    rows, scores = data(25)
    queries, _ = data(7, seed=1)
    mean, covariance = posterior(rows, scores).mean_and_covariance(queries)
    ours = posterior(np.concatenate([rows, queries[:2]]), scores).mean_and_covariance(queries)
    assert ours[0] == pytest.approx(mean)
    assert np.diag(ours[1])[:2] == pytest.approx(0, abs=1e-4)
    assert np.all(np.diag(ours[1]) <= np.diag(covariance) + 1e-9)


def test_samples_have_the_posteriors_mean_and_covariance():
    rows, scores = data(10)
    queries, _ = data(3, seed=1)
    ours = posterior(rows, scores, noise=0.1)
    mean, covariance = ours.mean_and_covariance(queries)
    rng = np.random.default_rng(0)
    samples = np.array([ours.sample(queries, rng)[1] for _ in range(4000)])
    assert ours.sample(queries, rng)[0] == pytest.approx(mean)
    assert samples.mean(axis=0) == pytest.approx(mean, abs=0.05)
    assert np.cov(samples.T) == pytest.approx(covariance, abs=0.05)


def test_the_expected_improvement_is_that_of_many_draws():
    mean, deviation, best = np.array([-1.0, 0.3, 2.0]), np.array([0.5, 1.0, 0.2]), 0.5
    draws = mean + deviation * np.random.default_rng(0).standard_normal((400_000, 3))
    expected = np.log(np.maximum(draws - best, 0.0).mean(axis=0))
    assert log_expected_improvement(mean, np.diag(deviation**2), best) == pytest.approx(expected, abs=0.1)


def test_where_hardly_any_improvement_is_expected_it_still_tells_rows_apart():
    far = log_expected_improvement(np.array([-1e4, -50.0, -40.0, -1.01, -0.99]), np.eye(5), 0.0)
    assert np.all(np.diff(far) > 0)
    assert far[2] == pytest.approx(-800 - 0.5 * math.log(2 * math.pi) - 2 * math.log(40), rel=1e-4)
    assert np.isfinite(log_expected_improvement(np.zeros(2), np.zeros((2, 2)), 0.0)).all()


@pytest.mark.parametrize("matrix", [np.ones((5, 5)), np.zeros((3, 3)), -1e-5 * np.eye(3)], ids=["ones", "zeros", "-"])
def test_a_matrix_that_is_not_positive_definite_gets_a_factor_all_the_same(matrix):
    factor = cholesky(matrix)
    assert np.all(np.isfinite(factor))
    assert factor @ factor.T == pytest.approx(matrix, abs=1e-3)
