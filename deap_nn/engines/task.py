"""A task of an engine: its attempts so far, whether it gets another one, and its outcome."""

from __future__ import annotations

import time
from collections import Counter

from deap_nn.engines.outcome import Kind, Outcome, Report, Status
from deap_nn.engines.parcel import Parcel, unpack_value
from deap_nn.engines.perform import reason_of

# How many retries a task has when an attempt ends this way.
RETRIES: dict[Kind, int] = {"ok": 0, "error": 0, "timeout": 0, "memory": 0, "lost": 2, "crowded": 1}

_STATUS: dict[Kind, Status] = {"error": "error", "timeout": "timeout", "lost": "lost", "memory": "lost"}


class Task:
    """A packed call on its way to an outcome.

    Attributes:
        ticket: What the caller knows it by.
        parcel: The call.
        began: `time.monotonic()` at the start of the last attempt.
        crowded: Whether others may have used up the memory during the last attempt.
        alone: Whether nothing else may run during the next attempt.
    """

    def __init__(self, ticket: int, parcel: Parcel) -> None:
        self.ticket = ticket
        self.parcel = parcel
        self.began = 0.0
        self.crowded = False
        self.alone = False
        self._attempts = 0
        self._ends: Counter[Kind] = Counter()

    def begin(self, crowded: bool) -> None:
        """Begin an attempt."""
        self._attempts += 1
        self.began = time.monotonic()
        self.crowded = crowded

    def again(self, report: Report) -> bool:
        """Tell whether the task gets another attempt after this end of one; if it ran out of memory, alone."""
        self._ends[report.kind] += 1
        if self._ends[report.kind] > RETRIES[report.kind]:
            return False
        if report.kind == "crowded":
            self.alone = self.crowded
            return self.crowded
        return True

    def outcome(self, report: Report) -> Outcome:
        """Return what became of the task if this was its last attempt."""
        value, status, reason = None, _STATUS.get(report.kind, "ok"), report.reason
        if status == "ok":
            try:
                value = unpack_value(report.value)
            except Exception as error:  # A class of the result cannot be rebuilt here
                status, reason = "error", f"the result cannot be unpickled: {reason_of(error)}"
        return Outcome(status, value, reason, report.traceback, self._attempts, report.seconds, report.worker)
