"""The views of an image, against those that networks are trained on; and networks that judge several."""

import random

import keras
import numpy as np
import pytest
from network_stubs import TEN_CLASSES

from deap_nn.models import model_bytes, trained_model
from deap_nn.models.views import views
from deap_nn.networks import blueprint
from deap_nn.recipe import VIEWS
from deap_nn.space import PRESETS
from deap_nn.training.augmentation import moved
from deap_nn.training.weights import initial_weights

pytestmark = [
    pytest.mark.slow,
    # Keras hands TensorFlow's variables to NumPy 2 while saving; neither has the keyword yet
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]

SHAPE = (8, 10, 3)


@pytest.fixture
def images():
    return np.random.default_rng(1).random((5, *SHAPE), dtype=np.float32)


@pytest.mark.parametrize("number", VIEWS)
def test_a_view_is_what_augmentation_makes_of_an_image(images, number):
    found = [np.asarray(view) for view in views(keras.ops.convert_to_tensor(images), number)]
    assert len(found) == number
    for view, (shift, mirrored) in zip(found, VIEWS[number], strict=True):
        assert np.array_equal(view, moved(images, np.full((5, 2), shift), np.full(5, mirrored)))
    assert np.array_equal(found[0], images)
    assert len(np.unique(np.stack(found), axis=0)) == number


@pytest.mark.parametrize("number", [2, 3, 6])
def test_a_network_answers_with_the_mean_for_its_views(images, number, tmp_path):
    space = PRESETS["vision"]
    random.seed(3)
    specs = blueprint(space, space.sample(), SHAPE, TEN_CLASSES)
    one, several = (trained_model(specs, initial_weights(specs, seed=2), 0.5, -0.1, count) for count in (1, number))
    assert several.count_params() == one.count_params()
    (tmp_path / "best.keras").write_bytes(model_bytes(several))
    loaded = keras.models.load_model(tmp_path / "best.keras")
    each = [one.predict(np.asarray(view), verbose=0) for view in views(keras.ops.convert_to_tensor(images), number)]
    assert np.allclose(loaded.predict(images, verbose=0), np.mean(each, axis=0), atol=1e-5)
    fast = keras.Model(loaded.inputs, loaded.get_layer("mean_of_views").input[0])  # as the guide says
    assert np.allclose(fast.predict(images, verbose=0), each[0], atol=1e-5)
