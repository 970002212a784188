"""The evolution's stream of random numbers: the stdlib's global `random`, from which DEAP's operators also draw.

It is seeded once for a run. Only operators and loops may draw from it: engines (Dask uses it to choose where to fetch a
result), hooks and user-defined functions run within `protected`; otherwise the same seed would not give the same run.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from deap_nn.errors import InputError

_thread = threading.RLock()  # not a Lock: a hook may run a search of its own within the first


@contextmanager
def in_one_thread() -> Iterator[None]:
    """Keep the stream to this thread; two threads that draw from it would get neither run's numbers.

    Raises:
        InputError: If another thread keeps it.
    """
    if not _thread.acquire(blocking=False):
        raise InputError(
            "another thread of this process runs a search, and both would draw from Python's one `random`: start each "
            "search in a process of its own, or one after the other"
        )
    try:
        yield
    finally:
        _thread.release()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the stream; on exit, restore the state of `random`."""
    with protected():
        random.seed(seed)
        yield


@contextmanager
def branch(seed: int, number: int) -> Iterator[None]:
    """Draw from a stream that belongs to a number alone, whatever was drawn before; the other goes on afterwards."""
    with protected():
        random.seed(f"{seed} {number}")
        yield


@contextmanager
def protected() -> Iterator[None]:
    """Let other code draw from `random` without affecting the stream."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
