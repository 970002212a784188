"""Wider networks: each filter and unit count times a factor, within the space."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from space_strategies import FUZZ, search_spaces

from deap_nn.evolution import Individual
from deap_nn.space import PRESETS, Block, Choice, Chromosome, Integer, LayerKind, SearchSpace, widened


@FUZZ
@given(search_spaces(), st.floats(0.01, 100), st.integers(0, 99))
def test_it_is_a_network_of_the_space(space, factor, seed):
    random.seed(seed)
    space.validate(widened(space, space.sample(), factor))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_filters_and_units_grow_and_nothing_else_does(preset):
    random.seed(0)
    network = preset.sample()
    wider = widened(preset, network, 2.0)
    changed = {name for old, new in zip(network, wider, strict=True) for name in old.genes.items() - new.genes.items()}
    assert {name for name, _ in changed} <= {"filters", "units"}
    assert changed
    for old, new in zip(network, wider, strict=True):
        for name in new.genes.keys() & {"filters", "units"}:
            gene = preset.kind(new.kind).genes[name]
            assert new.genes[name] == min(gene.high, 2 * old.genes[name])


def test_the_nearest_value_that_the_space_allows_is_taken():
    genes = {"filters": Integer(values=(16, 32, 128)), "units": Integer(8, 64, step=8, log=True)}
    kind = LayerKind("own", {**genes, "other": Integer(1, 9)})
    space = SearchSpace("toy", (Block(kind, 1, 2),), LayerKind("training", {"units": Choice((3, 4))}))
    network = [
        Chromosome("own", {"filters": 32, "units": 16, "other": 3}),
        Chromosome("training", {"units": 3}),
    ]
    assert widened(space, network, 2.0)[0].genes == {"filters": 32, "units": 32, "other": 3}
    assert widened(space, network, 100.0)[0].genes == {"filters": 128, "units": 64, "other": 3}
    assert widened(space, network, 0.1)[0].genes == {"filters": 16, "units": 8, "other": 3}
    assert widened(space, network, 2.0)[1] == network[1]  # a choice has no sizes


def test_once_as_wide_is_equal_and_a_copy():
    random.seed(0)
    space = PRESETS["vision"]
    network = Individual(space.sample())
    same = widened(space, network, 1.0)
    assert same == list(network)
    assert all(one is not other for one, other in zip(same, network, strict=True))
