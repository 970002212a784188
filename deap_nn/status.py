"""The status of an evaluation, one vocabulary for trainings, records and journals."""

from enum import Enum


class Status(str, Enum):
    """The way an evaluation ended. Equal to its name in a journal, such as "ok"."""

    OK = "ok"
    """It ran to its end, or as far as its budget allowed."""
    FAILED = "failed"
    """The network could not be built, diverged, or exceeded the framework's memory."""
    PRUNED = "pruned"
    """A pruner ended it early."""
    PAUSED = "paused"
    """It did the part of a training that was asked for, and may go on."""
    TIMEOUT = "timeout"
    """It exceeded the time limit."""
    LOST = "lost"
    """Its process died or exceeded the memory limit."""

    def __str__(self) -> str:
        """Return the name in a journal, on every version of Python."""
        return self.value


LIMITS = (Status.TIMEOUT, Status.LOST)
"""The statuses of evaluations ended by a limit or a process's death: they depend on the machine, not on the seed."""

FAILURES = (Status.FAILED, *LIMITS)
