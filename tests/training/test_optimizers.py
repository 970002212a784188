"""Optimizers of one vector, step by step against Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from deap_nn.training.optimizers import OPTIMIZERS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("rate", [None, 0.03])
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_steps_equal_those_of_keras(name, rate):
    rng = np.random.default_rng(1)
    start = rng.normal(size=50).astype(np.float32)
    theirs = keras.optimizers.get(name)
    if rate is not None:
        theirs.learning_rate = rate
    variable = keras.Variable(start)
    optimizer = OPTIMIZERS[name]
    assert optimizer.learning_rate == pytest.approx(float(keras.optimizers.get(name).learning_rate.numpy()))
    ours = tf.constant(start)
    slots = tuple(tf.fill(ours.shape, value) for value in optimizer.slots)
    for step in range(1, 31):
        gradient = tf.constant(rng.normal(size=50, scale=10.0 ** rng.integers(-4, 2)).astype(np.float32))
        theirs.apply([gradient], [variable])
        ours, slots = optimizer.update(ours, gradient, slots, tf.constant(step), rate or optimizer.learning_rate)
        np.testing.assert_allclose(ours, variable.value, rtol=2e-5, atol=1e-6)
