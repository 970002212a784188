"""Each layer function against the Keras layer of its name: inference, training mode and gradients."""

import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from network_stubs import TEN_CLASSES, chain

from deap_nn.evolution.operators import mutChoices
from deap_nn.models import build_layers, connect, trained_model
from deap_nn.networks import LAYERS, NETWORK_INPUT, LayerSpec, blueprint
from deap_nn.networks.plan import Plan
from deap_nn.space.presets import DENSE, MODERN, TABULAR, VISION
from deap_nn.training.compiled_tf.activations import ACTIVATIONS
from deap_nn.training.compiled_tf.layers import FUNCTIONS, Pass, compilable, forward
from deap_nn.training.weights import initial_weights

pytestmark = pytest.mark.slow

MAP, FLAT = (7, 8, 16), (24,)
CONVOLUTION = {"filters": 16, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "linear"}
DEPTHWISE = {"kernel_size": 3, "strides": 1, "padding": "same"}
CASES = [
    *[("Activation", {"activation": name}, MAP, MAP) for name in sorted(ACTIVATIONS)],
    ("Conv2D", CONVOLUTION, MAP, (7, 8, 16)),
    ("Conv2D", CONVOLUTION | {"strides": 2, "kernel_size": 4, "activation": "tanh"}, MAP, (4, 4, 16)),
    ("Conv2D", CONVOLUTION | {"strides": 3, "kernel_size": 7, "padding": "valid"}, MAP, (1, 1, 16)),
    ("Conv2D", CONVOLUTION | {"use_bias": False}, MAP, (7, 8, 16)),
    ("DepthwiseConv2D", DEPTHWISE, MAP, MAP),
    ("DepthwiseConv2D", DEPTHWISE | {"strides": 2, "kernel_size": 5, "use_bias": False}, MAP, (4, 4, 16)),
    ("DepthwiseConv2D", DEPTHWISE | {"padding": "valid"}, MAP, (5, 6, 16)),
    ("Dense", {"units": 16, "activation": "swish"}, FLAT, (16,)),
    ("Dense", {"units": 16, "activation": "linear", "use_bias": False}, FLAT, (16,)),
    ("BatchNormalization", {"momentum": 0.9}, MAP, MAP),
    ("BatchNormalization", {"momentum": 0.9}, FLAT, FLAT),
    ("MaxPooling2D", {"pool_size": 2}, MAP, (3, 4, 16)),
    ("AveragePooling2D", {"pool_size": 2}, MAP, (3, 4, 16)),
    ("GlobalAveragePooling2D", {}, MAP, (16,)),
    ("GlobalMaxPooling2D", {}, MAP, (16,)),
    ("GlobalAveragePooling2D", {"keepdims": True}, MAP, (1, 1, 16)),
    ("GlobalMaxPooling2D", {"keepdims": True}, MAP, (1, 1, 16)),
    ("Rescaling", {"scale": 0.125}, MAP, MAP),
    ("Flatten", {}, MAP, (7 * 8 * 16,)),
    ("Dropout", {"rate": 0.5}, MAP, MAP),
]
TOLERANCE = {"atol": 2e-5, "rtol": 2e-5}


def batch(shape, seed=0, samples=12):
    return tf.constant(np.random.default_rng(seed).normal(1, 2, (samples, *shape)).astype(np.float32))


def random_weights(specs):
    """Weights at which no array is constant."""
    rng = np.random.default_rng(9)
    return [
        [array + rng.uniform(0.1, 0.5, array.shape).astype(np.float32) for array in arrays]
        for arrays in initial_weights(specs, seed=3)
    ]


def network(layer, config, shape):
    """The layer and, since the last one gives logits, another that changes nothing."""
    return chain(shape, (layer, config), ("Activation", {"activation": "linear"}))


def keras_layer(spec, weights, shape):
    (layer,) = build_layers([spec], seed=0)
    layer.build((None, *shape))
    layer.set_weights(weights)
    return layer


def test_every_layer_has_a_case():
    assert {case[0] for case in CASES} | {"Add", "Multiply"} == FUNCTIONS.keys() == LAYERS.keys()


@pytest.mark.parametrize(("layer", "config", "shape", "output_shape"), CASES)
def test_inference(layer, config, shape, output_shape):
    specs = network(layer, config, shape)
    weights = random_weights(specs)
    theirs = keras_layer(specs[0], weights[0], shape)(batch(shape), training=False)
    ours = forward(specs, weights, batch(shape), Pass())
    assert tuple(ours.shape[1:]) == output_shape
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)


@pytest.mark.parametrize(("layer", "config", "shape", "output_shape"), [case for case in CASES if case[0] != "Dropout"])
def test_training_mode_and_gradients(layer, config, shape, output_shape):
    specs = network(layer, config, shape)
    weights = [[tf.constant(array) for array in arrays] for arrays in random_weights(specs)]
    x, upstream = batch(shape), batch(output_shape, seed=1)
    theirs = keras_layer(specs[0], [array.numpy() for array in weights[0]], shape)
    run = Pass(lambda x, index: x, statistics={})
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, weights[0]])
        our_output = forward(specs, weights, x, run)
        their_output = theirs(x, training=True)
        ours = tf.reduce_sum(upstream * our_output)
        expected = tf.reduce_sum(upstream * their_output)
    np.testing.assert_allclose(our_output, their_output, **TOLERANCE)
    close = {"atol": 2e-3, "rtol": 1e-3}  # sums of thousands of terms
    np.testing.assert_allclose(tape.gradient(ours, x), tape.gradient(expected, x), **close)
    trained = [variable.value for variable in theirs.trainable_variables]
    for mine, variable in zip(weights[0][: len(trained)], trained, strict=True):
        np.testing.assert_allclose(tape.gradient(ours, mine), tape.gradient(expected, variable), **close)
    moved = [array for index in sorted(run.statistics) for array in run.statistics[index]]
    for mine, variable in zip(moved, theirs.non_trainable_variables[: len(moved)], strict=True):
        np.testing.assert_allclose(mine, variable, **TOLERANCE)
    assert len(moved) == (2 if layer == "BatchNormalization" else 0)


def test_add():
    plan = Plan(MAP)
    plan.add("Activation", activation="relu")
    plan.add("Add", inputs=(0, NETWORK_INPUT))
    x = batch(MAP)
    np.testing.assert_allclose(forward(plan.specs, [[], []], x, Pass()), tf.nn.relu(x) + x)


def test_multiply_by_one_number_per_channel():
    plan = Plan(MAP)
    plan.add("GlobalAveragePooling2D", keepdims=True)
    plan.add("Multiply", inputs=(NETWORK_INPUT, 0))
    x = batch(MAP)
    ours = forward(plan.specs, [[], []], x, Pass())
    theirs = connect(build_layers(plan.specs, seed=0), plan.specs)(x)
    assert ours.shape[1:] == plan.shape == MAP
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)
    np.testing.assert_allclose(ours, x * tf.reduce_mean(x, [1, 2], keepdims=True), **TOLERANCE)


@pytest.mark.parametrize("preset", [MODERN, DENSE, VISION, TABULAR], ids=lambda space: space.name)
def test_whole_networks_equal_their_keras_models_on_raw_inputs(preset):
    random.seed(10)
    shape, scale, offset = (12, 12, 3), 1 / 255, -0.5
    raw = np.random.default_rng(0).integers(0, 256, (9, *shape), dtype=np.uint8)
    for number in range(6):
        (genome,) = mutChoices(preset.sample(), preset, 0.5)  # beyond what first networks draw from
        specs = blueprint(preset, genome, shape, TEN_CLASSES)
        weights = initial_weights(specs, seed=number)
        scaled = tf.constant(raw * np.float32(scale) + np.float32(offset))
        ours = tf.nn.softmax(forward(specs, weights, scaled, Pass()))
        theirs = trained_model(specs, weights, scale, offset).predict(raw, verbose=0)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_initial_weights_are_distributed_as_keras_draws_them():
    specs = chain(
        (8, 8, 16),
        ("Conv2D", CONVOLUTION | {"filters": 64, "kernel_size": 5}),
        ("BatchNormalization", {"momentum": 0.9}),
        ("DepthwiseConv2D", DEPTHWISE | {"kernel_size": 7}),
        ("Flatten", {}),
        ("Dense", {"units": 32, "activation": "softmax"}),
    )
    weights = initial_weights(specs, seed=1)
    for index, shape in [(0, (5, 5, 16, 64)), (2, (7, 7, 64, 1)), (4, (4096, 32))]:
        kernel, bias = weights[index]
        theirs = keras.initializers.GlorotUniform(seed=1)(shape).numpy()
        assert kernel.shape == shape
        assert kernel.dtype == np.float32
        assert abs(kernel).max() == pytest.approx(abs(theirs).max(), rel=1e-3)
        assert kernel.std() == pytest.approx(theirs.std(), rel=0.02)
        assert abs(kernel.mean()) < 4 * kernel.std() / kernel.size**0.5
        assert not bias.any()
    for mine, theirs in zip(weights[1], keras_layer(specs[1], weights[1], (8, 8, 64)).get_weights(), strict=True):
        assert (mine == theirs).all()
    assert [array.mean() for array in weights[1]] == [1, 0, 0, 1]
    other = initial_weights(specs, seed=2)
    assert (other[0][0] != weights[0][0]).any()


def test_layers_it_does_not_know_are_left_to_keras():
    known = network("Flatten", {}, MAP)
    assert compilable(known)
    assert not compilable((LayerSpec("LayerNormalization", {}, (NETWORK_INPUT,), MAP), *known[1:]))
    assert not compilable((LayerSpec("Activation", {"activation": "mish"}, (NETWORK_INPUT,), MAP), *known[1:]))
    assert not compilable((LayerSpec("Flatten", {}, (NETWORK_INPUT,), MAP, built=object()), *known[1:]))
    assert not compilable(network("MaxPooling2D", {"pool_size": 3}, MAP))


def test_the_blueprint_needs_no_tensorflow():
    code = "import sys, deap_nn.networks.blueprints; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
