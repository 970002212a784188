"""Stages, heads and dense shortcuts: the layers that the genes stand for, written out."""

import random
from itertools import product

import pytest
from network_stubs import TEN_CLASSES

from deap_nn.networks import NETWORK_INPUT, blueprint, check_space, parameters
from deap_nn.networks.stages import BLOCKS, DOWNSAMPLING
from deap_nn.space import TRAINING, Block, Choice, Chromosome, Integer, LayerKind, SearchSpace

STAGE = {"filters": 16, "depth": 1, "kernel_size": 3, "activation": "relu"}
NORMALIZED = ["Conv2D", "BatchNormalization", "Activation"]
POOLED = ["Conv2D", "MaxPooling2D", "BatchNormalization", "Activation"]


def of_kind(name, genes, shape, takes="any"):
    """The blueprint of one layer of a kind, without the last layer and what flattens before it."""
    kind = LayerKind(name, {gene: Choice((value,)) for gene, value in genes.items()}, takes)
    space = SearchSpace("s", (Block(kind, 1, 1),), LayerKind(TRAINING, {"epochs": Integer(1, 5)}))
    specs = blueprint(space, space.sample(), shape, TEN_CLASSES)[:-1]
    return specs[:-1] if specs[-1].layer == "Flatten" else specs


def stage(shape=(8, 8, 3), **genes):
    return of_kind("stage", STAGE | genes, shape)


def names(specs):
    return [spec.layer for spec in specs]


def test_a_plain_stage_pools_once_before_the_normalisation():
    specs = stage(depth=2, downsampling="max", dropout=0.25)
    assert names(specs) == [*POOLED, *NORMALIZED, "Dropout"]
    assert [spec.output_shape for spec in specs[:3]] == [(8, 8, 16), (4, 4, 16), (4, 4, 16)]
    assert [spec.parameters for spec in specs if spec.layer == "Conv2D"] == [9 * 3 * 16, 9 * 16 * 16]
    assert {spec.config["padding"] for spec in specs if spec.layer == "Conv2D"} == {"same"}
    assert [spec.config["activation"] for spec in specs if spec.layer == "Activation"] == ["relu"] * 2


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("downsampling", "expected"), [("none", 9), ("max", 4), ("average", 4), ("strides", 5)], ids=str
)
def test_maps_are_halved_once_whatever_is_repeated(block, downsampling, expected):
    specs = stage((9, 9, 16), block=block, depth=3, downsampling=downsampling)
    assert specs[-1].output_shape == (expected, expected, 16)
    strides = [spec.config["strides"] for spec in specs if "strides" in spec.config]
    assert (2 in strides) == (downsampling == "strides")


def test_a_residual_stage_adds_its_input_as_it_is_where_shapes_agree():
    specs = stage((8, 8, 16), block="residual", depth=2)
    block = [*NORMALIZED, "Conv2D", "BatchNormalization", "Add", "Activation"]
    assert names(specs) == block * 2
    assert [spec.inputs for spec in specs if spec.layer == "Add"] == [(4, NETWORK_INPUT), (11, 6)]
    assert [spec.inputs for spec in specs[:1]] == [(NETWORK_INPUT,)]


def test_a_residual_stage_projects_its_input_where_shapes_differ():
    specs = stage((8, 8, 3), block="residual", downsampling="strides")
    assert names(specs) == [
        *["Conv2D", "BatchNormalization"],
        *[*NORMALIZED, "Conv2D", "BatchNormalization", "Add", "Activation"],
    ]
    projection, first = specs[0], specs[2]
    assert (projection.config["kernel_size"], projection.config["strides"]) == (1, 2)
    assert (first.config["kernel_size"], first.config["strides"]) == (3, 2)
    assert projection.inputs == first.inputs == (NETWORK_INPUT,)
    assert specs[7].inputs == (6, 1) and specs[7].output_shape == (4, 4, 16)


def test_pooling_shrinks_both_ways_of_a_residual_block():
    specs = stage((7, 7, 16), block="residual", downsampling="average")
    assert names(specs)[:3] == ["AveragePooling2D", "Conv2D", "AveragePooling2D"]
    (add,) = [spec for spec in specs if spec.layer == "Add"]
    assert add.inputs[1] == 0
    assert {specs[i].output_shape for i in add.inputs} == {(3, 3, 16)}


def test_a_separable_stage():
    specs = stage((8, 8, 3), block="separable", downsampling="strides", depth=2)
    assert names(specs) == ["DepthwiseConv2D", *NORMALIZED] * 2
    assert [spec.parameters for spec in specs if "Conv2D" in spec.layer] == [9 * 3, 3 * 16, 9 * 16, 16 * 16]
    assert [spec.config["strides"] for spec in specs if "Conv2D" in spec.layer] == [2, 1, 1, 1]
    assert [spec.config["kernel_size"] for spec in specs if "Conv2D" in spec.layer] == [3, 1, 3, 1]


@pytest.mark.parametrize(("filters", "inner"), [(16, 4), (64, 8)])
def test_squeeze_and_excitation_weighs_the_channels_of_every_repetition(filters, inner):
    specs = stage(filters=filters, depth=2, squeeze_excitation=True)
    squeeze = ["GlobalAveragePooling2D", "Conv2D", "Conv2D", "Multiply"]
    assert names(specs) == [*NORMALIZED, *squeeze] * 2
    assert [spec.output_shape for spec in specs[3:7]] == [
        (1, 1, filters),
        (1, 1, inner),
        (1, 1, filters),
        (8, 8, filters),
    ]
    assert [spec.config.get("activation") for spec in specs[4:6]] == ["relu", "sigmoid"]
    assert specs[6].inputs == (2, 5)


def test_in_a_residual_stage_it_weighs_before_the_sum():
    specs = stage((8, 8, 16), block="residual", squeeze_excitation=True)
    assert names(specs)[-3:] == ["Multiply", "Add", "Activation"]


@pytest.mark.parametrize(("block", "downsampling"), list(product(BLOCKS, DOWNSAMPLING)))
def test_maps_never_vanish(block, downsampling):
    for shape in [(1, 1, 1), (1, 5, 2), (2, 2, 16), (3, 2, 1)]:
        specs = stage(shape, block=block, downsampling=downsampling, depth=2, kernel_size=5)
        assert min(specs[-1].output_shape) >= 1
        if 1 in shape[:2]:
            assert specs[-1].output_shape[:2] == shape[:2]


@pytest.mark.parametrize(
    ("gene", "offered", "match"),
    [
        ("block", "residuall", "gene 'block' of 's1' offers 'residuall': did you mean 'residual'"),
        (
            "downsampling",
            "blur",
            "gene 'downsampling' of 's1' offers 'blur': expected one of none, max, average, strides",
        ),
    ],
)
def test_words_that_a_stage_does_not_know_are_refused(gene, offered, match):
    genes = {name: Choice((value,)) for name, value in STAGE.items()}
    kind = LayerKind("stage", {**genes, gene: Choice((offered,))}, "map")
    space = SearchSpace("s", (Block(kind, 1, 1, name="s1"),), LayerKind(TRAINING, {"epochs": Integer(1, 5)}))
    with pytest.raises(ValueError, match=match):
        check_space(space, (8, 8, 3))


def test_a_head_that_normalises_and_scales():
    genes = {"pooling": "global_max", "batch_normalization": True, "scale": 0.125, "dropout": 0.5}
    specs = of_kind("flatten", genes, (8, 8, 16), "map")
    assert names(specs) == ["GlobalMaxPooling2D", "BatchNormalization", "Rescaling", "Dropout"]
    assert specs[2].config == {"scale": 0.125}
    assert parameters(specs) == 4 * 16


def test_a_scale_of_one_is_no_layer():
    assert names(of_kind("flatten", {"pooling": "global_max", "scale": 1.0}, (8, 8, 16), "map")) == [
        "GlobalMaxPooling2D"
    ]


@pytest.mark.parametrize(("features", "layers"), [(32, ["Dense", "Add"]), (20, ["Dense", "Dense", "Add"])])
def test_a_dense_shortcut_is_projected_where_widths_differ(features, layers):
    specs = of_kind("dense", {"units": 32, "activation": "relu", "shortcut": True, "dropout": 0.5}, (features,), "flat")
    assert names(specs) == [*layers, "Dropout"]
    assert parameters(specs) == features * 32 + 32 + (features * 32 if features != 32 else 0)
    assert specs[-2].inputs == (0, NETWORK_INPUT if features == 32 else 1)


def test_the_genes_of_a_stage_are_not_rewritten():
    random.seed(1)
    chromosome = Chromosome("stage", STAGE | {"downsampling": "strides"})
    kind = LayerKind("stage", {gene: Choice((value,)) for gene, value in chromosome.genes.items()}, "map")
    space = SearchSpace("s", (Block(kind, 1, 1),), LayerKind(TRAINING, {"epochs": Integer(1, 5)}))
    before = chromosome.copy()
    blueprint(space, [chromosome, Chromosome(TRAINING, {"epochs": 1})], (1, 1, 1), TEN_CLASSES)
    assert chromosome == before
