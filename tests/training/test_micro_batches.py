"""Parts of a batch: as large as the way its network takes through them makes worth while."""

from dataclasses import replace

import pytest

from deap_nn.networks import NETWORK_INPUT, LayerSpec
from deap_nn.training import Schedule
from deap_nn.training.compiled_tf import convolution
from deap_nn.training.compiled_tf.micro_batches import part_size
from deap_nn.training.schedule import MIN_PART

pytestmark = pytest.mark.slow

SCHEDULE = Schedule(epochs=1, batch_size=300)


def convolutional(size, filters, strides=1):
    """A network whose second convolution, of 7x7, is spectral unless it has strides."""
    config = {"strides": 1, "kernel_size": 1, "padding": "same", "filters": filters}
    smaller = -(-size // strides)
    return (
        LayerSpec("Conv2D", config, (NETWORK_INPUT,), (size, size, filters)),
        LayerSpec("Conv2D", config | {"kernel_size": 7, "strides": strides}, (0,), (smaller, smaller, filters)),
    )


def test_direct_convolutions_get_parts_that_fit_the_cache():
    assert part_size(convolutional(16, 128, strides=2), (16, 16, 3), SCHEDULE) == MIN_PART
    assert part_size(convolutional(8, 16, strides=2), (8, 8, 3), SCHEDULE) == 300


@pytest.mark.parametrize(("size", "filters", "part"), [(16, 128, 300), (32, 128, 150), (64, 64, 100)])
def test_spectral_ones_get_larger_parts_within_bounds(size, filters, part):
    assert part_size(convolutional(size, filters), (size, size, 3), SCHEDULE) == part


def test_on_a_gpu_there_are_no_spectral_ones(monkeypatch):
    monkeypatch.setattr(convolution, "_on_cpu", lambda: False)
    assert part_size(convolutional(16, 128), (16, 16, 3), SCHEDULE) == MIN_PART


def test_a_small_batch_is_one_part():
    assert part_size(convolutional(32, 256), (32, 32, 3), replace(SCHEDULE, batch_size=40)) == 40


def test_normalisation_sees_the_whole_batch():
    normalisation = LayerSpec("BatchNormalization", {"momentum": 0.9}, (NETWORK_INPUT,), (512, 512, 64))
    assert part_size([normalisation], (512, 512, 64), SCHEDULE) == 300
    assert part_size([replace(normalisation, layer="Dropout")], (512, 512, 64), SCHEDULE) == MIN_PART
