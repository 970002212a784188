"""The conversion of an engine's outcomes to fitness values: failures get the worst fitness and a reason."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from deap_nn.engines import Outcome
from deap_nn.evolution import FitnessValues, Record
from deap_nn.status import Status

TIME_IS_OVER = "the time is over"
"""The reason why a search stops by the clock."""


class StopRun(Exception):  # noqa: N818 - a request, not an error
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


def _checked(values: Any, worst: float) -> FitnessValues:
    """Return an evaluation's result as fitness values; one that is not finite becomes the worst, with a reason."""
    if not isinstance(values, tuple | list) or len(values) != 1 or not isinstance(values[0], Real):
        raise BrokenProgram(f"the evaluation returned {values!r}, expected a tuple of one number, such as (0.5,)")
    if not math.isfinite(values[0]):
        return FitnessValues((worst,), Record(status=Status.FAILED, reason=f"the fitness is {values[0]}"))
    record = values.record if isinstance(values, FitnessValues) else None
    return FitnessValues((float(values[0]),), record)
