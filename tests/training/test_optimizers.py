"""Optimizers of one vector, step by step against Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from network_stubs import TEN_CLASSES

from deap_nn.training import Schedule
from deap_nn.training.compiled_tf.optimizers import OPTIMIZERS, optimizer_of
from deap_nn.training.portable.compiling import compile_model

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


RECIPES = [
    {"momentum": 0.9},
    {"momentum": 0.9, "weight_decay": 0.05},
    {"optimizer": "adamw", "weight_decay": 0.05},
    {"optimizer": "rmsprop", "weight_decay": 0.05, "gradient_clipping": 0.5},
    {"optimizer": "adam", "gradient_clipping": 1.0},
    {"gradient_clipping": 1.0, "momentum": 0.5},
    {"optimizer": "adam", "learning_rate_decay": "cosine"},
    {"learning_rate": 0.03, "learning_rate_decay": "linear"},
    {"learning_rate": 0.03, "learning_rate_decay": "cosine", "warmup": 0.3},
    {"learning_rate": 0.03, "warmup": 0.5},
]


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_steps_of_a_recipe_equal_those_of_keras(recipe):
    schedule = Schedule(**{"epochs": 3, "optimizer": "sgd", "batch_size": 100, **recipe})
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)])
    kernel, bias = model.trainable_variables
    bias.assign(np.ones(5, np.float32))
    compile_model(model, TEN_CLASSES, schedule, samples=950)
    shapes = [(4, 5), (5,)]
    ours = tf.concat([tf.reshape(variable, [-1]) for variable in (kernel, bias)], 0)
    optimizer = optimizer_of(schedule, np.repeat(np.float32([1, 0]), [20, 5]))
    slots = tuple(tf.fill(ours.shape, value) for value in optimizer.slots)
    rates = optimizer.learning_rate * schedule.rates(950)
    assert len(rates) == 30
    rng = np.random.default_rng(1)
    for step in range(30):
        gradients = [tf.constant(rng.normal(size=shape, scale=2.0).astype(np.float32)) for shape in shapes]
        model.optimizer.apply(gradients, [kernel, bias])
        gradient = tf.concat([tf.reshape(part, [-1]) for part in gradients], 0)
        ours, slots = optimizer.update(ours, gradient, slots, tf.constant(step + 1), rates[step])
        theirs = np.concatenate([np.ravel(kernel), np.ravel(bias)])
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("decay", ["linear", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 0.2])
def test_learning_rates_are_those_of_keras(decay, warmup):
    schedule = Schedule(epochs=5, learning_rate_decay=decay, warmup=warmup, batch_size=100)
    ours, rising = schedule.rates(1000), round(50 * warmup)
    if decay == "cosine":
        theirs = keras.optimizers.schedules.CosineDecay(
            0.0 if rising else 1.0, 50 - rising, warmup_target=1.0 if rising else None, warmup_steps=rising
        )
        np.testing.assert_allclose(ours, [theirs(step) for step in range(50)], atol=1e-6)
    else:
        theirs = keras.optimizers.schedules.PolynomialDecay(1.0, 50 - rising, end_learning_rate=0.0)
        np.testing.assert_allclose(ours[rising:], [theirs(step) for step in range(50 - rising)], atol=1e-6)
        np.testing.assert_allclose(ours[:rising], np.arange(rising) / max(rising, 1))
    assert ours.max() == 1
    assert ours[-1] < 0.03


def test_without_decay_the_rate_stays():
    assert (Schedule(epochs=5, batch_size=100).rates(1000) == 1).all()
