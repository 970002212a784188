"""A network of stages on all back ends: residual, separable and squeezing ones, a scaled head."""

import random

import numpy as np
import pytest
from network_stubs import TEN_CLASSES
from sklearn.datasets import load_digits
from training_stubs import WAYS

from deap_nn.networks import blueprint
from deap_nn.space.presets import VISION
from deap_nn.training import Samples, Schedule, trainer
from deap_nn.training.compiled_tf import trainer as compiled

pytestmark = pytest.mark.slow

SHAPE = (8, 8, 1)
CHANGES = {
    "stage1": {"filters": 16, "block": "residual", "downsampling": "strides", "squeeze_excitation": True, "depth": 1},
    "stage2": {"filters": 32, "block": "separable", "downsampling": "average", "depth": 1},
    "stage3": {"filters": 32, "block": "plain", "squeeze_excitation": True, "depth": 1},
    "head": {"scale": 0.5},
}


def of_digits(start, stop):
    x, y = load_digits(return_X_y=True)
    return Samples((x.reshape(-1, *SHAPE) / 16).astype(np.float32)[start:stop], y[start:stop].astype(np.int32))


@WAYS
def test_a_network_of_stages_learns(way):
    random.seed(1)
    individual = VISION.sample()
    for chromosome in individual:
        chromosome.genes.update(CHANGES.get(chromosome.kind, {}))
    VISION.validate(individual)
    specs = blueprint(VISION, individual, SHAPE, TEN_CLASSES)
    schedule = Schedule(epochs=8, optimizer="adam", learning_rate=5e-3, batch_size=50)
    assert compiled.knows(specs, TEN_CLASSES, schedule)
    assert {"DepthwiseConv2D", "Multiply", "Rescaling", "Add"} <= {spec.layer for spec in specs}
    training, validation = of_digits(0, 1100), of_digits(1100, 1400)
    started = way(specs, TEN_CLASSES, schedule, training, validation, 1)
    done = trainer.run(started, TEN_CLASSES, schedule.epochs)
    assert done.history["val_accuracy"][-1] > 0.9
