"""Evaluations that run out of memory: as others may have used it up, each is tried once more, alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Value = TypeVar("Value")

_is_attempt = ContextVar("is_attempt", default=False)


class Crowded(Exception):  # noqa: N818 - named after what happened
    """An attempt that ran out of memory.

    Attributes:
        otherwise: The value of the task if that happens again when it runs alone; picklable.
    """

    def __init__(self, otherwise: Any) -> None:
        super().__init__("this evaluation ran out of memory")
        self.otherwise = otherwise


def retry_alone(otherwise: Value) -> Value:
    """Have the engine try this evaluation, which ran out of memory, once more while nothing else runs.

    Args:
        otherwise: The value of the evaluation if that does not help; picklable.

    Returns:
        The same, where the function was called without an engine.

    Raises:
        Crowded: For the engine that runs it.
    """
    if _is_attempt.get():
        raise Crowded(otherwise)
    return otherwise


@contextmanager
def attempt() -> Iterator[None]:
    """Let what is called here find an engine that can try again."""
    token = _is_attempt.set(True)
    try:
        yield
    finally:
        _is_attempt.reset(token)
