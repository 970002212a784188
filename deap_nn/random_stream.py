"""The evolution's stream of random numbers: the stdlib's global `random`, from which DEAP's operators also draw.

It is seeded once for a run. Only operators and loops may draw from it: engines, hooks and user-defined functions run
within `protected`, and a library that draws in threads of its own, at any time, is kept off with `keep_off`; otherwise
the same seed would not give the same run.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


def keep_off(*packages: str) -> None:
    """Let the modules of these packages draw from generators of their own in place of `random`'s.

    Args:
        packages: Names of packages; those of their modules that are loaded now are changed, for as long as this process
            lives.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in packages:
            _draw_elsewhere(vars(module))


def _draw_elsewhere(names: dict[str, Any]) -> None:
    own, stream = random.Random(), random.random.__self__  # type: ignore[attr-defined]
    for name, value in list(names.items()):
        if value is random:
            names[name] = own
        elif getattr(value, "__self__", None) is stream:  # from random import randint
            names[name] = getattr(own, value.__name__)
