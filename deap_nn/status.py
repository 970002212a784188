"""How an evaluation ended, in one vocabulary: what trainings report, records hold and journals keep."""

from enum import Enum


class Status(str, Enum):
    """How an evaluation ended. Equal to its name in a journal, such as "ok"."""

    OK = "ok"
    """It ran to its end, or as far as its budget went."""
    FAILED = "failed"
    """The network could not be built, diverged, or the framework had no memory for it."""
    PRUNED = "pruned"
    """A pruner ended it early."""
    TIMEOUT = "timeout"
    """It exceeded the time limit."""
    LOST = "lost"
    """Its process died or exceeded the memory limit."""

    def __str__(self) -> str:
        """Return the name in a journal, on every version of Python."""
        return self.value


LIMITS = (Status.TIMEOUT, Status.LOST)
"""Of evaluations that a limit or a death ended: they depend on the machine, not on the seed."""

FAILURES = (Status.FAILED, *LIMITS)
