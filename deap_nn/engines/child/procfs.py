"""Looking at processes from outside, through Linux's /proc: how much memory, still alive."""

from __future__ import annotations

import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(pid: int) -> int:
    """Resident memory in bytes of a process and of what it has started; 0 once it has gone."""
    try:
        own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
    return own + sum(resident(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    try:
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def birth(pid: int) -> int:
    """The moment a process started, in the kernel's ticks; 0 if it is gone or a zombie.

    Number and birth together name a process for good: numbers are given out again.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return 0
    return 0 if state in "ZX" else int(rest[18])
