"""One random tree stands for one sample."""

import numpy as np

from deap_nn.screening.trees import tree_sample

ROWS = np.linspace(0.0, 1.0, 30)[:, None]
SCORES = np.sin(6.0 * ROWS[:, 0])
BETWEEN = ROWS[:-1] + 0.5 / 29


def test_a_tree_knows_the_data():
    assert np.allclose(tree_sample(ROWS, SCORES, ROWS, np.random.default_rng(0)), SCORES)


def test_trees_differ_between_the_data_and_come_from_the_generator_alone():
    one, same, other = (tree_sample(ROWS, SCORES, BETWEEN, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.corrcoef(one, np.sin(6.0 * BETWEEN[:, 0]))[0, 1] > 0.95


def test_where_all_networks_are_alike_so_are_their_scores():
    predicted = tree_sample(np.zeros((3, 0)), np.array([1.0, 2.0, 6.0]), np.zeros((2, 0)), np.random.default_rng(0))
    assert predicted.tolist() == [3.0, 3.0]
