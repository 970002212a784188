"""The presets: limits and start ranges as they were laid down."""

import random
from collections import Counter

import pytest

from deap_nn.space import PRESETS, TRAINING, Choice, Float, Integer, SearchSpace
from deap_nn.space.presets import CONV2D, DEEP, DENSE, FULL, MODERN, TABULAR, VISION

FIRST = [CONV2D, DENSE, FULL, DEEP]
WIDTH = (16, 256, 16)
LIMITS = {
    "filters": WIDTH,
    "units": WIDTH,
    "kernel_size": (1, 7, 1),
    "strides": (1, 3, 1),
    "dropout": (0.0, 0.6),
    "epochs": (5, 25, 1),
}


def drawn(space, draws=400):
    """What a space's first networks hold: values by kind and gene, depths by kind."""
    random.seed(1)
    values, depths = {}, {}
    for _ in range(draws):
        chromosomes = space.sample()
        space.validate(chromosomes)
        counts = Counter(chromosome.kind for chromosome in chromosomes)
        for block in space.blocks:
            depths.setdefault(block.name, set()).add(counts[block.name])
        for chromosome in chromosomes:
            for name, value in chromosome.genes.items():
                values.setdefault((chromosome.kind, name), set()).add(value)
    return values, depths


def test_names():
    assert list(PRESETS) == ["conv2d", "dense", "full", "deep", "modern", "vision", "tabular"]
    assert list(PRESETS.values()) == [CONV2D, DENSE, FULL, DEEP, MODERN, VISION, TABULAR]
    assert all(space.name == name for name, space in PRESETS.items())


@pytest.mark.parametrize("space", PRESETS.values(), ids=PRESETS)
def test_json_round_trip(space):
    assert SearchSpace.from_json(space.to_json()) == space


@pytest.mark.parametrize("space", [*FIRST, MODERN], ids=lambda space: space.name)
def test_limits_are_the_same_everywhere(space):
    for kind in (*(block.kind for block in space.blocks), space.training):
        for name, gene in kind.genes.items():
            if isinstance(gene, Integer):
                assert (gene.low, gene.high, gene.step) == LIMITS[name]
            elif isinstance(gene, Float) and name != "learning_rate":
                assert (gene.low, gene.high) == LIMITS[name]


@pytest.mark.parametrize("space", FIRST, ids=lambda space: space.name)
def test_genes_of_the_first_spaces(space):
    genes = {
        "conv2d": ["filters", "kernel_size", "strides", "padding", "activation", "dropout"],
        "dense": ["units", "activation", "dropout"],
        TRAINING: ["epochs", "optimizer"],
    }
    for kind in (*(block.kind for block in space.blocks), space.training):
        assert list(kind.genes) == genes[kind.name]
    values, _ = drawn(space)
    assert values[TRAINING, "epochs"] == {10, 11, 12, 13, 14, 15}
    assert values[TRAINING, "optimizer"] == {"rmsprop", "adam", "sgd", "adagrad"}
    for block in space.blocks:
        assert values[block.kind.name, "activation"] == {"relu", "tanh", "swish"}
    if space.takes_maps:
        assert values["conv2d", "kernel_size"] == {3, 4, 5}
        assert values["conv2d", "strides"] == {1, 2, 3}
        assert values["conv2d", "padding"] == {"same", "valid"}


@pytest.mark.parametrize(
    ("space", "widths", "dropout"),
    [
        (CONV2D, {("conv2d", "filters"): {16, 32, 64, 128}}, (0.1, 0.3)),
        (DENSE, {("dense", "units"): {32, 64, 128, 256}}, (0.2, 0.5)),
        (FULL, {("conv2d", "filters"): {16, 32}, ("dense", "units"): {16, 32}}, (0.1, 0.3)),
        (DEEP, {("conv2d", "filters"): {16, 32}, ("dense", "units"): {16, 32}}, (0.1, 0.3)),
    ],
)
def test_where_the_first_spaces_start(space, widths, dropout):
    values, _ = drawn(space)
    for (kind, name), expected in widths.items():
        assert values[kind, name] == expected
        assert dropout[0] <= min(values[kind, "dropout"]) < max(values[kind, "dropout"]) <= dropout[1]


@pytest.mark.parametrize(
    ("space", "layout", "depths"),
    [
        (CONV2D, [("conv2d", "map", 0, True)], {"conv2d": {2}}),
        (DENSE, [("dense", "flat", 0, False)], {"dense": {3}}),
        (FULL, [("conv2d", "map", 0, True), ("dense", "flat", 0, False)], {"conv2d": {2}, "dense": {2}}),
        (
            DEEP,
            [("conv2d", "map", 3, True), ("dense", "flat", 0, False)],
            {"conv2d": set(range(1, 8)), "dense": set(range(1, 8))},
        ),
    ],
)
def test_layout_of_the_first_spaces(space, layout, depths):
    assert [(b.kind.name, b.kind.takes, b.pool_every, b.pool_last) for b in space.blocks] == layout
    assert drawn(space)[1] == depths
    assert {b.kind.name: set(range(b.min_layers, b.max_layers + 1)) for b in space.blocks} == depths


def test_modern():
    values, depths = drawn(MODERN)
    assert depths == {"conv2d": {2, 3, 4, 5}, "flatten": {1}, "dense": {0, 1, 2}}
    assert values["conv2d", "kernel_size"] == {3} and values["conv2d", "strides"] == {1}
    assert values["conv2d", "pooling"] == {"max", "average"}
    assert values["conv2d", "batch_normalization"] == {True}
    assert values["conv2d", "shortcut"] == {False, True}
    genes = MODERN.kind("conv2d").genes
    assert genes["pooling"].options == ("none", "max", "average")
    assert genes["batch_normalization"].options == (False, True)
    assert values["flatten", "pooling"] == {"flatten", "global_average", "global_max"}
    assert values[TRAINING, "optimizer"] == {"rmsprop", "adam", "adamw"}
    assert set(MODERN.training.genes["optimizer"].options) == {"rmsprop", "adam", "sgd", "adagrad", "adamw"}
    assert values[TRAINING, "learning_rate_decay"] == {"cosine"}
    assert MODERN.training.genes["learning_rate_decay"].options == ("none", "cosine")
    rates = MODERN.training.genes["learning_rate"]
    assert rates.log and (rates.low, rates.high) == (1e-4, 1e-1)
    assert isinstance(MODERN.training.genes["batch_size"], Choice)
    assert MODERN.block("dense").min_layers == 0 and MODERN.block("conv2d").min_layers == 1


def test_vision():
    values, depths = drawn(VISION)
    assert list(depths) == ["stem", "stage1", "stage2", "stage3", "stage4", "head"]
    assert [depths[name] for name in depths] == [{1}, {1}, {1}, {1}, {0}, {1}]
    assert [block.kind.name for block in VISION.blocks] == ["conv2d", *["stage"] * 4, "flatten"]
    for one, two in (("stem", "stage1"), ("stage1", "stage2"), ("stage2", "stage3")):
        assert min(values[two, "filters"]) >= max(values[one, "filters"]) or one == "stem"
    for name in ("stage1", "stage2", "stage3"):
        assert values[name, "downsampling"] == {"max"} and values[name, "kernel_size"] == {3}
        assert values[name, "depth"] == {1, 2} and values[name, "block"] == {"plain", "residual"}
        assert values[name, "squeeze_excitation"] == {False}
    for block in VISION.blocks[1:5]:
        genes = block.kind.genes
        assert (genes["filters"].low, genes["filters"].high, genes["filters"].log) == (16, 512, True)
        assert (genes["depth"].low, genes["depth"].high) == (1, 4)
        assert genes["block"].options == ("plain", "residual", "separable")
        assert genes["downsampling"].options == ("none", "max", "average", "strides")
        assert genes["squeeze_excitation"].options == (False, True)
    assert values["head", "pooling"] == {"global_average", "global_max"}
    assert VISION.takes_maps
    (known,) = VISION.known
    assert [(one.kind, one.genes.get("filters")) for one in known] == [
        ("stem", 24), ("stage1", 32), ("stage2", 128), ("stage3", 128), ("head", None), (TRAINING, None)
    ]  # fmt: skip


def test_tabular():
    values, depths = drawn(TABULAR)
    assert depths == {"dense": {1, 2, 3}}
    assert (TABULAR.block("dense").min_layers, TABULAR.block("dense").max_layers) == (1, 6)
    assert values["dense", "units"] == {32, 64, 128, 256}
    assert values["dense", "batch_normalization"] == values["dense", "shortcut"] == {False, True}
    units = TABULAR.kind("dense").genes["units"]
    assert (units.low, units.high, units.log) == (16, 512, True)
    assert not TABULAR.takes_maps
