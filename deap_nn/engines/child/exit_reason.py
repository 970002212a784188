"""The exit reason of a process in words: its exit status and its last output."""

from __future__ import annotations

import os
import re
import signal
from typing import IO

_LAST_WORDS = 8000  # bytes at the end of the log that are searched for last words

# What libraries log for information or as a warning, in the formats of absl and TensorFlow, says nothing about an end.
_NOISE = re.compile(
    r"[IW]\d{4} \d\d:\d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IW] |WARNING: All log messages before absl|"
    "To enable the following instructions: "
)


def how_it_ended(code: int | None) -> str:
    """Describe an exit status, given as subprocess reports it."""
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
    """Summarise what was written to a log since `start`; empty if nothing was."""
    end = log.seek(0, os.SEEK_END)
    log.seek(max(start, end - _LAST_WORDS))
    text = log.read().decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _NOISE.match(line.strip())]
    return f"; last words: {' | '.join(_gist(lines))}" if lines else ""


def _gist(lines: list[str]) -> list[str]:
    """Return the last lines or, after a crash, the line before it, its first line and its innermost frame."""
    crash = next((number for number, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
    if crash is None:
        return lines[-3:]
    dump = lines[crash:]
    current = next((number for number, line in enumerate(dump) if line.startswith("Current thread")), 0)
    frames = [line for line in dump[current:] if line.startswith('File "')]
    return lines[max(0, crash - 1) : crash + 1] + frames[:1]
