"""Individuals that must not be evaluated are not evaluated but bred again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from deap import base

from deap_nn.evolution.individual import Individual

TRIES = 30
"""How often something is bred again before what comes closest of these is taken."""

STEPS = 500
"""How many mutations may bring something below a hard limit, each kept if it costs less."""


class Limit(NamedTuple):
    """What an individual may cost.

    Attributes:
        cost: The cost of an individual.
        most: The highest cost, included.
        hard: Whether nothing above it is ever evaluated; otherwise the cheapest is where all cost more.
    """

    cost: Callable[[Individual], float]
    most: float
    hard: bool = False

    def allows(self, individual: Individual) -> bool:
        """Tell whether an individual costs no more."""
        return self.cost(individual) <= self.most


def limit_cost(
    toolbox: base.Toolbox,
    *limits: Limit,
    smallest: Callable[[], Individual] | None = None,
    refused: Callable[[], object] = lambda: None,
) -> None:
    """Let `individual`, `population` and `mutate` of a toolbox come out with what keeps to all limits, if they can.

    A child that is still above a limit after many mutations gives way to a new individual. Where all new ones are above
    a hard limit, the closest is mutated until it is not: each mutation that costs less is kept.

    Args:
        toolbox: The toolbox; changed in place.
        *limits: The limits.
        smallest: Returns an individual within the hard limits, taken where mutation leads to none; not needed without
            hard limits.
        refused: Called for each individual that is bred again.
    """
    slots = _Slots(toolbox, limits, smallest, refused)
    toolbox.register("individual", slots.individual)
    toolbox.register("population", lambda n: [slots.individual() for _ in range(n)])
    toolbox.register("mutate", slots.mutate)


class _Slots:
    """The slots of a toolbox, on top of those that it had."""

    def __init__(
        self,
        toolbox: base.Toolbox,
        limits: Sequence[Limit],
        smallest: Callable[[], Individual] | None,
        refused: Callable[[], object],
    ) -> None:
        self._draw, self._mutate, self._clone = toolbox.individual, toolbox.mutate, toolbox.clone
        self._limits = sorted(limits, key=lambda limit: not limit.hard)
        self._smallest, self._refused = smallest, refused

    def individual(self) -> Individual:
        """Draw an individual."""
        drawn: list[Individual] = []
        for _ in range(TRIES):
            drawn.append(self._draw())
            if self._allows(drawn[-1]):
                return drawn[-1]
        return self._below_hard_limits(min(drawn, key=self._excess))

    def mutate(self, individual: Individual) -> tuple[Individual]:
        """Mutate an individual in place."""
        for _ in range(TRIES):
            (child,) = self._mutate(self._clone(individual))
            if self._allows(child):
                individual[:], individual.origin = child, child.origin
                return (individual,)
        individual[:], individual.origin = self.individual(), None
        return (individual,)

    def _allows(self, individual: Individual) -> bool:
        """Tell whether an individual keeps to all limits; count it if it does not."""
        allowed = all(limit.allows(individual) for limit in self._limits)
        if not allowed:
            self._refused()
        return allowed

    def _excess(self, individual: Individual) -> tuple[float, ...]:
        """Return what to compare individuals by: first the costs above hard limits, then the others."""
        costs = [(limit, limit.cost(individual)) for limit in self._limits]
        return tuple(max(cost, limit.most) if limit.hard else cost for limit, cost in costs)

    def _below_hard_limits(self, individual: Individual) -> Individual:
        enough = [limit.most for limit in self._limits if limit.hard]
        least = self._excess(individual)
        for _ in range(STEPS):
            if list(least[: len(enough)]) <= enough:
                return individual
            (child,) = self._mutate(self._clone(individual))
            if (excess := self._excess(child)) < least:
                individual, least = child, excess
        return individual if self._smallest is None else self._clone(self._smallest())
