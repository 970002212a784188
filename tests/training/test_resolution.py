"""Images that grow in the course of a training."""

import keras
import numpy as np
import pytest
from network_stubs import chain

from deap_nn.training import Schedule
from deap_nn.training.resolution import resize, shapes

pytestmark = pytest.mark.slow  # the package imports Keras

CONVOLUTION = ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu"})
LAST = ("Dense", {"units": 10, "activation": "softmax"})
POOLED = chain((32, 32, 3), CONVOLUTION, ("GlobalAveragePooling2D", {}), LAST)
FLATTENED = chain((32, 32, 3), CONVOLUTION, ("Flatten", {}), LAST)


def sides(specs, **settings):
    return [shape[0] for shape in shapes(specs, Schedule(**settings))]


def test_images_grow_in_three_phases():
    assert sides(POOLED, epochs=7, start_resolution=0.5) == [16, 16, 24, 24, 32, 32, 32]
    assert sides(POOLED, epochs=10, start_resolution=0.75) == [24] * 3 + [28] * 3 + [32] * 4
    assert sides(POOLED, epochs=1, start_resolution=0.5) == [16]
    assert sides(POOLED, epochs=2, start_resolution=0.5) == [16, 24]


def test_they_are_full_from_the_start_where_weights_would_change():
    assert sides(FLATTENED, epochs=3, start_resolution=0.5) == [32] * 3
    assert sides(POOLED, epochs=3) == [32] * 3
    flat = chain((4,), LAST)
    assert shapes(flat, Schedule(epochs=2, start_resolution=0.5)) == [(4,)] * 2


@pytest.mark.parametrize("shape", [(16, 16, 3), (24, 24, 3), (20, 31, 3), (32, 32, 3)])
def test_images_are_resized_as_keras_does(shape):
    x = np.random.default_rng(0).random((5, 32, 32, 3), np.float32)
    expected = keras.ops.image.resize(x, shape[:2], antialias=True)
    np.testing.assert_allclose(resize(x, shape), expected, atol=1e-5)
