"""The evolution's stream of random numbers: the stdlib's global `random`, from which DEAP's operators also draw.

It is seeded once for a run. Only operators and loops may draw from it: engines (Dask uses it to choose where to fetch a
result), hooks and user-defined functions run within `protected`; otherwise the same seed would not give the same run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the stream; on exit, restore the state of `random`."""
    with protected():
        random.seed(seed)
        yield


@contextmanager
def protected() -> Iterator[None]:
    """Let other code draw from `random` without affecting the stream."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
