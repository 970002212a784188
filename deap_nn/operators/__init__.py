"""Operators: how heredity is recombined, altered and selected.

DEAP's grammar: individuals come in and are changed in place, a tuple of the same individuals goes out. They
are blind to fitness (whoever calls them deletes the values) and draw from the global stream of `random`.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from deap_nn.operators.crossover import cxTwoPointGenes, cxWholeLayer
from deap_nn.operators.mutation import mutChoices, mutDuplicateLayer, mutGaussianGenes, mutInsertLayer, mutRemoveLayer
from deap_nn.space import Chromosome, SearchSpace

__all__ = [
    "cxTwoPointGenes",
    "cxWholeLayer",
    "initIndividual",
    "mutChoices",
    "mutDuplicateLayer",
    "mutGaussianGenes",
    "mutInsertLayer",
    "mutRemoveLayer",
    "selTruncation",
]

T = TypeVar("T", bound=list[Chromosome])


def initIndividual(cls: Callable[[list[Chromosome]], T], space: SearchSpace) -> T:
    """Draw an individual of class `cls` from the start ranges of `space`."""
    return cls(space.sample())


def selTruncation(individuals: Sequence[Any], k: int) -> list[Any]:
    """Select the `k` best by fitness, best first; of equals the earlier, and all where there are fewer.

    Copies, individuals that are equal (`==`) and not only equally fit, come after all others: or else those of the
    best would soon take every place, and children of equal parents differ from them by mutation alone.
    """
    if k < 0:
        raise ValueError(f"k is {k!r}; expected 0 or more individuals to select")
    originals: list[Any] = []
    copies: list[Any] = []
    for individual in sorted(individuals, key=attrgetter("fitness"), reverse=True):
        (copies if individual in originals else originals).append(individual)
    return (originals + copies)[:k]
