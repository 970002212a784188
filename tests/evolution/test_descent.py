"""The cheapest individual of a space, held against all there are."""

import itertools
import random

import search_stubs

from deap_nn import Block, Choice, Individual, Integer, LayerKind, SearchSpace
from deap_nn.evolution import smallest
from deap_nn.space import Chromosome

LAYER = LayerKind("dense", {"units": Integer(2, 6, step=2), "activation": Choice(("a", "b", "c"))}, takes="flat")
SPACE = SearchSpace("tiny", (Block(LAYER, 1, 2),), LayerKind("training", {"epochs": Integer(1, 2)}))


def everything():
    layer = [{"units": u, "activation": a} for u in (2, 4, 6) for a in "abc"]
    for depth, epochs in itertools.product((1, 2), (1, 2)):
        for genes in itertools.product(layer, repeat=depth):
            chromosomes = [Chromosome("dense", dict(one)) for one in genes]
            yield Individual([*chromosomes, Chromosome("training", {"epochs": epochs})])


def deep_is_cheap(individual):
    """Where layers shrink what follows, as those that pool do."""
    weight = {"a": 3, "b": 1, "c": 2}
    units = [layer.genes["units"] * weight[layer.genes["activation"]] for layer in individual[:-1]]
    return sum(units) / len(units) ** 2 + individual[-1].genes["epochs"]


def test_it_is_the_smallest_from_wherever_it_begins():
    least = min(map(deep_is_cheap, everything()))
    for start in everything():
        before = start.canonical()
        found = smallest(SPACE, deep_is_cheap, start)
        SPACE.validate(found)
        assert deep_is_cheap(found) == least
        assert start.canonical() == before


def test_layers_are_left_out_as_far_as_the_space_allows():
    random.seed(1)
    start = Individual(search_stubs.SPACE.sample())
    found = smallest(search_stubs.SPACE, lambda one: sum(layer.genes.get("units", 0) for layer in one), start)
    assert [layer.genes.get("units") for layer in found] == [16, None]
