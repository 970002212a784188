"""Operators: how genomes are recombined, mutated and selected.

They follow DEAP's conventions: crossover and mutation change individuals in place, return them in a tuple and ignore
fitness (their caller deletes the values). Random draws use the global stream of `random`.
"""

from collections.abc import Callable
from typing import TypeVar

from deap_nn.evolution.operators.crossover import cxTwoPointGenes, cxWholeLayer
from deap_nn.evolution.operators.mutation import (
    mutChoices,
    mutDuplicateLayer,
    mutGaussianGenes,
    mutInsertLayer,
    mutRemoveLayer,
)
from deap_nn.evolution.operators.selection import selCrowdedTournament, selNSGA2, selTruncation
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
    "selCrowdedTournament",
    "selNSGA2",
    "selTruncation",
]

T = TypeVar("T", bound=list[Chromosome])


def initIndividual(cls: Callable[[list[Chromosome]], T], space: SearchSpace) -> T:
    """Draw an individual of class `cls` from the start ranges of `space`."""
    return cls(space.sample())
