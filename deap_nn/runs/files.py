"""Crash-safe writing: files replaced as a whole, and lines appended in groups."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from deap_nn.errors import InputError

BLOCK = 8192
"""Bytes that are read at once where the length of a line is not known."""


def write_atomic(path: Path, content: bytes | str, *, new: bool = False) -> None:
    """Replace a file so that a reader, or a crash, sees either the old content or the new.

    Args:
        path: The file. Where it is a link, the link is replaced and what it points to stays.
        content: What it is to hold.
        new: Whether there must be no such file yet; of several processes, one succeeds.

    Raises:
        FileExistsError: If `new` and the file exists.
        OSError: If it cannot be written; the error names the file, which holds what it held.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        with temporary.open("xb") as file:  # never what somebody else has put there
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if new:
            os.link(temporary, path)
        else:
            temporary.replace(path)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):  # half a file only takes up space
            temporary.unlink()


def write_json(path: Path, content: Any, *, new: bool = False) -> None:
    """Replace a JSON file atomically."""
    write_atomic(path, json.dumps(content, indent=2, allow_nan=False) + "\n", new=new)


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
        self._file = os.fdopen(_regular(os.open(path, flags, 0o666), path), "ab", buffering=0)
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


def read_file(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: If it cannot be read, or is something else.
    """
    with _opened(path) as file:
        return file.read()


def _opened(path: Path) -> BinaryIO:
    """Open a regular file; a FIFO would keep its reader waiting forever."""
    return os.fdopen(_regular(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), path), "rb")


def _regular(descriptor: int, path: Path) -> int:
    """Return a descriptor of a regular file; close any other, with an OSError."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def read_json(path: Path, *entries: str, remedy: str) -> dict[str, Any]:
    """Return the content of a file that holds a JSON object.

    Args:
        path: The file.
        *entries: Names that the object has at least.
        remedy: What to do about a damaged file.

    Raises:
        InputError: If the file cannot be read or holds something else; it says what to do.
    """
    try:
        content = json.loads(read_file(path))
        missing = [name for name in entries if name not in content]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} cannot be read ({error}): {remedy}") from error
    if not isinstance(content, dict) or missing:
        raise InputError(f"{path} is damaged (expected an object with {', '.join(entries)}): {remedy}")
    return content


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
    with _opened(path) as file:
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
