"""PyTorch's optimizers of one vector, step by step against Keras's."""

import keras
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch, whose back end is tested, is not installed")

from network_stubs import TEN_CLASSES
from test_optimizers import RECIPES

from deap_nn.training import Schedule
from deap_nn.training.compiled_torch.optimizers import OPTIMIZERS, optimizer_of
from deap_nn.training.portable.compiling import compile_model

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")


class Ours:
    """A vector of weights that an optimizer changes."""

    def __init__(self, optimizer, weights):
        self.optimizer, self.weights = optimizer, torch.tensor(weights)
        self.slots = tuple(torch.full_like(self.weights, value) for value in optimizer.slots)

    def step(self, number, gradient, rate):
        count, rate = torch.tensor(number), torch.tensor([rate], dtype=torch.float32)
        update = self.optimizer.update
        self.weights, self.slots = update(self.weights, torch.tensor(gradient), self.slots, count, rate)
        assert {value.dtype for value in (self.weights, *self.slots)} == {torch.float32}


@pytest.mark.parametrize("rate", [None, 0.03])
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_steps_equal_those_of_keras(name, rate):
    rng = np.random.default_rng(1)
    start = rng.normal(size=50).astype(np.float32)
    theirs = keras.optimizers.get(name)
    assert OPTIMIZERS[name].learning_rate == pytest.approx(float(theirs.learning_rate.numpy()))
    if rate is not None:
        theirs.learning_rate = rate
    variable, ours = keras.Variable(start), Ours(OPTIMIZERS[name], start)
    for step in range(1, 31):
        gradient = rng.normal(size=50, scale=10.0 ** rng.integers(-4, 2)).astype(np.float32)
        theirs.apply([gradient], [variable])
        ours.step(step, gradient, rate or OPTIMIZERS[name].learning_rate)
        np.testing.assert_allclose(ours.weights, variable.value, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_steps_of_a_recipe_equal_those_of_keras(recipe):
    """A kernel and a bias, which begins at 1 and does not decay."""
    schedule = Schedule(**{"epochs": 3, "optimizer": "sgd", "batch_size": 100, **recipe})
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)])
    kernel, bias = model.trainable_variables
    bias.assign(np.ones(5, np.float32))
    compile_model(model, TEN_CLASSES, schedule, samples=950)
    optimizer = optimizer_of(schedule, np.repeat(np.float32([1, 0]), [20, 5]), CPU)
    ours = Ours(optimizer, np.concatenate([np.ravel(kernel), np.ravel(bias)]))
    rates, rng = optimizer.learning_rate * schedule.rates(950), np.random.default_rng(1)
    for step in range(30):
        gradients = [rng.normal(size=shape, scale=2.0).astype(np.float32) for shape in ((4, 5), (5,))]
        model.optimizer.apply(gradients, [kernel, bias])
        ours.step(step + 1, np.concatenate([part.ravel() for part in gradients]), rates[step])
        theirs = np.concatenate([np.ravel(kernel), np.ravel(bias)])
        np.testing.assert_allclose(ours.weights, theirs, rtol=2e-5, atol=2e-6)
