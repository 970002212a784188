"""Activations and pooling by the fastest way: the function that the blueprint says, values and gradients."""

import numpy as np
import pytest
import tensorflow as tf
from network_stubs import chain

from deap_nn.networks import NETWORK_INPUT
from deap_nn.networks.plan import Plan
from deap_nn.training.compiled_tf import islands, pooling
from deap_nn.training.compiled_tf.activations import ACTIVATIONS
from deap_nn.training.compiled_tf.islands import CHEAP, MIN_SIZE, SLOW, island, pays
from deap_nn.training.compiled_tf.layers import Pass, forward
from deap_nn.training.compiled_tf.pooling import (
    MONOTONE,
    activate,
    activate_and_pool,
    merged_into_pooling,
)

pytestmark = pytest.mark.slow

EVEN, ODD = (6, 8, 5), (7, 9, 5)
LARGE = (16, 16, 32)
POOLS = {"max": tf.nn.max_pool2d, "average": tf.nn.avg_pool2d}
TOLERANCE = {"atol": 1e-5, "rtol": 1e-5}


def plain(activation, kind):
    """The activation, then the pooling, in TensorFlow's own operations."""
    if kind == "none":
        return ACTIVATIONS[activation]
    return lambda x: POOLS[kind](ACTIVATIONS[activation](x), 2, 2, "VALID")


def maps(shape, values="any"):
    rng = np.random.default_rng(1)
    x = rng.integers(-2, 3, (12, *shape)) if values == "ties" else rng.normal(0, 2, (12, *shape))
    return tf.constant(x.astype(np.float32))


def with_gradient(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    upstream = tf.constant(np.random.default_rng(2).normal(size=y.shape).astype(np.float32))
    return y, tape.gradient(y, x, upstream)


def assert_the_same(function, other, x):
    for ours, theirs in zip(with_gradient(function, x), with_gradient(other, x), strict=True):
        np.testing.assert_allclose(ours, theirs, **TOLERANCE)


@pytest.mark.parametrize("shape", [EVEN, ODD])
@pytest.mark.parametrize(
    ("activation", "kind"),
    [
        *[(activation, kind) for activation in SLOW for kind in ("none", "max", "average")],
        *[(activation, "average") for activation in CHEAP],
    ],
)
def test_islands(activation, kind, shape):
    assert_the_same(island(activation, kind), plain(activation, kind), maps(shape))


@pytest.mark.parametrize("shape", [EVEN, ODD])
@pytest.mark.parametrize("activation", [*SLOW, "linear"])
def test_of_equal_values_the_first_gets_the_gradient(activation, shape):
    assert_the_same(island(activation, "max"), plain(activation, "max"), maps(shape, "ties"))


def with_sum(activation, kind):
    return lambda x, other: POOLS[kind](ACTIVATIONS[activation](x) + other, 2, 2, "VALID")


@pytest.mark.parametrize("way", [island, lambda *names: lambda x, other: activate_and_pool(x, *names, other)])
@pytest.mark.parametrize("shape", [EVEN, ODD])
@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("activation", ["gelu", "tanh", "linear"])
def test_sums_are_pooled_and_every_part_gets_its_gradient(activation, kind, shape, way):
    x, other = maps(shape), maps(shape)[::-1]
    ours, theirs = way(activation, kind), with_sum(activation, kind)
    assert_the_same(lambda part: ours(part, other), lambda part: theirs(part, other), x)
    assert_the_same(lambda part: ours(x, part), lambda part: theirs(x, part), other)


@pytest.mark.parametrize("values", ["any", "ties"])
@pytest.mark.parametrize("shape", [EVEN, ODD])
@pytest.mark.parametrize("activation", MONOTONE)
def test_monotone_activations_follow_the_pooling(activation, shape, values):
    assert_the_same(lambda x: activate_and_pool(x, activation, "max"), plain(activation, "max"), maps(shape, values))


@pytest.mark.parametrize("shape", [ODD, LARGE])
@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_whatever_way_is_taken_it_is_the_same_function(activation, kind, shape):
    assert_the_same(lambda x: activate_and_pool(x, activation, kind), plain(activation, kind), maps(shape))
    assert_the_same(lambda x: activate(x, activation), ACTIVATIONS[activation], maps(shape))


def test_only_activations_that_never_fall_are_moved_behind_a_maximum():
    x = tf.linspace(-20.0, 20.0, 4001)
    rising = {name for name in ACTIVATIONS if name not in ("softmax", "linear") and falls_never(ACTIVATIONS[name](x))}
    assert rising == set(MONOTONE)


def falls_never(y):
    return bool(tf.reduce_all(y[1:] >= y[:-1] - 1e-6))  # but for rounding


@pytest.mark.parametrize(
    ("shape", "activation", "kind", "adds", "expected"),
    [
        (LARGE, "swish", "none", False, True),
        (LARGE, "gelu", "max", False, True),
        (LARGE, "gelu", "max", True, True),
        (LARGE, "relu", "average", False, True),
        (LARGE, "relu", "max", False, False),
        (LARGE, "relu", "max", True, False),
        (LARGE, "relu", "none", False, False),
        (LARGE, "linear", "average", False, False),
        (LARGE, "linear", "max", False, True),
        (LARGE, "linear", "max", True, False),
        (LARGE, "linear", "average", True, True),
        ((16, 16, 31), "swish", "none", False, False),
        ((MIN_SIZE,), "swish", "none", False, False),
    ],
)
def test_what_is_compiled(monkeypatch, shape, activation, kind, adds, expected):
    assert pays(shape, activation, kind, adds) == expected
    monkeypatch.setattr(islands.tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    assert not pays(shape, activation, kind, adds)


def test_large_maps_go_to_an_island_and_small_ones_do_not(monkeypatch):
    taken = []
    monkeypatch.setattr(pooling, "island", lambda *names: taken.append(names) or ACTIVATIONS["linear"])
    for shape in (EVEN, LARGE):
        activate(maps(shape), "swish")
        activate_and_pool(maps(shape), "gelu", "max")
        activate_and_pool(maps(shape), "relu", "max")
    assert taken == [("swish", "none"), ("gelu", "max"), ("linear", "max")]


CONVOLUTION = {"filters": 16, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "swish"}


def test_activations_move_to_the_pooling_that_alone_reads_them():
    layers = [("Conv2D", CONVOLUTION), ("MaxPooling2D", {"pool_size": 2}), ("Activation", {"activation": "gelu"})]
    specs = chain((8, 8, 3), *layers, ("AveragePooling2D", {"pool_size": 2}), ("MaxPooling2D", {"pool_size": 2}))
    moved = merged_into_pooling(specs)
    assert [spec.config.get("activation") for spec in moved] == ["linear", "swish", "linear", "gelu", None]
    assert [(spec.layer, spec.inputs, spec.output_shape) for spec in moved] == [
        (spec.layer, spec.inputs, spec.output_shape) for spec in specs
    ]


def test_an_activation_that_others_read_stays_where_it_is():
    plan = Plan((8, 8, 3))
    plan.add("Conv2D", **CONVOLUTION)
    plan.add("MaxPooling2D", pool_size=2)
    plan.add("Conv2D", inputs=(0,), **CONVOLUTION | {"strides": 2})
    plan.add("Add", inputs=(1, 2))
    assert merged_into_pooling(plan.specs) == plan.specs


def test_pooling_does_the_sum_that_it_alone_reads():
    plan = Plan((8, 8, 3))
    plan.add("Activation", activation="tanh")
    plan.add("Add", inputs=(0, NETWORK_INPUT))
    plan.add("MaxPooling2D", pool_size=2)
    activation, _, pooling_layer = merged_into_pooling(plan.specs)
    assert activation.config["activation"] == "linear"
    assert pooling_layer.config["activation"] == "tanh" and pooling_layer.inputs == (0, NETWORK_INPUT)
    plan.add("Conv2D", inputs=(1,), **CONVOLUTION)
    assert merged_into_pooling(plan.specs) == plan.specs


def test_of_a_sum_whose_activated_part_others_read_only_the_sum_moves():
    plan = Plan((8, 8, 3))
    plan.add("Activation", activation="tanh")
    plan.add("Add", inputs=(0, NETWORK_INPUT))
    plan.add("AveragePooling2D", pool_size=2)
    plan.add("Conv2D", inputs=(0,), **CONVOLUTION)
    activation, _, pooling_layer, _ = merged_into_pooling(plan.specs)
    assert activation == plan.specs[0]
    assert "activation" not in pooling_layer.config and pooling_layer.inputs == (0, NETWORK_INPUT)


def test_pooling_of_the_input_stays_as_it_is():
    assert merged_into_pooling(chain((8, 8, 3), ("MaxPooling2D", {"pool_size": 2})))[0].inputs == (NETWORK_INPUT,)


@pytest.mark.parametrize("shape", [(8, 8, 3), (32, 32, 32)])
@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D"])
@pytest.mark.parametrize("activation", ["gelu", "tanh"])
def test_a_network_with_a_moved_sum_is_the_same_network(activation, kind, shape):
    plan = Plan(shape)
    plan.add("Activation", activation=activation)
    plan.add("Add", inputs=(0, NETWORK_INPUT))
    plan.add(kind, pool_size=2)
    plan.add("Activation", activation="linear")
    pool = POOLS["max" if kind == "MaxPooling2D" else "average"]
    assert_the_same(
        lambda x: forward(plan.specs, [[]] * 4, x, Pass()),
        lambda x: pool(ACTIVATIONS[activation](x) + x, 2, 2, "VALID"),
        maps(shape),
    )


@pytest.mark.parametrize("shape", [(8, 8, 3), (32, 32, 32)])
@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D"])
@pytest.mark.parametrize("activation", ["gelu", "tanh"])
def test_a_network_with_a_moved_activation_is_the_same_network(activation, kind, shape):
    layers = [("Activation", {"activation": activation}), (kind, {"pool_size": 2})]
    specs = chain(shape, *layers, ("Activation", {"activation": "linear"}))
    name = "max" if kind == "MaxPooling2D" else "average"
    assert_the_same(lambda x: forward(specs, [[], [], []], x, Pass()), plain(activation, name), maps(shape))
