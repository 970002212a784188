"""The networks that a search begins with, before any is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deap_nn.evolution import Individual, Limit
from deap_nn.search.search import Search
from deap_nn.space import Chromosome, widened

NARROWER = (1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25)
"""How many times as wide as it is known a network may become to keep to the limits of a search, the most first."""


def starters(search: Search, limits: Sequence[Limit]) -> list[Individual]:
    """Return the individuals that the run was given, then those that its space knows, at most a population.

    What the space knows becomes as much narrower as the limits ask for, and is left out where that is not enough; what
    the run was given stays as it is.

    Args:
        search: The search.
        limits: What bounds the individuals that are bred.
    """
    found = given(search)
    for network in search.space.known:
        within = (one for one in _narrowed(search, network) if all(limit.allows(one) for limit in limits))
        first = next(within, None)
        if first is not None and first not in found:
            found.append(first)
    return found[: search.settings.population]


def given(search: Search) -> list[Individual]:
    """Return the individuals that the run was given to start with."""
    return [Individual.from_json(genome, search.settings.weights) for genome in search.run.info["start_with"]]


def _narrowed(search: Search, network: Sequence[Chromosome]) -> Iterator[Individual]:
    for width in NARROWER:
        yield Individual(widened(search.space, network, width), search.settings.weights)
