"""The settings of a training."""

import pytest

from deap_nn.training import Schedule

pytestmark = pytest.mark.slow  # the package imports Keras


@pytest.mark.parametrize(
    ("samples", "at_least", "batch"),
    [
        (10_000, 20, 300),  # enough data for the genome's own batch
        (6_000, 20, 300),
        (5_999, 20, 299),
        (120, 20, 6),
        (79, 20, 4),
        (30, 20, 4),  # no smaller, though these are 8 steps
        (30, 0, 300),
    ],
)
def test_small_data_are_divided_into_more_batches(samples, at_least, batch):
    schedule = Schedule(epochs=3, batch_size=300).with_steps(samples, at_least)
    assert schedule.batch_size == batch
    assert schedule.steps(samples) >= 3 * at_least or batch == 4


def test_a_batch_that_the_genome_makes_smaller_still_stays():
    assert Schedule(epochs=1, batch_size=2).with_steps(10, 20).batch_size == 2
