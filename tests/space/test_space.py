"""Genes, kinds, blocks, spaces: what they refuse, draw and write down."""

import json
import math
import pickle
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from space_strategies import FUZZ, floats, genes, integers, search_spaces

from deap_nn.space import TRAINING, Block, Choice, Chromosome, Float, Integer, LayerKind, SearchSpace


def through_json(value):
    """Write and read again, as a file would."""
    return json.loads(json.dumps(value, allow_nan=False))


# --- genes ---


@FUZZ
@given(genes, st.integers(0, 99))
def test_any_gene_draws_what_it_allows_and_survives_json_and_pickle(gene, seed):
    random.seed(seed)
    gene.check(gene.sample())
    assert pickle.loads(pickle.dumps(gene)) == gene
    kind = LayerKind("kind", {"gene": gene})
    assert LayerKind.from_json(through_json(kind.to_json())) == kind


@FUZZ
@given(floats() | integers(), st.floats(0.0, 1.0), st.integers(0, 99))
def test_the_unit_scale_stays_inside_and_returns(gene, unit, seed):
    random.seed(seed)
    gene.check(gene.from_unit(unit))
    assert gene.from_unit(0.0) == pytest.approx(gene.low, rel=1e-12)
    assert gene.from_unit(1.0) == pytest.approx(gene.high, rel=1e-12)
    value = gene.sample()
    assert 0.0 <= gene.to_unit(value) <= 1.0
    returned = gene.from_unit(gene.to_unit(value))
    assert returned == (value if isinstance(gene, Integer) else pytest.approx(value, rel=1e-9, abs=1e-9))


@pytest.mark.parametrize(
    ("gene", "start"),
    [
        (Float(0.0, 0.6, start=(0.1, 0.3)), (0.1, 0.3)),
        (Float(1e-4, 1e-1, log=True, start=(5e-4, 2e-2)), (5e-4, 2e-2)),
        (Float(0.0, 0.6), (0.0, 0.6)),
    ],
)
def test_a_float_draws_from_its_start_range_on_its_own_scale(gene, start):
    random.seed(1)
    values = sorted(gene.sample() for _ in range(1000))
    assert start[0] <= values[0] and values[-1] <= start[1]
    middle = math.sqrt(start[0] * start[1]) if gene.log else sum(start) / 2
    assert gene.to_unit(values[500]) == pytest.approx(gene.to_unit(middle), abs=0.04)


def test_an_integer_draws_its_start_values_or_all_of_them():
    random.seed(1)
    assert {Integer(16, 256, step=16, start=(16, 64)).sample() for _ in range(50)} == {16, 64}
    assert {Integer(16, 64, step=16).sample() for _ in range(100)} == {16, 32, 48, 64}
    spread = [Integer(1, 1000, log=True).sample() for _ in range(500)]
    assert sum(value < 32 for value in spread) == pytest.approx(250, abs=50)


def test_a_choice_draws_its_start_options_or_all_of_them():
    random.seed(1)
    assert {Choice(("a", "b", "c"), start=("b", "c")).sample() for _ in range(50)} == {"b", "c"}
    assert {Choice((False, True)).sample() for _ in range(50)} == {False, True}
    assert not Choice((False, True), start=(True,)).is_constant


def test_a_choice_without_start_is_described_as_ever():
    assert Choice(("a", "b")).to_json() == {"type": "choice", "options": ["a", "b"]}


def test_scales_by_hand():
    assert Float(1e-4, 1e-2, log=True).to_unit(1e-3) == pytest.approx(0.5)
    assert Float(1e-4, 1e-2, log=True).from_unit(0.5) == pytest.approx(1e-3)
    assert Float(-1.0, 3.0).to_unit(0.0) == 0.25
    assert Integer(16, 256, step=16).to_unit(136) == 0.5
    assert Integer(16, 256, step=16).from_unit(0.02) == 16
    assert Integer(16, 256, step=16).from_unit(0.04) == 32
    assert Integer(1, 100, log=True).from_unit(0.5) == 10
    assert Integer(3, 3).to_unit(3) == 0.0


def test_neighbours_are_one_step_away_and_inside():
    gene = Integer(16, 48, step=16)
    assert [gene.neighbours(value) for value in (16, 32, 48)] == [[32], [16, 48], [32]]


def test_floats_are_floats_whatever_was_declared():
    gene = Float(0, 1, start=(0, 1))
    assert all(type(value) is float for value in (gene.low, gene.high, *gene.start, gene.sample()))
    assert math.copysign(1.0, Float(-0.0, 1.0).from_unit(0.0)) == 1.0


def test_constant_genes():
    assert Float(0.5, 0.5).is_constant and not Float(0.5, 0.6).is_constant
    assert Integer(3, 3).is_constant and not Integer(3, 4).is_constant
    assert Choice(("a",)).is_constant and not Choice(("a", "b")).is_constant
    assert (Float(0.5, 0.5).sample(), Integer(3, 3).sample(), Choice(("a",)).sample()) == (0.5, 3, "a")


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Float("0", 1), "low is '0'; expected a number"),
        (lambda: Float(0.0, math.nan), "high is nan; expected a number"),
        (lambda: Float(-math.inf, 0.0), "low is -inf; expected a number"),
        (lambda: Float(False, 1.0), "low is False; expected a number"),
        (lambda: Float(2.0, 1.0), "from 2.0 to 1.0; expected low <= high"),
        (lambda: Float(0.0, 1.0, log=True), "starts at 0.0; expected low > 0"),
        (lambda: Float(0.0, 1.0, start=(0.2,)), r"start is \(0.2,\); expected a pair"),
        (
            lambda: Float(0.0, 1.0, start=(0.5, 0.2)),
            r"\(0.5, 0.2\); expected two ascending values in 0.0..1.0",
        ),
        (lambda: Float(0.0, 1.0, start=(0.5, 1.2)), "expected two ascending values"),
        (lambda: Integer(1.0, 2), "low is 1.0; expected an int"),
        (lambda: Integer(True, 2), "low is True; expected an int"),
        (lambda: Integer(10**400, 10**401), "expected an int between"),
        (lambda: Integer(3, 2), "from 3 to 2; expected low <= high"),
        (lambda: Integer(0, 8, log=True), "starts at 0; expected low > 0"),
        (lambda: Integer(0, 8, step=0), "step is 0; expected at least 1"),
        (lambda: Integer(16, 250, step=16), "high is 250, .*the nearest below is 240"),
        (lambda: Integer(1, 3, start=()), "start is empty"),
        (lambda: Integer(16, 64, step=16, start=(16, 20)), "received 20, expected an int in 16..64"),
        (lambda: Choice(()), "options is empty"),
        (lambda: Choice("relu"), "options is the string 'relu'; expected a tuple"),
        (lambda: Choice(("a", "a")), "expected all different"),
        (lambda: Choice((1, True)), "1, 1.0 and True are equal"),
        (lambda: Choice(([1],)), r"option \[1\] is no string"),
        (lambda: Choice((math.nan,)), "an option is nan; expected a number"),
        (lambda: Choice(("a", "b"), start=()), "start is empty"),
        (lambda: Choice(("a", "b"), start="a"), "start is the string 'a'; expected a tuple"),
        (lambda: Choice(("a", "b"), start=("c",)), "received 'c', expected one of 'a', 'b'"),
        (
            lambda: LayerKind.from_json({"name": "k", "genes": {"g": {"type": "bit"}}}),
            "gene type 'bit' is unknown",
        ),
        (
            lambda: LayerKind.from_json({"name": "k", "genes": {"g": {"type": "float", "lo": 1}}}),
            "unexpected",
        ),
    ],
)
def test_a_gene_refuses_nonsense_at_construction(make, match):
    with pytest.raises(ValueError, match=match):
        make()


@pytest.mark.parametrize(
    ("gene", "value"),
    [
        (Float(0.0, 1.0), 1),
        (Float(0.0, 1.0), 1.5),
        (Float(0.0, 1.0), math.nan),
        (Float(0.0, 1.0), True),
        (Integer(1, 7), 3.0),
        (Integer(0, 7), True),
        (Integer(1, 7), 8),
        (Integer(16, 64, step=16), 20),
        (Choice(("relu", "tanh")), "swish"),
        (Choice((1, 2)), True),
        (Choice((1, 2)), 1.0),
    ],
)
def test_check_refuses_values_outside_and_of_other_types(gene, value):
    with pytest.raises(ValueError, match=rf"received {value!r}, expected {gene}".replace("(", r"\(")):
        gene.check(value)


def test_start_does_not_bind_check():
    Float(0.0, 0.6, start=(0.1, 0.3)).check(0.6)
    Integer(16, 256, step=16, start=(16,)).check(256)
    Choice((False, True), start=(True,)).check(False)


# --- kinds, blocks, spaces ---

CONV = LayerKind("conv", {"filters": Integer(16, 64, step=16), "dropout": Float(0.0, 0.6)}, takes="map")
HIDDEN = LayerKind("hidden", {"activation": Choice(("relu", "tanh"))}, takes="flat")
SETTINGS = LayerKind(TRAINING, {"epochs": Integer(5, 25)})
SPACE = SearchSpace("small", (Block(CONV, 1, 2, 3, True, (1, 1)), Block(HIDDEN, 0, 2)), SETTINGS)


def conv(filters=16, dropout=0.1):
    return Chromosome("conv", {"filters": filters, "dropout": dropout})


def training(epochs=5):
    return Chromosome(TRAINING, {"epochs": epochs})


def build_nothing(genes, shape):
    """A user's build function: no layers."""
    return []


class Layers:
    @staticmethod
    def build(genes, shape):
        return []


@pytest.mark.parametrize("build", [build_nothing, Layers.build])
def test_a_build_function_travels_by_name(build):
    kind = LayerKind("own", {"rate": Float(0.0, 1.0)}, "any", build)
    assert kind.to_json()["build"] == f"{__name__}:{build.__qualname__}"
    with pytest.raises(ValueError, match="no description brings code along: pass space="):
        LayerKind.from_json(through_json(kind.to_json()))
    assert pickle.loads(pickle.dumps(kind)).build is build


def test_the_genes_of_a_kind_are_its_own():
    declared = {"filters": Integer(1, 2)}
    kind = LayerKind("own", declared)
    declared["filters"] = None
    assert kind.genes == {"filters": Integer(1, 2)}


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: LayerKind("", {}), "name is ''; expected a string"),
        (lambda: LayerKind("k", {"g": 3}), "gene 'g' of 'k' is 3; expected Float, Integer or Choice"),
        (lambda: LayerKind("k", {}, takes="images"), "takes is 'images'; expected 'map', 'flat' or 'any'"),
        (lambda: LayerKind("k", {}, build=lambda genes, shape: []), "expected a function at module level"),
        (lambda: LayerKind("k", {}, build="module:name"), "expected a function at module level"),
        (
            lambda: LayerKind.from_json({"name": "k", "genes": {}, "takes": "any", "build": "os:system"}),
            "the kind 'k' is built by os:system, and no description",
        ),
        (
            lambda: Block(CONV, 2, 1),
            "block 'conv' holds 2 to 1 layers; expected 0 <= min_layers <= max_layers",
        ),
        (lambda: Block(CONV, -1, 1), "expected 0 <= min_layers"),
        (lambda: Block(CONV, 0, 0), "max_layers >= 1"),
        (lambda: Block(CONV, 1.0, 2), "are .*; expected ints"),
        (lambda: Block(CONV, 1, 2, pool_every=-1), "pool_every is -1; expected 0"),
        (lambda: Block(HIDDEN, 1, 2, pool_every=2), "takes flat input and cannot pool"),
        (lambda: Block(HIDDEN, 1, 2, pool_last=True), "takes flat input and cannot pool"),
        (lambda: Block(CONV, 1, 3, start_layers=(0, 2)), r"start_layers is \(0, 2\); .* within \(1, 3\)"),
        (lambda: Block(CONV, 1, 3, start_layers=(3, 4)), "start_layers"),
        (lambda: Block(CONV, 1, 3, start_layers=(3, 2)), "start_layers"),
        (lambda: Block(CONV, 1, 3, start_layers=(2,)), "start_layers"),
        (lambda: SearchSpace("s", (), CONV), "training is 'conv'; expected a kind named 'training'"),
        (lambda: SearchSpace("s", (), LayerKind(TRAINING, {}, build=build_nothing)), "without build"),
        (
            lambda: SearchSpace("s", (Block(CONV, 1, 1), Block(CONV, 1, 1)), SETTINGS),
            r"called \['conv', 'conv', 'training'\]; expected all different: .*, Block\(..., name='stage2'\)",
        ),
        (lambda: SearchSpace("s", (Block(CONV, 1, 1), Block(HIDDEN, 1, 1, name="conv")), SETTINGS), "all different"),
        (lambda: SearchSpace("s", (Block(CONV, 1, 1, name=TRAINING),), SETTINGS), "expected all different"),
        (lambda: Block(CONV, 1, 1, name=3), "name is 3; expected a string"),
        (lambda: Block(CONV, 2, 1, name="stage1"), "block 'stage1' holds 2 to 1 layers"),
        (lambda: SearchSpace("s", (Block(SETTINGS, 1, 1),), SETTINGS), "expected all different"),
        (
            lambda: SearchSpace("s", (Block(HIDDEN, 1, 1), Block(CONV, 1, 1)), SETTINGS),
            "maps before the flat",
        ),
        (lambda: SearchSpace.from_json({"name": "s"}), "no search space can be made.*blocks"),
        (
            lambda: SearchSpace.from_json({**SPACE.to_json(), "blocks": [{}]}),
            "no search space can be made.*kind",
        ),
        (
            lambda: replace(SPACE, known=[[conv(), training()], [conv(filters=20), training()]]),
            r"network 2 of `known` is none of space '.*': chromosome 0 \(conv\): gene 'filters': received 20",
        ),
        (lambda: SPACE.kind("dense"), r"received kind 'dense', expected one of conv, hidden, training"),
        (lambda: Chromosome.from_json({"kind": "conv"}), "received .*, expected {'kind': name"),
    ],
)
def test_kinds_blocks_and_spaces_refuse_nonsense(make, match):
    with pytest.raises(ValueError, match=match):
        make()


@pytest.mark.parametrize(
    ("chromosomes", "match"),
    [
        ([conv(filters=20), training()], r"chromosome 0 \(conv\): gene 'filters': received 20, .*16..64"),
        (
            [conv(), conv(dropout=0.7), training()],
            r"chromosome 1 \(conv\): gene 'dropout': received 0.7, .*0.6",
        ),
        (
            [conv(), training(epochs=99)],
            r"chromosome 1 \(training\): gene 'epochs': received 99, expected .*5..25",
        ),
        (
            [Chromosome("conv", {"filters": 16}), training()],
            r"\['filters'\], expected \['dropout', 'filters'\]",
        ),
        ([conv(), Chromosome("pool", {}), training()], r"chromosome 1 \(pool\): received kind 'pool'"),
        ([conv(), {"kind": "conv"}, training()], "chromosome 1 is .*; expected a Chromosome"),
        ([training()], "received 0 x conv, expected 1..2"),
        ([conv(), conv(), conv(), training()], "received 3 x conv, expected 1..2"),
        ([conv()], r"received chromosomes \['conv'\], expected \['conv', 'training'\]"),
        ([training(), conv()], "in this order"),
        ([conv(), training(), training()], "in this order"),
        ([Chromosome("hidden", {"activation": "relu"}), conv(), training()], "in this order"),
    ],
)
def test_validate_names_what_is_wrong(chromosomes, match):
    with pytest.raises(ValueError, match=match):
        SPACE.validate(chromosomes)


@FUZZ
@given(search_spaces(), st.integers(0, 99))
def test_any_space_draws_what_it_allows_and_survives_json_and_pickle(space, seed):
    random.seed(seed)
    chromosomes = space.sample()
    space.validate(chromosomes)
    space = replace(space, known=[chromosomes] * (seed % 3))
    assert SearchSpace.from_json(through_json(space.to_json())) == space
    assert pickle.loads(pickle.dumps(space)) == space
    assert [Chromosome.from_json(through_json(c.to_json())) for c in chromosomes] == chromosomes
    random.seed(seed)
    assert space.sample() == chromosomes
    depths = {block.name: 0 for block in space.blocks}
    for chromosome in chromosomes[:-1]:
        depths[chromosome.kind] += 1
    for block in space.blocks:
        fewest, most = block.start_layers or (block.min_layers, block.max_layers)
        assert fewest <= depths[block.name] <= most


WIDER = LayerKind("conv", {"filters": Integer(64, 96, step=16)}, takes="map")
STAGES = SearchSpace("stages", (Block(CONV, 1, 3, name="stage1"), Block(WIDER, 1, 3, name="stage2")), SETTINGS)


def test_two_blocks_of_one_kind_are_known_by_their_names():
    random.seed(1)
    individual = STAGES.sample()
    assert {c.kind for c in individual} == {"stage1", "stage2", TRAINING}
    assert STAGES.kind("stage1") is CONV and STAGES.kind("stage2") is WIDER
    assert STAGES.block("stage2").kind is WIDER and STAGES.block("conv") is None
    with pytest.raises(ValueError, match=r"chromosome 1 \(stage2\): gene 'filters': received 32, expected .*64..96"):
        STAGES.validate([Chromosome("stage1", conv().genes), Chromosome("stage2", {"filters": 32}), training()])
    with pytest.raises(ValueError, match=r"received 0 x stage2, expected 1..3"):
        STAGES.validate([Chromosome("stage1", conv().genes), training()])
    assert STAGES.describe().splitlines()[1] == "  stage1 (conv): 1..3 layers"


def test_a_description_names_only_blocks_that_are_not_called_as_their_kind():
    """So that spaces in old runs and caches stay what they were."""
    assert [block.to_json().get("name") for block in (*SPACE.blocks, *STAGES.blocks)] == [
        None,
        None,
        "stage1",
        "stage2",
    ]
    assert Block(CONV, 1, 2) == Block(CONV, 1, 2, name="conv")


def test_start_depths_are_uniform_between_both_ends():
    random.seed(1)
    drawn = [len(Block(CONV, 1, 7, start_layers=(2, 4)).sample()) for _ in range(300)]
    assert all(75 < drawn.count(depth) < 125 for depth in (2, 3, 4)) and len(drawn) == 300


def test_a_space_finds_its_parts():
    assert SPACE.kind("hidden") is HIDDEN and SPACE.kind(TRAINING) is SETTINGS
    assert SPACE.block("hidden").max_layers == 2 and SPACE.block(TRAINING) is None
    assert SPACE.takes_maps and not SearchSpace("flat", (Block(HIDDEN, 0, 2),), SETTINGS).takes_maps


def test_a_copied_chromosome_has_genes_of_its_own():
    layer = conv()
    copied = layer.copy()
    copied.genes["filters"] = 64
    assert layer == conv() and copied == conv(filters=64)


def test_describe():
    assert SPACE.describe().splitlines() == [
        "search space small",
        "  conv: 1..2 layers, starts from 1..1, max pooling after every 3, max pooling after the last",
        "    filters  an int in 16..64 in steps of 16",
        "    dropout  a float in 0.0..0.6",
        "  hidden: 0..2 layers",
        "    activation  one of 'relu', 'tanh'",
        "  training",
        "    epochs  an int in 5..25",
    ]
