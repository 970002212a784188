"""Where a child comes from: which operators made it, and how good the better of its parents was.

Operators know nothing of it: they are wrapped on their way into a toolbox, as DEAP's `tools.History` wraps them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

Operator = Callable[..., tuple[Any, ...]]


class Origin(NamedTuple):
    """The origin of a child that has not been evaluated yet.

    Attributes:
        parent: The first weighted fitness value of the better parent.
        operators: The names of the operators that made it.
    """

    parent: float
    operators: tuple[str, ...]


def noted_crossover(name: str, crossover: Operator) -> Operator:
    """Return a crossover that notes on its children, as the attribute `origin`, that it made them.

    Args:
        name: Its name in the note.
        crossover: The crossover of two individuals, which still have the fitness of the parents that they were copied
            from; where they have none, nothing is noted.
    """

    @functools.wraps(crossover)
    def noting(*individuals: Any, **options: Any) -> tuple[Any, ...]:
        scores = [one.fitness.wvalues[0] for one in individuals if one.fitness.valid]
        children = crossover(*individuals, **options)
        for child in children:
            child.origin = Origin(max(scores), (name,)) if scores else None
        return children

    return noting


def noted_mutation(name: str, mutation: Operator) -> Operator:
    """Return a mutation that adds its name to the `origin` of an individual that it changes, if that has one."""

    @functools.wraps(mutation)
    def noting(individual: Any, *arguments: Any, **options: Any) -> tuple[Any, ...]:
        origin: Origin | None = getattr(individual, "origin", None)
        if origin is None:
            return mutation(individual, *arguments, **options)
        before = [chromosome.copy() for chromosome in individual]
        (child,) = mutation(individual, *arguments, **options)
        if before != child:
            child.origin = Origin(origin.parent, (*origin.operators, name))
        return (child,)

    return noting
