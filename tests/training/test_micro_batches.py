"""Micro-batches: as large as the way its network takes through them makes worth while."""

from dataclasses import replace

import pytest
from network_stubs import chain

from deap_nn.training import Schedule
from deap_nn.training.compiled_tf import convolution
from deap_nn.training.compiled_tf.micro_batches import MIN_MICRO_BATCH, micro_batch_size

pytestmark = pytest.mark.slow

SCHEDULE = Schedule(epochs=1, batch_size=300)


def convolutional(size, filters, strides=1, channels=3):
    """A network whose second convolution, of 7x7, is spectral unless it has strides."""
    config = {"strides": 1, "kernel_size": 1, "padding": "same", "filters": filters}
    second = config | {"kernel_size": 7, "strides": strides}
    return chain((size, size, channels), ("Conv2D", config), ("Conv2D", second))


def test_direct_convolutions_get_micro_batches_that_fit_the_cache():
    assert micro_batch_size(convolutional(16, 128, strides=2), SCHEDULE) == MIN_MICRO_BATCH
    assert micro_batch_size(convolutional(8, 16, strides=2), SCHEDULE) == 300


@pytest.mark.parametrize(("size", "filters", "expected"), [(16, 128, 300), (32, 128, 150), (64, 64, 100)])
def test_spectral_ones_get_larger_ones_within_bounds(size, filters, expected):
    assert micro_batch_size(convolutional(size, filters), SCHEDULE) == expected


def test_on_a_gpu_there_are_no_spectral_ones(monkeypatch):
    monkeypatch.setattr(convolution, "_on_cpu", lambda: False)
    assert micro_batch_size(convolutional(16, 128), SCHEDULE) == MIN_MICRO_BATCH


def test_a_small_batch_goes_whole():
    assert micro_batch_size(convolutional(32, 256), replace(SCHEDULE, batch_size=40)) == 40


def test_normalisation_sees_the_whole_batch():
    (normalisation,) = chain((512, 512, 64), ("BatchNormalization", {"momentum": 0.9}))
    assert micro_batch_size([normalisation], SCHEDULE) == 300
    assert micro_batch_size([replace(normalisation, layer="Dropout")], SCHEDULE) == MIN_MICRO_BATCH
