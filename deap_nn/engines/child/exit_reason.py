"""How a process ended, in words: its exit status, and what it said last."""

from __future__ import annotations

import os
import signal
from typing import IO

_LAST_WORDS = 8000  # bytes of the log that are looked through for last words


def how_it_ended(code: int | None) -> str:
    """An exit status, as subprocess tells it."""
    if code is None:
        return "closed its pipe"
    if code >= 0:
        return f"ended by itself with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"killed by signal {-code} ({name})"


def last_words(log: IO[bytes], start: int) -> str:
    """What was written to a log since `start`, in a few words; empty if nothing was."""
    end = log.seek(0, os.SEEK_END)
    log.seek(max(start, end - _LAST_WORDS))
    text = log.read().decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"; last words: {' | '.join(_gist(lines))}" if lines else ""


def _gist(lines: list[str]) -> list[str]:
    """The last lines; of a crash, what was said before it and the innermost frame of its dump."""
    crash = next((number for number, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
    if crash is None:
        return lines[-3:]
    dump = lines[crash:]
    current = next((number for number, line in enumerate(dump) if line.startswith("Current thread")), 0)
    frames = [line for line in dump[current:] if line.startswith('File "')]
    return lines[max(0, crash - 1) : crash + 1] + frames[:1]
