"""Individuals that cost too much are not evaluated but bred again."""

from __future__ import annotations

from collections.abc import Callable

from deap import base

from deap_nn.evolution.individual import Individual

TRIES = 30
"""How often something is bred again before the cheapest of these is taken."""


def limit_cost(toolbox: base.Toolbox, cost: Callable[[Individual], float], limit: float) -> None:
    """Let `individual` and `mutate` of a toolbox come out with what costs no more than the limit, if they can.

    A child that is still too expensive after many mutations gives way to a new individual.

    Args:
        toolbox: The toolbox; changed in place.
        cost: The cost of an individual.
        limit: The highest cost, included.
    """
    draw: Callable[[], Individual] = toolbox.individual
    mutate = toolbox.mutate

    def affordable() -> Individual:
        drawn: list[Individual] = []
        for _ in range(TRIES):
            drawn.append(draw())
            if cost(drawn[-1]) <= limit:
                return drawn[-1]
        return min(drawn, key=cost)

    def mutate_affordably(individual: Individual) -> tuple[Individual]:
        for _ in range(TRIES):
            (child,) = mutate(toolbox.clone(individual))
            if cost(child) <= limit:
                individual[:] = child
                return (individual,)
        individual[:] = affordable()
        return (individual,)

    toolbox.register("individual", affordable)
    toolbox.register("population", lambda n: [affordable() for _ in range(n)])
    toolbox.register("mutate", mutate_affordably)
