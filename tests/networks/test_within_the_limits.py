"""What the limits of `vision` and `tabular` reach: networks that are known to be good, as individuals."""

import math
import random

import numpy as np
import pytest
from network_stubs import TEN_CLASSES

from deap_nn.networks import blueprint, multiply_adds, parameters
from deap_nn.space import TRAINING, Chromosome
from deap_nn.space.presets import TABULAR, VISION

STEM = {"filters": 64, "kernel_size": 3, "padding": "same", "activation": "relu", "batch_normalization": True}
STAGE = {
    "depth": 2,
    "kernel_size": 3,
    "activation": "relu",
    "block": "plain",
    "downsampling": "max",
    "squeeze_excitation": False,
    "dropout": 0.0,
}
HEAD = {"pooling": "global_average", "scale": 1.0, "dropout": 0.0}


def vision(stages, stem=STEM, head=HEAD):
    """An individual of `vision` with these stages, which differ from `STAGE`."""
    random.seed(1)
    layers = [Chromosome(f"stage{number}", STAGE | stage) for number, stage in enumerate(stages, start=1)]
    training = VISION.sample()[-1]
    assert training.kind == TRAINING
    return [Chromosome("stem", dict(stem)), *layers, Chromosome("head", dict(head)), training]


def trained_parameters(specs):
    return sum(math.prod(weight.shape) for spec in specs for weight in spec.weights if weight.trained)


def built(individual, shape=(32, 32, 3)):
    VISION.validate(individual)
    return blueprint(VISION, individual, shape, TEN_CLASSES)


def test_resnet_18_is_within_the_limits():
    """As it is used on CIFAR-10: a stem of 3x3 without pooling, 11,173,962 trained weights."""
    strides = ["none", "strides", "strides", "strides"]
    widths = [64, 128, 256, 512]
    stages = [{"filters": f, "block": "residual", "downsampling": s} for f, s in zip(widths, strides, strict=True)]
    specs = built(vision(stages))
    assert trained_parameters(specs) == 11_173_962
    assert parameters(specs) == 11_173_962 + 2 * (64 * 5 + 128 * 5 + 256 * 5 + 512 * 5)  # moving mean and variance
    assert multiply_adds(specs) == 555_422_720
    assert specs[-2].output_shape == (512,) and specs[-3].output_shape == (4, 4, 512)
    assert sum(spec.layer == "Add" for spec in specs) == 8


def test_a_vgg_of_three_stages_is_within_the_limits():
    """Two convolutions of 3x3 in each of three stages, as one writes by hand: 32, 64 and 128 filters."""
    specs = built(vision([{"filters": f} for f in (32, 64, 128)], STEM | {"filters": 32}))
    shapes = [spec.output_shape for spec in specs if spec.layer == "Conv2D"]
    assert [shape[-1] for shape in shapes] == [32, 32, 32, 64, 64, 128, 128]
    assert [shape[0] for shape in shapes] == [32, 32, 16, 16, 8, 8, 4]
    assert [spec.layer for spec in specs if "Pool" in spec.layer] == ["MaxPooling2D"] * 3 + ["GlobalAveragePooling2D"]


def test_first_networks_are_small_enough_for_a_processor():
    random.seed(1)
    costs = [multiply_adds(blueprint(VISION, VISION.sample(), (32, 32, 3), TEN_CLASSES)) for _ in range(300)]
    assert 15e6 < np.quantile(costs, 0.1) < np.quantile(costs, 0.9) < 50e6


@pytest.mark.parametrize("shape", [(20,), (8, 8, 1)])
def test_tabular_takes_features_and_flattens_images(shape):
    random.seed(1)
    specs = blueprint(TABULAR, TABULAR.sample(), shape, TEN_CLASSES)
    assert (specs[0].layer == "Flatten") == (len(shape) == 3)
    assert {spec.layer for spec in specs} <= {"Flatten", "Dense", "BatchNormalization", "Activation", "Add", "Dropout"}
