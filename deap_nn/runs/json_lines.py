"""Files of one JSON value per line that only grow: lines are appended in groups, and survive a crash."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from deap_nn.errors import InputError
from deap_nn.runs.files import opened, regular

BLOCK = 8192
"""Bytes that are read at once where the length of a line is not known."""


class JsonLines:
    """A file of one JSON value per line that only grows.

    A line is in the file when `append` returns, and survives the end of this process; it is on disk, and survives that
    of the machine, when `sync` returns. An incomplete last line, left by a crash, is dropped when the file is opened.

    Args:
        path: The file, created if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pace = 0.0
        """Seconds that the last `sync` took."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        # Unbuffered: on closing, a buffer would try again to write what could not be written before
        self._file = os.fdopen(regular(os.open(path, flags, 0o666), path), "ab", buffering=0)
        self._end = self._synced = _whole_length(self._file.fileno())
        self._file.truncate(self._end)

    def append(self, value: Any) -> int:
        """Write one line and return its place in the file; after an error, the file is as it was before.

        Raises:
            OSError: If the disk is full; the error names the file.
        """
        line = json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        with self._back_to(self._end):
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        place = self._end
        self._end += len(line)
        return place

    def sync(self) -> None:
        """Wait until all lines are on disk; after an error, the file is as it was after the last time.

        Raises:
            OSError: If the disk is full, or the file was moved or deleted; the error names the file.
        """
        if self._synced == self._end:
            return
        began = time.monotonic()
        with self._back_to(self._synced):
            os.fsync(self._file.fileno())
            # A deleted file can still be written to, but what is written would be lost
            if not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
                raise OSError(errno.ENOENT, "the file was replaced while the run went on")
        self._synced = self._end
        self.pace = time.monotonic() - began

    def cut(self, place: int) -> None:
        """Drop the line at a place, and all that follow it."""
        os.ftruncate(self._file.fileno(), place)
        self._end, self._synced = place, min(self._synced, place)

    def read(self, place: int) -> Any:
        """Return the value of the line at a place."""
        size = BLOCK
        while (end := (block := os.pread(self._file.fileno(), size, place)).find(b"\n")) < 0:
            if len(block) < size:
                raise OSError(errno.EIO, "the file was cut short while the run went on", str(self.path))
            size *= 4
        return json.loads(block[:end])

    def close(self) -> None:
        """Close the file; what it holds is on disk then."""
        try:
            self.sync()
        finally:
            self._file.close()

    @contextmanager
    def _back_to(self, end: int) -> Iterator[None]:
        """Cut the file off there if an error occurs."""
        try:
            yield
        except OSError as error:
            self._end = end
            os.ftruncate(self._file.fileno(), end)
            raise OSError(error.errno, error.strerror, str(self.path)) from error


class Line(NamedTuple):
    """A line of a file of JSON lines: its number from 1, its place in the file and its value."""

    number: int
    place: int
    value: Any


DELETE_LINE = "delete that line, and what it told is evaluated again"


def read_lines(path: Path, remedy: str = DELETE_LINE) -> Iterator[Line]:
    """Yield the lines of a file of JSON lines one after the other, without an incomplete last one.

    Args:
        path: The file.
        remedy: What to do about a damaged line.

    Raises:
        InputError: If a line is no JSON; it names the line.
    """
    if not path.exists():
        return
    place = 0
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Line(number, place, json.loads(line))
            except ValueError as error:
                raise InputError(f"{path}, line {number}, is damaged ({error}): {remedy}") from error
            place += len(line)


def _whole_length(descriptor: int) -> int:
    """Return the length in bytes up to the end of the last complete line."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - BLOCK)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
