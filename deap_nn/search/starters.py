"""The networks that a search begins with, before any is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from deap import base

from deap_nn.evolution import Individual, Limit
from deap_nn.search.search import Search
from deap_nn.space import Chromosome, widened

NARROWER = (1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25)
"""How many times as wide as it is known a network may become to keep to the limits of a search, the most first."""

VARIED = 0.5
"""The share of a population that begins as given, known or a variation of what is known; the rest is drawn."""


def starters(search: Search, toolbox: base.Toolbox, limits: Sequence[Limit]) -> list[Individual]:
    """Return the individuals that the run was given, those that its space knows, and mutants of these.

    They are at most a population; with mutants, half of one: drawn networks are seldom as good as known ones, a mutant
    often is, and the rest keeps what crossover needs, networks of all kinds. What the space knows becomes as much
    narrower as the limits ask for, and is left out where that is not enough; what the run was given stays as it is.

    Args:
        search: The search.
        toolbox: Its `clone` and `mutate`, which keeps to the limits, make the mutants.
        limits: What bounds the individuals that are bred.
    """
    found = given(search)
    known = [one for network in search.space.known if (one := _within(search, network, limits)) is not None]
    for one in known:
        if one not in found:
            found.append(one)
    size = search.settings.population
    for place in range(int(VARIED * size) - len(found) if known else 0):
        (mutant,) = toolbox.mutate(toolbox.clone(known[place % len(known)]))
        if mutant not in found:
            found.append(mutant)
    return found[:size]


def given(search: Search) -> list[Individual]:
    """Return the individuals that the run was given to start with."""
    return [Individual.from_json(genome, search.settings.weights) for genome in search.run.info["start_with"]]


def _within(search: Search, network: Sequence[Chromosome], limits: Sequence[Limit]) -> Individual | None:
    """Return a network that keeps to the limits, as wide as possible; None if it is too large at any width."""
    for width in NARROWER:
        individual = Individual(widened(search.space, network, width), search.settings.weights)
        if all(limit.allows(individual) for limit in limits):
            return individual
    return None
