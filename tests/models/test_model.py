"""Keras models of random individuals, against the arithmetic; and the file of a trained one."""

import os
import random
import subprocess
import sys

import keras
import numpy as np
import pytest
from network_stubs import TEN_CLASSES

from deap_nn.evolution.operators import mutChoices
from deap_nn.models import (
    build_layers,
    connect,
    layer_lines,
    model_bytes,
    outputs_of,
    predict_file,
    trained_model,
)
from deap_nn.networks import blueprint, parameters
from deap_nn.space import PRESETS
from deap_nn.space.presets import FULL, MODERN
from deap_nn.training.weights import initial_weights

pytestmark = [
    pytest.mark.slow,
    # Keras hands TensorFlow's variables to NumPy 2 while saving; neither has the keyword yet
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]

IMAGES = [(8, 8, 1), (28, 28, 1), (32, 32, 3)]
CASES = [(name, shape) for name in PRESETS for shape in IMAGES] + [("dense", (20,)), ("tabular", (20,))]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_keras_builds_what_the_arithmetic_says(name, shape):
    random.seed(f"{name} {shape}")
    for _ in range(30):
        (network,) = mutChoices(PRESETS[name].sample(), PRESETS[name], 0.5)  # beyond what first networks draw from
        specs = blueprint(PRESETS[name], network, shape, TEN_CLASSES)
        layers = build_layers(specs, seed=1)
        model = connect(layers, specs)
        assert model.count_params() == parameters(specs)
        for layer, spec in zip(layers, specs, strict=True):
            assert tuple(layer.output.shape[1:]) == spec.output_shape
            assert layer.count_params() == spec.parameters
    keras.backend.clear_session()


def modern_model(scale, offset, shape=(8, 8, 3)):
    random.seed(6)
    specs = blueprint(MODERN, MODERN.sample(), shape, TEN_CLASSES)
    weights = initial_weights(specs, seed=2)
    return trained_model(specs, weights, scale, offset), weights


def test_a_trained_model_holds_the_weights_and_scales_raw_inputs():
    raw = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    for_raw, _ = modern_model(1 / 255, 0.0)
    for_scaled, weights = modern_model(1.0, 0.0)
    np.testing.assert_allclose(
        for_raw.predict(raw, verbose=0), for_scaled.predict(raw / np.float32(255), verbose=0), atol=1e-6
    )
    kept = [layer.get_weights() for layer in for_raw.layers if layer.get_weights()]
    for arrays, expected in zip(kept, [w for w in weights if w], strict=True):
        assert all((a == b).all() for a, b in zip(arrays, expected, strict=True))


def test_scaling_per_feature():
    scale, offset = np.array([2.0, 3.0], np.float32), np.array([-1.0, 1.0], np.float32)
    specs = blueprint(PRESETS["dense"], PRESETS["dense"].sample(), (2,), TEN_CLASSES)
    weights = initial_weights(specs, seed=2)
    raw = np.array([[0.5, 0.25], [1.0, -1.0]], np.float32)
    plain = trained_model(specs, weights, 1.0, 0.0).predict(raw * scale + offset, verbose=0)
    np.testing.assert_allclose(trained_model(specs, weights, scale, offset).predict(raw, verbose=0), plain, atol=1e-6)


def test_layer_lines():
    random.seed(7)
    specs = blueprint(FULL, FULL.sample(), (8, 8, 1), TEN_CLASSES)
    model = connect(build_layers(specs, seed=0), specs)
    lines = layer_lines(model)
    assert len(lines) == len(specs) + 1
    assert sum(int(line.split()[-1].replace(",", "")) for line in lines) == parameters(specs)


PREDICT = """
import sys, keras, numpy
model = keras.models.load_model(sys.argv[1])
numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2]), verbose=0))
assert not [name for name in sys.modules if name.startswith("deap")], "the file needs this package"
"""


def test_a_saved_model_needs_nothing_but_keras(tmp_path):
    model, _ = modern_model(1 / 255, 0.0)
    raw = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    (tmp_path / "model.keras").write_bytes(model_bytes(model))
    np.save(tmp_path / "raw.npy", raw)
    subprocess.run(
        [sys.executable, "-c", PREDICT, "model.keras", "raw.npy", "out.npy"],
        cwd=tmp_path,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"},
        check=True,
        timeout=120,
    )
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), model.predict(raw, verbose=0), atol=1e-6)


def small_file(path, shape, scale, offset):
    specs = blueprint(PRESETS["dense"], PRESETS["dense"].sample(), shape, TEN_CLASSES)
    path.write_bytes(model_bytes(trained_model(specs, initial_weights(specs, seed=2), scale, offset)))
    return path


@pytest.mark.parametrize(
    ("factor", "shape", "scale", "offset"),
    [
        (1 / 255, (8, 8, 1), 1 / 255, 0.0),  # pixels as 0..1 for a network that was trained on 0..255
        (255, (8, 8, 1), 2 / 255, -1.0),
        (1 / 255, (4,), np.full(4, 1 / 74.0), np.full(4, -127 / 74.0)),
        (1000, (4,), np.full(4, 1 / 74.0), np.full(4, -127 / 74.0)),
    ],
)
def test_inputs_on_another_scale_get_a_warning(tmp_path, recwarn, factor, shape, scale, offset):
    raw = np.random.default_rng(0).uniform(0, 255, (20, *shape)).astype(np.float32)
    file = small_file(tmp_path / "model.keras", shape, scale, offset)
    predict_file(file, raw)
    predict_file(file, raw[:1])
    predict_file(file, np.full_like(raw, 200))
    assert not [one for one in recwarn if one.category is UserWarning]
    with pytest.warns(UserWarning, match="the inputs lie between .* are they scaled otherwise"):
        predict_file(file, raw * np.float32(factor))


def test_a_network_without_scaling_knows_no_range(tmp_path, recwarn):
    file = small_file(tmp_path / "model.keras", (4,), 1.0, 0.0)
    predict_file(file, np.full((20, 4), 1e6, np.float32))
    assert not [one for one in recwarn if one.category is UserWarning]


def test_outputs_that_exceed_the_memory_are_reported_as_such(monkeypatch):
    class OutOfMemoryError(RuntimeError):
        pass

    def predict(*_, **__):
        raise OutOfMemoryError("CUDA out of memory\nand much more")

    model, _ = modern_model(1.0, 0.0)
    monkeypatch.setattr(model, "predict", predict)
    with pytest.raises(MemoryError, match="^CUDA out of memory$"):
        outputs_of(model, np.zeros((1, 8, 8, 3)))
