"""Each PyTorch layer against the Keras layer of its name, on the cases of the TensorFlow ones and on more kernels."""

import itertools
import random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch, whose back end is tested, is not installed")

import tensorflow as tf
from network_stubs import TEN_CLASSES, chain
from test_layers import CASES, CONVOLUTION, DEPTHWISE, FLAT, MAP, TOLERANCE, batch, keras_layer, network, random_weights

from deap_nn.evolution.operators import mutChoices
from deap_nn.models import build_layers, connect, trained_model
from deap_nn.networks import LAYERS, NETWORK_INPUT, LayerSpec, blueprint
from deap_nn.networks.plan import Plan
from deap_nn.recipe import Schedule
from deap_nn.space.presets import DENSE, FULL, MODERN, TABULAR, VISION
from deap_nn.training.compiled_tf import activations as tf_activations
from deap_nn.training.compiled_tf import layers as tf_layers
from deap_nn.training.compiled_tf import losses as tf_losses
from deap_nn.training.compiled_tf import network as tf_network
from deap_nn.training.compiled_tf import optimizers as tf_optimizers
from deap_nn.training.compiled_torch.activations import ACTIVATIONS
from deap_nn.training.compiled_torch.layers import FUNCTIONS, Pass, compilable, forward
from deap_nn.training.compiled_torch.losses import LOSSES, MEASURES
from deap_nn.training.compiled_torch.network import Network
from deap_nn.training.compiled_torch.optimizers import OPTIMIZERS
from deap_nn.training.portable.compiling import compile_model
from deap_nn.training.weights import initial_weights

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
KERNELS = [
    (layer, {**config, "kernel_size": size, "strides": strides, "padding": padding}, shape, None)
    for layer, config in (("Conv2D", CONVOLUTION), ("DepthwiseConv2D", DEPTHWISE))
    for size, strides, padding in itertools.product((2, 3, 5), (1, 2), ("same", "valid"))
    for shape in ((7, 8, 3), (9, 9, 3))
]
FLAT_ACTIVATIONS = [("Activation", {"activation": name}, FLAT, FLAT) for name in sorted(ACTIVATIONS)]
ALL_CASES = [*CASES, *KERNELS, *FLAT_ACTIVATIONS]
EACH_CASE = pytest.mark.parametrize(("layer", "config", "shape", "output_shape"), ALL_CASES)


def to_torch(x):
    return torch.tensor(np.asarray(x))


def channels_last(tensor):
    """Values of a tensor as Keras has them."""
    return (tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor).detach().numpy()


class Ours:
    """A network with weights, as a training has them."""

    def __init__(self, specs, weights, precision="float32"):
        self.specs, self.network = specs, Network(specs, precision, CPU)
        self.trained, self.statistics = self.network.vectors(weights)
        self.leaves = self.network.leaves(self.trained)

    def __call__(self, x, run=None):
        weights = self.network.weights(self.leaves, self.statistics)
        return forward(self.specs, weights, x, Pass() if run is None else run)


def test_tables_of_both_compiled_back_ends_have_the_same_rows():
    assert FUNCTIONS.keys() == tf_layers.FUNCTIONS.keys() == LAYERS.keys()
    assert ACTIVATIONS.keys() == tf_activations.ACTIVATIONS.keys()
    assert OPTIMIZERS.keys() == tf_optimizers.OPTIMIZERS.keys()
    for name, row in OPTIMIZERS.items():
        theirs = tf_optimizers.OPTIMIZERS[name]
        assert (row.learning_rate, row.slots) == (theirs.learning_rate, theirs.slots)
    assert LOSSES.keys() == tf_losses.LOSSES.keys()
    assert MEASURES.keys() == tf_losses.MEASURES.keys()


@EACH_CASE
def test_inference(layer, config, shape, output_shape):
    specs = network(layer, config, shape)
    weights = random_weights(specs)
    theirs = keras_layer(specs[0], weights[0], shape)(batch(shape), training=False)
    ours = channels_last(Ours(specs, weights)(to_torch(batch(shape))))
    assert ours.shape[1:] == (output_shape or specs[0].output_shape)
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)
    if layer == "Dropout":
        assert (ours == batch(shape).numpy()).all()


@pytest.mark.parametrize(
    ("layer", "config", "shape", "output_shape"), [case for case in ALL_CASES if case[0] != "Dropout"]
)
def test_training_mode_and_gradients(layer, config, shape, output_shape):
    specs = network(layer, config, shape)
    weights, x, upstream = random_weights(specs), batch(shape), batch(specs[0].output_shape, seed=1)
    theirs = keras_layer(specs[0], weights[0], shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        their_output = theirs(x, training=True)
        total = tf.reduce_sum(upstream * their_output)
    variables = [variable.value for variable in theirs.trainable_variables]
    of_x, *expected = tape.gradient(total, [x, *variables])
    ours, run, our_x = Ours(specs, weights), Pass(training=True), to_torch(x).requires_grad_()
    output = ours(our_x, run)
    np.testing.assert_allclose(channels_last(output), their_output, **TOLERANCE)
    back = to_torch(upstream).permute(0, 3, 1, 2) if output.ndim == 4 else to_torch(upstream)
    mine_of_x, *gradients = torch.autograd.grad((back * output).sum(), [our_x, *ours.leaves])
    close = {"atol": 2e-3, "rtol": 1e-3}  # sums of thousands of terms
    np.testing.assert_allclose(mine_of_x, of_x, **close)
    moved = ours.network.moved(ours.statistics, run.moments)
    arrays = ours.network.arrays(ours.network.gradient(gradients), moved)[0] if gradients else []
    for mine, theirs_ in zip(arrays, expected, strict=False):
        np.testing.assert_allclose(mine, theirs_, **close)
    statistics = theirs.non_trainable_variables if layer == "BatchNormalization" else []
    assert len(arrays) == len(expected) + len(statistics)
    for mine, variable in zip(arrays[len(expected) :], statistics, strict=True):
        np.testing.assert_allclose(mine, variable, **TOLERANCE)
    assert not moved.requires_grad


def test_a_batch_of_one_sample_is_normalised_to_its_shift():
    specs = network("BatchNormalization", {"momentum": 0.9}, FLAT)
    weights = random_weights(specs)
    ours, run = Ours(specs, weights), Pass(training=True)
    np.testing.assert_allclose(ours(to_torch(batch(FLAT, samples=1)), run).detach()[0], weights[0][1], atol=1e-4)
    variance = ours.network.moved(ours.statistics, run.moments)[FLAT[0] :]
    np.testing.assert_allclose(variance, 0.9 * weights[0][3], atol=1e-6)


def test_dropout_leaves_out_its_share_and_keeps_the_mean():
    specs = network("Dropout", {"rate": 0.3}, MAP)
    torch.manual_seed(0)
    first, second = (Ours(specs, [[], []])(torch.ones(200, *MAP), Pass(training=True)) for _ in range(2))
    assert (first == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert first.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert (first != second).any()


@pytest.mark.parametrize("merge", ["Add", "Multiply"])
def test_layers_of_two_inputs(merge):
    plan = Plan(MAP)
    plan.add("GlobalAveragePooling2D", keepdims=True)
    plan.add(merge, inputs=(NETWORK_INPUT, 0))
    theirs = connect(build_layers(plan.specs, seed=0), plan.specs)(batch(MAP))
    ours = channels_last(Ours(plan.specs, [[], []])(to_torch(batch(MAP))))
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)


@pytest.mark.parametrize("preset", [FULL, MODERN, DENSE, VISION, TABULAR], ids=lambda space: space.name)
def test_whole_networks_equal_their_keras_models_on_raw_inputs(preset):
    random.seed(10)
    shape, scale, offset = (13, 12, 3), 1 / 255, -0.5
    raw = np.random.default_rng(0).integers(0, 256, (9, *shape), dtype=np.uint8)
    for number in range(3):
        (genome,) = mutChoices(preset.sample(), preset, 0.5)  # beyond what first networks draw from
        specs = blueprint(preset, genome, shape, TEN_CLASSES)
        weights = initial_weights(specs, seed=number)
        scaled = torch.tensor(raw * np.float32(scale) + np.float32(offset))
        ours = Ours(specs, weights)(scaled).softmax(1).detach()
        theirs = trained_model(specs, weights, scale, offset).predict(raw, verbose=0)
        np.testing.assert_allclose(ours, theirs, atol=2e-5, err_msg=str(number))


def one_of_each():
    """A network with every kind of weights."""
    return chain(
        (9, 8, 3),
        ("Conv2D", CONVOLUTION | {"filters": 6, "activation": "relu"}),
        ("BatchNormalization", {"momentum": 0.9}),
        ("DepthwiseConv2D", DEPTHWISE | {"kernel_size": 5}),
        ("Conv2D", CONVOLUTION | {"filters": 5, "kernel_size": 1, "use_bias": False}),
        ("Flatten", {}),
        ("BatchNormalization", {"momentum": 0.8}),
        ("Dense", {"units": 7, "activation": "relu", "use_bias": False}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    )


def test_weights_come_back_from_their_vectors_as_arrays_of_their_own():
    specs = one_of_each()
    weights = [
        [np.random.default_rng(index).random(array.shape, np.float32) for array in arrays]
        for index, arrays in enumerate(initial_weights(specs, seed=1))
    ]
    ours = Ours(specs, weights)
    back = ours.network.arrays(ours.trained, ours.statistics)
    ours.trained.zero_()  # as a later step changes them
    ours.statistics.zero_()
    for arrays, expected in zip(back, weights, strict=True):
        for array, theirs in zip(arrays, expected, strict=True):
            np.testing.assert_array_equal(array, theirs)
            assert array.flags.c_contiguous


def test_the_same_weights_decay_on_both_compiled_back_ends():
    specs = one_of_each()
    ours, theirs = Network(specs, "float32", CPU), tf_network.Network(specs)
    statistics = ours.vectors(initial_weights(specs, seed=1))[1]
    mine = ours.arrays(torch.tensor(ours.kernels), statistics)
    expected = theirs.arrays(tf.constant(theirs.kernels), tf.constant(statistics.numpy()))
    for spec, arrays, others in zip(specs, mine, expected, strict=True):
        trained = [weight for weight in spec.weights or () if weight.trained]
        for weight, array, other in zip(trained, arrays, others, strict=False):
            assert array.shape == other.shape == weight.shape
            assert (array == other).all()
            assert (array == (len(weight.shape) > 1)).all()


def test_in_bfloat16_maps_are_rounded_and_nothing_else():
    specs = chain(
        (9, 8, 16),
        ("Conv2D", CONVOLUTION),
        ("BatchNormalization", {"momentum": 0.9}),
        ("DepthwiseConv2D", DEPTHWISE),
        ("GlobalAveragePooling2D", {}),
        ("Dense", {"units": 10, "activation": "linear"}),
    )
    weights, x = random_weights(specs), to_torch(batch((9, 8, 16)))
    rounded, exact = Ours(specs, weights, "bfloat16"), Ours(specs, weights)
    kinds = [{leaf.dtype for leaf in row} for row in rounded.network.weights(rounded.leaves, rounded.statistics)]
    assert kinds == [{torch.bfloat16}, {torch.float32}, {torch.float32}, set(), {torch.float32}]
    run = Pass(training=True)
    output, close = rounded(x, run), exact(x, Pass(training=True))
    assert output.dtype == torch.float32
    assert {moment.dtype for moment in run.moments} == {torch.float32}
    assert 1e-5 < (output - close).norm() / close.norm() < 0.05
    gradient = rounded.network.gradient(torch.autograd.grad(output.square().sum(), rounded.leaves))
    assert gradient.dtype == rounded.trained.dtype == torch.float32
    maps = Ours(specs[:1], weights[:1], "bfloat16")(x)
    np.testing.assert_array_equal(maps.detach(), maps.bfloat16().float().detach())


def test_layers_it_does_not_know_are_left_to_others():
    known = network("Flatten", {}, MAP)
    assert compilable(known)
    assert not compilable((LayerSpec("LayerNormalization", {}, (NETWORK_INPUT,), MAP), *known[1:]))
    assert not compilable((LayerSpec("Activation", {"activation": "mish"}, (NETWORK_INPUT,), MAP), *known[1:]))
    assert not compilable((LayerSpec("Flatten", {}, (NETWORK_INPUT,), MAP, built=object()), *known[1:]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_losses_and_measures_are_those_of_keras(smoothing):
    import keras

    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(50, 10)).astype(np.float32), rng.integers(0, 10, 50)
    schedule = Schedule(epochs=1, label_smoothing=smoothing)
    targets = torch.tensor(labels)
    loss = LOSSES[TEN_CLASSES.loss](schedule)(torch.tensor(logits), targets)
    measure = MEASURES[TEN_CLASSES.measure.name](torch.tensor(logits), targets)
    assert loss.shape == measure.shape == (50,)
    model = keras.Sequential([keras.Input((10,)), keras.layers.Activation("softmax")])
    compile_model(model, TEN_CLASSES, schedule, samples=50)
    expected = model.evaluate(logits, labels, batch_size=50, verbose=0)
    assert [loss.mean().item(), measure.mean().item()] == pytest.approx(expected, rel=1e-5)
