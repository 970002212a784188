"""The same network on inputs of another size: equal weights, shapes as if it had been made for them."""

import random

import pytest
from network_stubs import TEN_CLASSES, chain

from deap_nn.networks import NETWORK_INPUT, blueprint, resized
from deap_nn.networks.plan import Plan
from deap_nn.space import PRESETS

CONVOLUTION = {"filters": 8, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu"}
GLOBAL = [("GlobalMaxPooling2D", {}), ("Dense", {"units": 10, "activation": "softmax"})]


def network(shape, *layers):
    return chain(shape, *layers, *GLOBAL)


def weights(specs):
    return [spec.weights for spec in specs]


def test_every_row_on_another_size():
    layers = [
        ("Conv2D", CONVOLUTION | {"strides": 2}),
        ("DepthwiseConv2D", {"kernel_size": 3, "strides": 1, "padding": "valid"}),
        ("BatchNormalization", {"momentum": 0.9}),
        ("Activation", {"activation": "relu"}),
        ("Dropout", {"rate": 0.5}),
        ("MaxPooling2D", {"pool_size": 2}),
        ("AveragePooling2D", {"pool_size": 2}),
        ("Rescaling", {"scale": 0.5}),
    ]
    specs = network((32, 32, 3), *layers)
    smaller = resized(specs, (24, 21, 3))
    assert smaller == network((24, 21, 3), *layers)
    assert weights(smaller) == weights(specs)
    assert resized(smaller, (32, 32, 3)) == specs


def test_networks_of_a_space_are_those_of_the_other_size_where_they_have_equal_weights():
    random.seed(1)
    space, found = PRESETS["modern"], {True: 0, False: 0}
    for _ in range(200):
        individual = space.sample()
        specs, other = (blueprint(space, individual, (side, side, 3), TEN_CLASSES) for side in (32, 64))
        if [spec.config for spec in other] == [spec.config for spec in specs]:  # no fall-back in either
            equal = weights(other) == weights(specs)
            assert resized(specs, (64, 64, 3)) == (other if equal else None)
            found[equal] += 1
    assert min(found.values()) > 20


@pytest.mark.parametrize("layers", [[("Flatten", {})], [("Conv2D", CONVOLUTION), ("Flatten", {})]])
def test_weights_of_another_shape(layers):
    specs = chain((8, 8, 3), *layers, ("Dense", {"units": 10, "activation": "softmax"}))
    assert resized(specs, (16, 16, 3)) is None
    assert resized(specs, (8, 8, 3)) == specs


def test_other_channels_and_other_axes():
    specs = network((8, 8, 3), ("Conv2D", CONVOLUTION))
    assert resized(specs, (8, 8, 1)) is None
    assert resized(specs, (192,)) is None
    dense = chain((20,), ("Dense", {"units": 10, "activation": "softmax"}))
    assert resized(dense, (20,)) == dense and resized(dense, (21,)) is None


@pytest.mark.parametrize(
    ("layer", "smallest"),
    [
        (("Conv2D", CONVOLUTION | {"kernel_size": 5, "padding": "valid"}), 5),
        (("MaxPooling2D", {"pool_size": 2}), 2),
    ],
)
def test_maps_of_which_nothing_would_be_left(layer, smallest):
    specs = network((32, 32, 3), layer)
    assert resized(specs, (smallest, smallest, 3)) is not None
    assert resized(specs, (32, smallest - 1, 3)) is None


def test_a_layer_of_a_users_own():
    plan = Plan((8, 8, 3))
    plan.add_built(object(), (8, 8, 3))
    plan.add("GlobalMaxPooling2D")
    assert resized(plan.specs, (16, 16, 3)) is None


def test_sums_whose_parts_would_part():
    """Pooling rounds a side down, a stride rounds it up."""
    plan = Plan((8, 8, 3))
    plan.add("MaxPooling2D", pool_size=2)
    plan.add("Conv2D", inputs=(NETWORK_INPUT,), **CONVOLUTION | {"filters": 3, "strides": 2})
    plan.add("Add", inputs=(0, 1))
    assert resized(plan.specs, (6, 6, 3)) is not None
    assert resized(plan.specs, (7, 7, 3)) is None


def test_one_number_per_channel_goes_with_any_size():
    plan = Plan((8, 8, 3))
    plan.add("GlobalAveragePooling2D", keepdims=True)
    plan.add("Multiply", inputs=(NETWORK_INPUT, 0))
    assert [spec.output_shape for spec in resized(plan.specs, (6, 5, 3))] == [(1, 1, 3), (6, 5, 3)]
