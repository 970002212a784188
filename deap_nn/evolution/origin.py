"""Where a child comes from: which operators made it, and how good the better of its parents was.

Operators know nothing of it: they are wrapped on their way into a toolbox, as DEAP's `tools.History` wraps them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Operator = Callable[..., tuple[Any, ...]]


class Origin(NamedTuple):
    """The origin of a child that has not been evaluated yet.

    Attributes:
        parent: The first weighted fitness value of the better parent, or its first `estimate` if it has one.
        operators: The names of the operators that made it.
        avoided: Where children are bred one by one: how many like ones before were bred in vain, just before it.
        too_large: How many were that are above a limit.
        expected: The score that a screen expected of it, in its own terms; None where none has chosen it.
    """

    parent: float = -math.inf
    operators: tuple[str, ...] = ()
    avoided: int = 0
    too_large: int = 0
    expected: float | None = None

    @property
    def in_vain(self) -> dict[str, int]:
        """What was bred in vain, by reason."""
        return {"avoided": self.avoided, "too_large": self.too_large}

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, without what there is none of."""
        return {name: value for name, value in self._asdict().items() if value != self._field_defaults[name]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Origin:
        """Return the origin that `to_json` described.

        Raises:
            TypeError: If it describes none.
        """
        origin = cls(**{**data, "operators": tuple(data.get("operators", ()))})
        numbers = (origin.parent, 0.0 if origin.expected is None else origin.expected)
        if not all(isinstance(one, int | float) for one in numbers) or {*map(type, origin.in_vain.values())} != {int}:
            raise TypeError(f"{data} is no origin")
        return origin


def noted_crossover(name: str, crossover: Operator) -> Operator:
    """Return a crossover that notes on its children, as the attribute `origin`, that it made them.

    Args:
        name: Its name in the note.
        crossover: The crossover of two individuals, which still have the fitness of the parents that they were copied
            from; where they have none, nothing is noted.
    """

    @functools.wraps(crossover)
    def noting(*individuals: Any, **options: Any) -> tuple[Any, ...]:
        scores = [(getattr(one, "estimate", ()) or one.fitness.wvalues)[0] for one in individuals if one.fitness.valid]
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
