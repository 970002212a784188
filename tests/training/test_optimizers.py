"""Optimizers of one vector, step by step against Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from network_stubs import TEN_CLASSES

from deap_nn.training import Schedule
from deap_nn.training.compiled_tf.optimizers import OPTIMIZERS, rate_function
from deap_nn.training.portable.trainer import compile_model

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


@pytest.mark.parametrize("rate", [None, 0.03])
@pytest.mark.parametrize("decay", ["none", "cosine"])
def test_learning_rates_are_those_of_keras(rate, decay):
    schedule = Schedule(epochs=3, optimizer="adam", learning_rate=rate, learning_rate_decay=decay, batch_size=100)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    compile_model(model, TEN_CLASSES, schedule, samples=250)
    ours, theirs = rate_function(schedule, 250), []
    for _ in range(9):
        theirs.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))
        variables = model.trainable_variables
        model.optimizer.apply([tf.ones_like(variable) for variable in variables], variables)
    np.testing.assert_allclose([ours(tf.constant(done)) for done in range(9)], theirs, rtol=1e-5, atol=1e-9)
    assert float(ours(tf.constant(0))) == pytest.approx(rate or 0.001)
    assert (theirs[-1] < 0.05 * theirs[0]) == (decay == "cosine")
