"""Blueprints by arithmetic: every individual of every preset can be built, and each fall-back."""

import math
import random

import pytest
from network_stubs import TEN_CLASSES, chain

from deap_nn.evolution.operators import mutChoices
from deap_nn.networks import NETWORK_INPUT, blueprint, multiply_adds, parameters
from deap_nn.space import PRESETS, TRAINING, Block, Choice, Chromosome, Integer, LayerKind, SearchSpace
from deap_nn.space.presets import CONV2D, DEEP, DENSE, MODERN

IMAGES = [(8, 8, 1), (28, 28, 1), (32, 32, 3)]
CASES = [(name, shape) for name in PRESETS for shape in IMAGES] + [("dense", (20,)), ("tabular", (20,))]

CONVOLUTION = {"filters": 16, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu"}


def flow(specs, input_shape):
    """What goes into each layer: the shapes of its inputs."""
    shapes = {NETWORK_INPUT: input_shape, **{i: spec.output_shape for i, spec in enumerate(specs)}}
    return [[shapes[source] for source in spec.inputs] for spec in specs]


def check_connections(specs, input_shape):
    used = {source for spec in specs for source in spec.inputs}
    assert used == {NETWORK_INPUT, *range(len(specs) - 1)}, "a layer leads nowhere"
    for index, (spec, sources) in enumerate(zip(specs, flow(specs, input_shape), strict=True)):
        assert max(spec.inputs) < index
        assert min(spec.output_shape) >= 1
        assert spec.parameters >= 0
        if spec.layer == "Add":
            assert sources == [spec.output_shape] * 2
        elif spec.layer == "Dense":
            assert [len(source) for source in sources] == [1]


def convolutions(shape, *layers, block=None):
    """The blueprint of convolutional layers that differ from `CONVOLUTION` in some genes."""
    names = {name for layer in layers for name in layer} | set(CONVOLUTION)
    genes = {name: Choice((0,)) for name in names}
    kind = LayerKind("conv2d", genes, takes="map")
    training = LayerKind(TRAINING, {"epochs": Integer(1, 5)})
    space = SearchSpace("by hand", ((block or (lambda kind: Block(kind, 1, 9)))(kind),), training)
    individual = [Chromosome("conv2d", CONVOLUTION | layer) for layer in layers]
    return blueprint(space, [*individual, Chromosome(TRAINING, {"epochs": 1})], shape, TEN_CLASSES)


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_every_individual_has_a_connected_network_that_ends_in_the_classes(name, shape):
    random.seed(f"{name} {shape}")
    for _ in range(1000):
        (network,) = mutChoices(PRESETS[name].sample(), PRESETS[name], 0.5)  # beyond what first networks draw from
        specs = blueprint(PRESETS[name], network, shape, TEN_CLASSES)
        check_connections(specs, shape)
        assert specs[-1].output_shape == (10,)
        assert specs[-1].config["activation"] == "softmax"


def test_the_network_holds_what_the_genes_say():
    random.seed(3)
    for _ in range(100):
        individual = DENSE.sample()
        specs = blueprint(DENSE, individual, (8, 8, 1), TEN_CLASSES)
        hidden = [spec.config for spec in specs if spec.layer == "Dense"][:-1]
        assert [c["units"] for c in hidden] == [c.genes["units"] for c in individual[:-1]]
        assert [c["activation"] for c in hidden] == [c.genes["activation"] for c in individual[:-1]]
        rates = [spec.config["rate"] for spec in specs if spec.layer == "Dropout"]
        assert rates == [c.genes["dropout"] for c in individual[:-1]]


def test_a_network_written_out():
    specs = convolutions((8, 8, 1), {"dropout": 0.25}, block=lambda kind: Block(kind, 1, 1, pool_last=True))
    assert [str(spec) for spec in specs] == [
        "Conv2D(filters=16, kernel_size=3, strides=1, padding=same, activation=relu) -> 8x8x16",
        "Dropout(rate=0.25) -> 8x8x16",
        "MaxPooling2D(pool_size=2) -> 4x4x16",
        "Flatten() -> 256",
        "Dense(units=10, activation=softmax) -> 10",
    ]
    assert parameters(specs) == (9 * 1 + 1) * 16 + (256 + 1) * 10
    assert multiply_adds(specs) == 8 * 8 * 16 * 9 + 256 * 10


def test_a_convolution_before_normalisation_has_no_bias():
    plain, normalised = (convolutions((8, 8, 3), {"batch_normalization": on}) for on in (False, True))
    assert plain[0].parameters == 9 * 3 * 16 + 16 and "use_bias" not in plain[0].config
    assert normalised[0].parameters == 9 * 3 * 16 and normalised[0].config["use_bias"] is False
    assert normalised[0].multiply_adds == plain[0].multiply_adds == 8 * 8 * 9 * 3 * 16


def test_a_depthwise_convolution_costs_one_kernel_per_channel():
    (spec,) = chain((9, 8, 16), ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same"}))
    assert spec.output_shape == (5, 4, 16)
    assert spec.parameters == 3 * 3 * 16 + 16
    assert spec.multiply_adds == 5 * 4 * 16 * 3 * 3


def test_valid_padding_under_a_larger_kernel_becomes_same():
    layers = convolutions((5, 9, 1), {"kernel_size": 5, "padding": "valid"}, {"kernel_size": 2, "padding": "valid"})
    assert [(spec.config["padding"], spec.output_shape) for spec in layers[:2]] == [
        ("valid", (1, 5, 16)),
        ("same", (1, 5, 16)),
    ]


def test_a_stride_longer_than_the_map_becomes_one():
    layers = convolutions((3, 8, 1), {"strides": 3}, {"strides": 3}, {"strides": 1})
    assert [(spec.config["strides"], spec.output_shape) for spec in layers[:3]] == [
        (3, (1, 3, 16)),
        (1, (1, 3, 16)),
        (1, (1, 3, 16)),
    ]


def test_pooling_a_map_with_a_side_of_one_is_left_out():
    layers = convolutions((2, 3, 1), {"pooling": "max"}, {"pooling": "average"}, {"pooling": "none"})
    assert [(spec.layer, spec.output_shape) for spec in layers[:4]] == [
        ("Conv2D", (2, 3, 16)),
        ("MaxPooling2D", (1, 1, 16)),
        ("Conv2D", (1, 1, 16)),
        ("Conv2D", (1, 1, 16)),
    ]


def test_a_shortcut_across_equal_shapes_is_added_as_it_is():
    layers = convolutions((8, 8, 16), {"shortcut": True})
    assert [(spec.layer, spec.inputs) for spec in layers[:2]] == [
        ("Conv2D", (NETWORK_INPUT,)),
        ("Add", (0, NETWORK_INPUT)),
    ]


def test_a_shortcut_across_other_shapes_goes_through_a_projection():
    layers = convolutions((8, 8, 3), {"shortcut": True, "strides": 2})
    assert [(spec.layer, spec.inputs) for spec in layers[:3]] == [
        ("Conv2D", (NETWORK_INPUT,)),
        ("Conv2D", (NETWORK_INPUT,)),
        ("Add", (0, 1)),
    ]
    assert layers[1].config["kernel_size"] == 1
    assert layers[1].config["strides"] == 2
    assert layers[1].parameters == (3 + 1) * 16


def test_a_shortcut_across_valid_padding_is_left_out_unless_the_shapes_agree():
    left_out = convolutions((8, 8, 16), {"shortcut": True, "padding": "valid"})
    assert "Add" not in [spec.layer for spec in left_out]
    kept = convolutions((8, 8, 16), {"shortcut": True, "padding": "valid", "kernel_size": 1})
    assert [spec.layer for spec in kept[:2]] == ["Conv2D", "Add"]


def test_normalisation_stands_between_layer_and_activation():
    layers = convolutions((8, 8, 1), {"batch_normalization": True, "activation": "tanh"})
    assert [(spec.layer, spec.config.get("activation"), spec.parameters) for spec in layers[:3]] == [
        ("Conv2D", "linear", 144),
        ("BatchNormalization", None, 64),
        ("Activation", "tanh", 0),
    ]


def test_dropout_comes_after_pooling_where_it_has_less_to_do():
    layers = convolutions((8, 8, 1), {"pooling": "average", "dropout": 0.5})
    assert [spec.layer for spec in layers[:3]] == ["Conv2D", "AveragePooling2D", "Dropout"]


def test_a_block_pools_after_every_third_layer_and_after_the_last_once():
    assert DEEP.block("conv2d").pool_every == 3
    for depth, expected in [(1, [1]), (3, [3]), (4, [3, 4]), (6, [3, 6]), (7, [3, 6, 7])]:
        layers = convolutions(
            (64, 64, 1), *[{}] * depth, block=lambda kind: Block(kind, 1, 7, pool_every=3, pool_last=True)
        )
        convolved, pooled_after = 0, []
        for spec in layers:
            convolved += spec.layer == "Conv2D"
            if spec.layer == "MaxPooling2D":
                pooled_after.append(convolved)
        assert pooled_after == expected


def test_the_flatten_gene_chooses_how_maps_become_vectors():
    random.seed(4)
    names = {"flatten": "Flatten", "global_average": "GlobalAveragePooling2D", "global_max": "GlobalMaxPooling2D"}
    seen = set()
    while seen < set(names):
        individual = MODERN.sample()
        chosen = next(c.genes["pooling"] for c in individual if c.kind == "flatten")
        specs = blueprint(MODERN, individual, (8, 8, 1), TEN_CLASSES)
        bridges = [spec for spec in specs if spec.layer in names.values()]
        assert [spec.layer for spec in bridges] == [names[chosen]]
        before = flow(specs, (8, 8, 1))[specs.index(bridges[0])][0]
        size = math.prod(before) if chosen == "flatten" else before[-1]
        assert bridges[0].output_shape == (size,)
        seen.add(chosen)


def test_blocks_of_one_kind_follow_each_other():
    def block(name):
        return Block(LayerKind("conv2d", dict.fromkeys(CONVOLUTION, Choice((0,))), "map"), 1, 3, 0, True, name=name)

    space = SearchSpace("vgg", (block("stage1"), block("stage2")), LayerKind(TRAINING, {"epochs": Integer(1, 5)}))
    layers = [("stage1", 16), ("stage2", 32), ("stage2", 48)]
    individual = [Chromosome(name, CONVOLUTION | {"filters": filters}) for name, filters in layers]
    specs = blueprint(space, individual, (8, 8, 1), TEN_CLASSES)
    assert [spec.output_shape for spec in specs[:-2]] == [(8, 8, 16), (4, 4, 16), (4, 4, 32), (4, 4, 48), (2, 2, 48)]


def test_the_genome_is_not_rewritten():
    random.seed(5)
    individual = DEEP.sample()
    before = [chromosome.to_json() for chromosome in individual]
    blueprint(DEEP, individual, (2, 2, 1), TEN_CLASSES)
    assert [chromosome.to_json() for chromosome in individual] == before


def test_convolutions_on_flat_data_are_refused_in_one_line():
    with pytest.raises(ValueError, match=r"needs images .* shape \(20,\).*: choose a space of dense layers") as error:
        blueprint(CONV2D, CONV2D.sample(), (20,), TEN_CLASSES)
    assert "\n" not in str(error.value)


def test_a_kind_without_a_builder_is_refused():
    kind = LayerKind("wavelet", {"levels": Integer(1, 3)})
    space = SearchSpace("odd", (Block(kind, 1, 1),), LayerKind(TRAINING, {"epochs": Integer(1, 5)}))
    with pytest.raises(ValueError, match="'wavelet' has no builder: the built-in kinds are conv2d, dense, flatten"):
        blueprint(space, space.sample(), (8,), TEN_CLASSES)


class Doubling:
    """Stands for a Keras layer: it says what comes out."""

    def compute_output_shape(self, shape):
        return (*shape[:-1], 2 * shape[-1])


def doublings(genes, shape):
    return [Doubling() for _ in range(genes["times"])]


def test_layers_of_a_users_own_kind_are_asked_for_their_shapes():
    kind = LayerKind("doubling", {"times": Integer(1, 3)}, takes="flat", build=doublings)
    space = SearchSpace("own", (Block(kind, 1, 1),), LayerKind(TRAINING, {"epochs": Integer(1, 5)}))
    individual = [Chromosome("doubling", {"times": 2}), Chromosome(TRAINING, {"epochs": 1})]
    specs = blueprint(space, individual, (4, 4, 1), TEN_CLASSES)
    assert [(spec.layer, spec.output_shape) for spec in specs] == [
        ("Flatten", (16,)),
        ("Doubling", (32,)),
        ("Doubling", (64,)),
        ("Dense", (10,)),
    ]
    assert parameters(specs) is None
    assert multiply_adds(specs) == 64 * 10
