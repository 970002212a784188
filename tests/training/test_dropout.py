"""Dropout with masks drawn in advance, against Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from network_stubs import chain

from deap_nn.training.compiled_tf.dropout import MIN_PLACES, Masks

pytestmark = pytest.mark.slow

RATES = [0.0013, 0.1, 0.25, 0.3333, 0.6]
SHAPE, SAMPLES = (8, 8, 16), 50


def specs(*rates):
    return chain(SHAPE, *(("Dropout", {"rate": rate}) for rate in rates))


def masks(rate, passes, seed=1, layers=1):
    """The masks of some passes and layers, all in one array, layers first."""
    drawn = Masks(specs(*[rate] * layers), SAMPLES, passes, seed)
    ones = tf.ones((SAMPLES, *SHAPE))
    return np.array(
        [[drawn.dropout(tf.constant(number))(ones, index) for number in range(passes)] for index in range(layers)]
    )


@pytest.mark.parametrize("rate", RATES)
def test_rate_mean_and_scale_are_those_of_keras(rate):
    ours = masks(rate, 40)
    theirs = np.array(
        [keras.layers.Dropout(rate, seed=s)(tf.ones((SAMPLES, *SHAPE)), training=True) for s in range(40)]
    )
    assert np.unique(ours).tolist() == pytest.approx(np.unique(theirs).tolist())
    noise = (rate * (1 - rate) / MIN_PLACES) ** 0.5
    assert (ours == 0).mean() == pytest.approx(rate, abs=min(4 * noise, 1 / 512))
    assert ours.mean() == pytest.approx(1, abs=0.01)
    # as unevenly spread over passes, and over samples, as independent draws are
    for axis in [(0, 2, 3, 4, 5), (0, 1, 3, 4, 5), (0, 1, 2, 3, 4)]:
        spread = (ours == 0).mean(axis=axis)
        expected = (rate * (1 - rate) / (ours.size / spread.size)) ** 0.5
        assert spread.std() < 2 * expected
        assert abs(spread - rate).max() < 6 * expected


def test_masks_of_different_passes_and_layers_differ_and_are_independent():
    dropped = (masks(0.5, 30, layers=2) == 0).reshape(60, -1)
    correlation = np.corrcoef(dropped) - np.eye(60)
    assert abs(correlation).max() < 6 / dropped.shape[1] ** 0.5


@pytest.mark.parametrize("passes", [5000, MIN_PLACES + 1])
def test_no_window_is_used_twice(passes):
    starts = Masks(specs(0.5), SAMPLES, passes, seed=1)._starts.numpy()
    assert len(set(starts.tolist())) == passes
    assert starts.min() >= 0
    assert starts.max() < max(passes, MIN_PLACES)


def test_the_gradient_is_the_mask():
    dropout = Masks(specs(0.3), SAMPLES, 5, seed=1).dropout(tf.constant(2))
    x = tf.constant(np.random.default_rng(0).normal(size=(SAMPLES, *SHAPE)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = dropout(x, 0)
    mask = dropout(tf.ones_like(x), 0)
    np.testing.assert_array_equal(tape.gradient(y, x), mask)
    np.testing.assert_array_equal(y, x * mask)


def test_a_smaller_last_batch_gets_the_beginning_of_the_window():
    dropout = Masks(specs(0.3), SAMPLES, 5, seed=1).dropout(tf.constant(3))
    whole = dropout(tf.ones((SAMPLES, *SHAPE)), 0)
    np.testing.assert_array_equal(dropout(tf.ones((7, *SHAPE)), 0), whole[:7])


def test_masks_come_from_the_seed_alone():
    tf.random.set_seed(1)
    np.random.seed(1)
    one = masks(0.4, 3, seed=5)
    tf.random.set_seed(2)
    np.random.seed(2)
    np.testing.assert_array_equal(one, masks(0.4, 3, seed=5))
    assert (one != masks(0.4, 3, seed=6)).any()


def test_without_dropout_layers_nothing_happens():
    (flatten,) = chain((4,), ("Flatten", {}))
    x = tf.ones((2, 4))
    assert Masks([flatten], SAMPLES, 5, seed=1).dropout(tf.constant(0))(x, 0) is x
