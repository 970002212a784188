"""The conversion of an engine's outcomes to fitness values: failures get the worst fitness and a reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

from deap_nn.engines import Outcome
from deap_nn.evolution import Criterion, FitnessValues, NoMoreResults, Record
from deap_nn.status import Status

TIME_IS_OVER = "the time is over"
"""The reason why a search stops by the clock."""

A_HOOK_ASKED = "a hook asked for it"
"""The reason why it stops by a hook of evaluations."""


class StopRun(NoMoreResults):
    """A request to stop the run, from a hook or because the time is over."""


class Enough(StopRun):
    """The end of a search that has had all its evaluations."""


class RunFailed(RuntimeError):  # noqa: N818
    """An error that ends the run; the message is for the user."""


class BrokenProgram(RunFailed):
    """A failure of the program in an evaluation; the message holds the worker's traceback, if there is one."""


def fitness_of(outcome: Outcome, worst: float = 0.0) -> FitnessValues:
    """Return the fitness of a task that has ended: its result, or the worst if it was stopped or lost.

    Args:
        outcome: The outcome that the engine reports.
        worst: The fitness of an individual that could not be measured.

    Raises:
        BrokenProgram: If the function raised, or returned something other than one number in a tuple.
    """
    if outcome.status == "error":
        raise BrokenProgram(f"{outcome.reason}\n{outcome.traceback}".strip())
    if outcome.status == "ok":
        return _checked(outcome.value, worst)
    record = Record(
        status=Status(outcome.status), reason=outcome.reason, worker=outcome.worker, attempts=outcome.attempts
    )
    return FitnessValues((worst,), record)


def completed(values: FitnessValues, criteria: Sequence[Criterion], worst: float = 0.0) -> FitnessValues:
    """Return the values of all objectives, given that of the first; where it was not measured, all are the worst.

    Whatever has worked thus dominates whatever has not.

    Args:
        values: The first value, with the record.
        criteria: The other objectives; without any, the values stay as they are.
        worst: The worst first value.

    Raises:
        BrokenProgram: If a criterion raised, or found no number.
    """
    if not criteria:
        return values
    nothing = (worst, *(one.worst for one in criteria))
    if values.status is not Status.OK:
        return FitnessValues(nothing, values.record)
    others = [_figure(one, values.record) for one in criteria]
    for criterion, value in zip(criteria, others, strict=True):
        if not math.isfinite(value):
            return FitnessValues(
                nothing, replace(values.record, status=Status.FAILED, reason=f"{criterion.name} is {value}")
            )
    return FitnessValues((values[0], *others), values.record)


def _figure(criterion: Criterion, record: Record) -> float:
    try:
        value = criterion.of(record) if criterion.of is not None else None
    except Exception as error:
        raise BrokenProgram(f"the objective {criterion.name} raised {error!r}: it must take every record") from error
    if not isinstance(value, Real) or isinstance(value, bool):
        raise BrokenProgram(f"the objective {criterion.name} is {value!r} in a record, expected a number: record it")
    return float(value)


def _checked(values: Any, worst: float) -> FitnessValues:
    """Return an evaluation's result as fitness values; one that is not finite becomes the worst, with a reason."""
    if not isinstance(values, tuple | list) or len(values) != 1 or not isinstance(values[0], Real):
        raise BrokenProgram(f"the evaluation returned {values!r}, expected a tuple of one number, such as (0.5,)")
    if not math.isfinite(values[0]):
        return FitnessValues((worst,), Record(status=Status.FAILED, reason=f"the fitness is {values[0]}"))
    record = values.record if isinstance(values, FitnessValues) else None
    return FitnessValues((float(values[0]),), record)
