"""What an engine returns for a task, its outcome, and the report of one attempt that leads to it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Status = Literal["ok", "error", "timeout", "lost"]
Kind = Literal["ok", "error", "timeout", "lost", "memory", "crowded"]


class Outcome(NamedTuple):
    """The outcome of a task, the same on every back end.

    Attributes:
        status: `ok` (the function returned), `error` (it raised), `timeout` (it exceeded the time
            limit), `lost` (its process died, or was killed at the memory limit).
        value: The value that the function returned; None unless `ok`.
        reason: One line saying why; empty if `ok`.
        traceback: The worker's traceback; empty unless `error`.
        attempts: The number of times the task was started.
        seconds: Wall-clock time of the last attempt.
        worker: Where the last attempt ran, `host:pid/childpid`.
    """

    status: Status
    value: Any = None
    reason: str = ""
    traceback: str = ""
    attempts: int = 1
    seconds: float = 0.0
    worker: str = ""


class Report(NamedTuple):
    """The result of one attempt, as a back end reports it; the value is still pickled.

    Of a `crowded` attempt, which ran out of memory, it is what counts if another attempt would be no better.
    """

    kind: Kind
    value: bytes = b""
    reason: str = ""
    traceback: str = ""
    seconds: float = 0.0
    worker: str = ""


class EngineLost(RuntimeError):  # noqa: N818 - named after what happened
    """The loss of all workers: finished outcomes are safe, the rest has to be evaluated elsewhere."""


def one_line(text: str, limit: int = 400) -> str:
    """Fold a text into one line of at most `limit` characters, keeping its beginning."""
    folded = " ".join(text.split())
    return folded if len(folded) <= limit else folded[: limit - 3] + "..."
