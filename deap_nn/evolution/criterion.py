"""The values of a fitness besides the first: each is a figure of an evaluation's record.

Input: the names that a search was given as its objectives. Output: what each is read from, and its weight.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deap_nn.errors import InputError
from deap_nn.evolution.record import Record

FIRST = ("accuracy", "fitness")
"""What the first value of a fitness is: of networks their measure, of a function of one's own what it returns."""

WORST = sys.float_info.max
"""The value, as a cost, of an evaluation that failed or was pruned: whatever has worked is better."""


IN_WORDS = {
    "parameters": "weights",
    "multiply_adds": "multiply-adds",
    "seconds": "seconds of training",
    "latency": "seconds for one sample",
}
"""What stands after a value, or on an axis, where that is more than the name of an objective."""


@dataclass(frozen=True)
class Criterion:
    """An objective besides the first.

    Attributes:
        name: Its name, which no other objective of the search has; without commas.
        of: Reads its value, a finite number, from the record of an evaluation that has worked. It runs in the process
            that evolves and depends on nothing else, or a resumed search would differ. None in a criterion that was
            read from a run directory, which holds no code.
        maximize: Whether more is better; otherwise less is.

    Raises:
        InputError: If it is no name, or of no type that is expected.
    """

    name: str
    of: Callable[[Record], float] | None = None
    maximize: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or "," in self.name:
            raise InputError(f"the name of a criterion is {self.name!r}, expected a text without commas")
        if not (self.of is None or callable(self.of)):
            raise InputError(f"of is {self.of!r}, expected a function of an evaluation's record")
        if not isinstance(self.maximize, bool):
            raise InputError(f"maximize is {self.maximize!r}, expected True or False")

    @property
    def in_words(self) -> str:
        """What stands after a value of it, or on an axis."""
        return IN_WORDS.get(self.name, self.name)

    @property
    def weight(self) -> float:
        """The weight in a fitness."""
        return 1.0 if self.maximize else -1.0

    @property
    def worst(self) -> float:
        """The value of what could not be measured."""
        return -self.weight * WORST

    def to_json(self) -> dict[str, Any]:
        """Return name and direction as plain data."""
        return {"name": self.name, "maximize": self.maximize}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Criterion:
        """Return the criterion that `to_json` described, without its function."""
        return cls(data["name"], maximize=data["maximize"])


def _training_seconds(record: Record) -> float | None:
    return (record.seconds or {}).get("train")


CRITERIA = {
    "parameters": Criterion("parameters", lambda record: record.parameters),  # type: ignore[arg-type, return-value]
    "multiply_adds": Criterion("multiply_adds", lambda record: record.multiply_adds),  # type: ignore[arg-type, return-value]
    "seconds": Criterion("seconds", _training_seconds),  # type: ignore[arg-type]
    "latency": Criterion("latency", lambda record: record.latency),  # type: ignore[arg-type, return-value]
}
"""The criteria that have a name, of all of which less is better: weights; multiply-adds of one sample's forward pass;
seconds of the training; seconds that one sample takes. The last two differ from one time, and from one machine, to the
next: a search by them that is resumed goes on exactly, as its journal holds them, but begun again it comes out
differently."""


def criteria_of(objectives: Sequence[Any]) -> tuple[Criterion, ...]:
    """Return the criteria of a list of objectives: those after the first.

    Args:
        objectives: One of `FIRST`, then names of `CRITERIA` and criteria of one's own.

    Raises:
        InputError: If there is another first one, an unknown one, or two of the same name.
    """
    if not objectives or objectives[0] not in FIRST:
        raise InputError(f"received the objectives {list(objectives)}, expected accuracy first")
    criteria = tuple(map(_criterion, objectives[1:]))
    names = [objectives[0], *(one.name for one in criteria)]
    if len(set(names)) < len(names):
        raise InputError(f"received the objectives {names}, expected each once")
    return criteria


def objective_from_json(one: Any) -> Any:
    """Return an objective as `run.json` has it: a name as it is, what `Criterion.to_json` described as a criterion."""
    return Criterion.from_json(one) if isinstance(one, Mapping) else one


def _criterion(one: Any) -> Criterion:
    if isinstance(one, Criterion):
        return one
    if one not in CRITERIA:
        raise InputError(f"received the objective {one!r}, expected one of {', '.join(CRITERIA)}, or a Criterion")
    return CRITERIA[one]


def weights_of(criteria: Iterable[Criterion], minimize: bool = False) -> tuple[float, ...]:
    """Return the weights of a fitness.

    Args:
        criteria: What the values after the first are.
        minimize: Whether less is better of the first.
    """
    return (-1.0 if minimize else 1.0, *(one.weight for one in criteria))
