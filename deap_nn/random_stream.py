"""The evolution's stream of random numbers: the stdlib's global `random`, from which DEAP's operators draw too.

It is seeded once for a run. Nothing but operators and loops may draw from it: engines (Dask chooses with it where to
fetch a result), hooks and users' functions run within `protected`, or the same seed would not give the same run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Begin the stream at `seed`; afterwards `random` is as it was before."""
    with protected():
        random.seed(seed)
        yield


@contextmanager
def protected() -> Iterator[None]:
    """Let others draw from `random` without a trace."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
