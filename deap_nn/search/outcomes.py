"""From what an engine says of a task to fitness values: what ended badly gets the worst fitness and a reason."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from deap_nn.engines import Outcome
from deap_nn.evolution import FitnessValues, Record
from deap_nn.status import Status


class StopRun(Exception):  # noqa: N818 - a wish, not an error
    """Somebody asked the run to stop: a hook, or the clock."""


class RunFailed(RuntimeError):  # noqa: N818
    """The run cannot go on; the message is for the user."""


class BrokenProgram(RunFailed):
    """An exception escaped from an evaluation; the message holds the worker's traceback."""


def fitness_of(outcome: Outcome, worst: float = 0.0) -> FitnessValues:
    """Return the fitness of an ended task: what was returned, or the worst for one that was stopped or lost.

    Args:
        outcome: What the engine says.
        worst: The fitness of what could not be measured.

    Raises:
        BrokenProgram: If the function raised.
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
    """Return what an evaluation returned as fitness values; what is not finite becomes the worst, with the reason."""
    if not isinstance(values, tuple | list) or len(values) != 1 or not isinstance(values[0], Real):
        raise BrokenProgram(f"the evaluation returned {values!r}, expected a tuple of one number, such as (0.5,)")
    if not math.isfinite(values[0]):
        return FitnessValues((worst,), Record(status=Status.FAILED, reason=f"the fitness is {values[0]}"))
    if isinstance(values, FitnessValues):
        return values
    return FitnessValues((float(values[0]),))
