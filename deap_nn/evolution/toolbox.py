"""A DEAP toolbox for a search space, with the original project's operators in its slots.

Every slot can be registered again; both DEAP's own loops and those of this package run on it.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable
from typing import Any

from deap import base, tools

from deap_nn.errors import InputError
from deap_nn.evolution.individual import MAXIMIZE, Individual
from deap_nn.evolution.key import Key
from deap_nn.evolution.operators import (
    cxTwoPointGenes,
    cxWholeLayer,
    initIndividual,
    mutChoices,
    mutDuplicateLayer,
    mutGaussianGenes,
    mutInsertLayer,
    mutRemoveLayer,
    selCrowdedTournament,
    selNSGA2,
    selTruncation,
)
from deap_nn.evolution.origin import noted_crossover, noted_mutation
from deap_nn.space import SearchSpace

Crossover = Callable[..., tuple[Individual, Individual]]

SIGMA = 0.15
"""The standard deviation of a Gaussian mutation, as a share of a gene's range: two to three steps of a filter count."""


class InTurn:
    """A crossover that alternates between operators: the first for the first pair, the second for the next, ...

    Args:
        crossovers: The operators, at least one.
    """

    def __init__(self, *crossovers: Crossover) -> None:
        self._crossovers = itertools.cycle(crossovers)

    def __call__(self, ind1: Individual, ind2: Individual) -> tuple[Individual, Individual]:
        """Cross two individuals with the operator whose turn it is."""
        return next(self._crossovers)(ind1, ind2)


class AtRandom:
    """A crossover that draws one of several operators for each pair, and remembers nothing from one to the next.

    Args:
        crossovers: The operators, at least one.
    """

    def __init__(self, *crossovers: Crossover) -> None:
        self._crossovers = crossovers

    def __call__(self, ind1: Individual, ind2: Individual) -> tuple[Individual, Individual]:
        """Cross two individuals with one of the operators."""
        return random.choice(self._crossovers)(ind1, ind2)


TOURNAMENT = 3
"""The size of the tournaments in which a steady state's parents are chosen."""

REPEATS = 100
"""How often a mutation that has changed nothing is repeated."""

OPERATORS = ("whole_layer", "two_point", "numbers", "choices", "depth")
"""What children note as their origin: the crossovers, the mutations of numbers and of choices, those of depth."""

_whole_layer = noted_crossover("whole_layer", cxWholeLayer)
_two_point = noted_crossover("two_point", cxTwoPointGenes)
_numbers, _choices = noted_mutation("numbers", mutGaussianGenes), noted_mutation("choices", mutChoices)

CROSSOVERS: dict[str, tuple[Crossover, ...]] = {
    "whole-layer": (_whole_layer,),
    "two-point": (_two_point,),
    "both": (_whole_layer, _two_point),
}


def make_toolbox(
    space: SearchSpace,
    *,
    evaluate: Callable[[Individual], Any],
    map: Callable[..., Any] = map,
    crossover: str = "both",
    mutation_probability: float = 0.1,
    weights: tuple[float, ...] = MAXIMIZE,
) -> base.Toolbox:
    """Return a toolbox with `individual, population, mate, mutate, select, evaluate, map` and DEAP's `clone`.

    Args:
        space: The space that individuals are drawn from and stay within.
        evaluate: `individual -> fitness values`; a module-level function (or a `functools.partial` of one) can be
            sent to workers.
        map: `(function, individuals) -> fitness values in order`, such as the `map` of an `Evaluations`.
        crossover: A name in `CROSSOVERS`: "whole-layer", "two-point", or "both" in turn.
        mutation_probability: The probability for each gene, and for each block of variable depth, 0 to 1.
        weights: Those of the individuals' fitness: `(-1.0,)` where it is to be minimised. With several, `select` is
            NSGA-II's.

    Raises:
        InputError: If the crossover is unknown or the probability is out of range.
    """
    if crossover not in CROSSOVERS:
        raise InputError(f"crossover is {crossover!r}, expected one of {', '.join(CROSSOVERS)}")
    if not 0 <= mutation_probability <= 1:
        raise InputError(f"mutation_probability is {mutation_probability!r}, expected a number from 0 to 1")
    toolbox = base.Toolbox()
    toolbox.register("individual", initIndividual, functools.partial(Individual, weights=weights), space)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("mate", InTurn(*CROSSOVERS[crossover]))
    toolbox.register("mutate", mutAll, space=space, indpb=mutation_probability)
    toolbox.register("select", selTruncation if len(weights) == 1 else selNSGA2)
    toolbox.register("evaluate", evaluate)
    toolbox.register("map", map)
    return toolbox


def make_steady(
    toolbox: base.Toolbox,
    space: SearchSpace,
    crossover: str,
    mutation_probability: float,
    weights: tuple[float, ...] = MAXIMIZE,
) -> None:
    """Register what `eaSteadyState` does best with: tournaments of three, and mutations that change at least one gene.

    Nothing that is registered remembers what it did before, so that a child depends on its parents and its stream only.

    Args:
        toolbox: A toolbox of `make_toolbox`; changed in place.
        space: The space of the individuals.
        crossover: A name in `CROSSOVERS`; of "both", one is drawn for each pair.
        mutation_probability: As for `make_toolbox`.
        weights: As for `make_toolbox`. With several, tournaments and survivors are NSGA-II's.
    """
    if len(weights) == 1:
        toolbox.register("select", tools.selTournament, tournsize=TOURNAMENT)
    else:
        toolbox.register("select", selCrowdedTournament, tournsize=TOURNAMENT)
        toolbox.register("survive", tools.selNSGA2)
    toolbox.register("mate", AtRandom(*CROSSOVERS[crossover]))
    toolbox.register("mutate", mutAtLeastOne, space=space, indpb=mutation_probability)
    toolbox.register("key", _digest)


def _digest(individual: Individual) -> bytes:
    return Key.of(individual).digest


def mutAtLeastOne(individual: Individual, space: SearchSpace, indpb: float = 0.1) -> tuple[Individual]:
    """Mutate as `mutAll` does, again and again until something has changed, at most `REPEATS` times.

    Args:
        individual: The individual, changed in place.
        space: Its search space.
        indpb: The probability, 0 to 1.
    """
    before = [chromosome.copy() for chromosome in individual]
    for _ in range(REPEATS if indpb else 0):
        mutAll(individual, space, indpb)
        if individual != before:
            break
    return (individual,)


def mutAll(individual: Individual, space: SearchSpace, indpb: float = 0.1) -> tuple[Individual]:
    """Mutate numbers, choices and depth, each gene and each block of variable depth with probability `indpb`.

    One of the three mutations of depth (insert, remove, duplicate a layer) is drawn and applied to all blocks.

    Args:
        individual: The individual, changed in place.
        space: Its search space.
        indpb: The probability, 0 to 1.
    """
    _numbers(individual, space, indpb, SIGMA)
    _choices(individual, space, indpb)
    depth = random.choice((mutInsertLayer, mutRemoveLayer, mutDuplicateLayer))
    noted_mutation("depth", depth)(individual, space, indpb)
    return (individual,)
