"""The memory use of processes, what they have started, and whether they are alive, read from Linux's /proc."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(pid: int) -> int:
    """Return the resident memory, in bytes, of a process and its descendants; 0 once it is gone."""
    return sum(_own_size(one) for one in (pid, *descendants(pid)))


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have started, whatever their session."""
    found = _children(pid)
    return found + [one for child in found for one in descendants(child)]


def kill_tree(pid: int) -> None:
    """Kill a process, its group, and everything that it has started, whatever its session. Never raise."""
    _signal(os.kill, pid, signal.SIGSTOP)  # so that it starts nothing else meanwhile
    started = descendants(pid)
    _signal(os.killpg, pid, signal.SIGKILL)
    _signal(os.kill, pid, signal.SIGKILL)
    for one in started:
        _signal(os.kill, one, signal.SIGKILL)


def _own_size(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _signal(send: Callable[[int, int], None], pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        send(pid, number)


def _children(pid: int) -> list[int]:
    """Return the children of all threads of a process."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(text) for text in path.read_text().split()]
    return found


def birth(pid: int) -> int:
    """Return the start time of a process, in the kernel's clock ticks; 0 if it is gone or a zombie.

    Process id and start time together identify a process uniquely: ids are reused.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return 0
    return 0 if state in "ZX" else int(rest[18])
