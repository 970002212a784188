"""Genomes become rows, and distances between rows are what the genes say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from screening_stubs import SPACE, drawn
from space_strategies import FUZZ, search_spaces

from deap_nn import PRESETS, Individual, InputError
from deap_nn.screening.encoding import PRESENCE, Encoding, squared_distances
from deap_nn.space import TRAINING, Block, Choice, Chromosome, Float, Integer, LayerKind, SearchSpace

KIND = LayerKind("dense", {"units": Integer(1, 100, log=True), "activation": Choice(("relu", "tanh"))}, takes="flat")
ONE = SearchSpace("one", (Block(KIND, 1, 2),), LayerKind(TRAINING, {"rate": Float(1e-4, 1.0, log=True)}))


def genome(*layers, rate=1e-2):
    chromosomes = [Chromosome("dense", {"units": units, "activation": activation}) for units, activation in layers]
    return Individual([*chromosomes, Chromosome(TRAINING, {"rate": rate})])


def distance(one, other):
    """The squared distance by each length's name."""
    encoding = Encoding(ONE)
    found = encoding.distances(encoding.encode_all([one, other]))
    return dict(zip([f"{kind} {gene}" for kind, gene in encoding.lengths], found[:, 0].tolist(), strict=True))


def test_distances_are_those_on_the_genes_own_scales():
    assert distance(genome((1, "relu"), rate=1e-4), genome((10, "tanh"), rate=1e-2)) == pytest.approx(
        {"dense units": 0.25, "dense activation": 1, f"dense {PRESENCE}": 0, "training rate": 0.25}
    )


def test_a_length_counts_at_all_places():
    one, other = genome((1, "relu"), (1, "relu")), genome((100, "relu"), (100, "tanh"))
    assert distance(one, other) == pytest.approx(
        {"dense units": 2, "dense activation": 1, f"dense {PRESENCE}": 0, "training rate": 0}
    )


def test_a_missing_layer_is_as_far_from_one_option_as_from_another_and_nearer_than_they_are():
    alone, relu, tanh = genome((1, "relu")), genome((1, "relu"), (10, "relu")), genome((1, "relu"), (10, "tanh"))
    to_relu, to_tanh = distance(alone, relu), distance(alone, tanh)
    assert to_relu == pytest.approx(to_tanh)
    assert to_relu[f"dense {PRESENCE}"] == 1
    assert to_relu["dense units"] == pytest.approx(0)
    assert to_relu["dense activation"] == pytest.approx(1 / 4)  # from the middle of two points at a distance of 1


def test_blocks_of_one_kind_share_its_lengths_and_keep_their_places():
    encoding = Encoding(SPACE)
    assert set(encoding.lengths) == {
        ("dense", "units"),
        ("dense", "activation"),
        ("dense", PRESENCE),
        (TRAINING, "rate"),
        (TRAINING, "decay"),
    }
    layer = {"units": 9, "activation": "relu"}
    training = Chromosome(TRAINING, {"rate": 1e-3, "epochs": 5, "decay": None})
    first = [Chromosome("first", layer), Chromosome("first", layer), training]
    second = [Chromosome("first", layer), Chromosome("second", layer), training]
    assert not np.array_equal(encoding.encode(first), encoding.encode(second))


def test_constant_genes_and_layers_that_are_always_there_take_no_column():
    constant = LayerKind("dense", {"units": Integer(3, 3), "activation": Choice(("relu",))}, takes="flat")
    space = SearchSpace("constant", (Block(constant, 2, 2),), LayerKind(TRAINING, {}))
    assert Encoding(space).encode(space.sample()).shape == (0,)


def test_the_order_of_genes_in_a_chromosome_says_nothing():
    one = genome((7, "tanh"))
    other = Individual([Chromosome(c.kind, dict(reversed(c.genes.items()))) for c in one])
    assert np.array_equal(Encoding(ONE).encode(one), Encoding(ONE).encode(other))


@pytest.mark.parametrize(
    "wrong",
    [
        [*genome((7, "relu"))[:-1]] * 3 + [*genome((7, "relu"))[-1:]],
        genome((7, "gelu")),
        [Chromosome("conv2d", {}), *genome((7, "relu"))],
        [Chromosome("dense", {"units": 7}), *genome((7, "relu"))[1:]],
    ],
    ids=["too deep", "unknown option", "unknown block", "gene missing"],
)
def test_what_is_not_of_the_space_is_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        Encoding(ONE).encode(wrong)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_rows_of_a_preset_differ_where_genomes_do(name):
    individuals = drawn(PRESETS[name], 50)
    rows = Encoding(PRESETS[name]).encode_all(individuals)
    assert len({row.tobytes() for row in rows}) == len({individual.canonical() for individual in individuals})
    assert rows.min() >= 0
    assert rows.max() <= 1


@FUZZ
@given(search_spaces(), st.integers(0, 2**32))
def test_distances_of_any_space_are_those_of_its_rows(space, seed):
    """Their sum is a squared Euclidean distance, so that every kernel of it is a valid one."""
    encoding = Encoding(space)
    rows = encoding.encode_all(drawn(space, 5, seed))
    below = np.tril_indices(5, -1)
    assert encoding.distances(rows).sum(axis=0) == pytest.approx(squared_distances(rows, rows)[below], abs=1e-9)
    assert squared_distances(rows, rows)[below] == pytest.approx(
        ((rows[below[0]] - rows[below[1]]) ** 2).sum(axis=1), abs=1e-12
    )
