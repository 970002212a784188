"""The individual of a space that costs least, found by changing one thing at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from deap_nn.evolution.individual import Individual
from deap_nn.space import Choice, Chromosome, Gene, SearchSpace


def smallest(space: SearchSpace, cost: Callable[[Individual], Any], start: Individual) -> Individual:
    """Return the individual that nothing cheaper is next to, starting from one; nothing is random.

    Genes are set to the ends of their ranges or to other options, and layers left out or doubled, as long as that
    lowers the cost.

    Args:
        space: The space; start ranges do not bind.
        cost: The cost, in anything that can be compared.
        start: Where to begin.
    """
    best, before = start, None
    while best is not before:
        before = best
        for place, layer in enumerate(before):
            for name, gene in space.kind(layer.kind).genes.items():
                best = min([best, *_with_other_genes(best, place, name, gene)], key=cost)
        best = min([best, *_with_other_depths(space, best)], key=cost)
    return best


def _with_other_genes(individual: Individual, place: int, name: str, gene: Gene) -> Iterator[Individual]:
    for value in gene.options if isinstance(gene, Choice) else (gene.low, gene.high):
        if value != individual[place].genes[name]:
            changed = _with_layers(individual, individual)
            changed[place].genes[name] = value
            yield changed


def _with_other_depths(space: SearchSpace, individual: Individual) -> Iterator[Individual]:
    for block in space.blocks:
        places = [place for place, layer in enumerate(individual) if layer.kind == block.name]
        for place in places:
            if len(places) > block.min_layers:
                yield _with_layers(individual, [*individual[:place], *individual[place + 1 :]])
            if len(places) < block.max_layers:
                yield _with_layers(individual, [*individual[: place + 1], *individual[place:]])


def _with_layers(individual: Individual, layers: Iterable[Chromosome]) -> Individual:
    return Individual([layer.copy() for layer in layers], individual.fitness.weights)
