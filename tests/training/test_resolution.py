"""Images at another size."""

import keras
import numpy as np
import pytest

from deap_nn.training.resolution import resize

pytestmark = pytest.mark.slow  # the package imports Keras


@pytest.mark.parametrize("shape", [(16, 16, 3), (24, 24, 3), (20, 31, 3), (32, 32, 3)])
def test_images_are_resized_as_keras_does(shape):
    x = np.random.default_rng(0).random((5, 32, 32, 3), np.float32)
    expected = keras.ops.image.resize(x, shape[:2], antialias=True)
    np.testing.assert_allclose(resize(x, shape), expected, atol=1e-5)
