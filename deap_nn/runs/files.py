"""Crash-safe writing: files replaced as a whole, and lines appended one by one."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from deap_nn.errors import InputError


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
    """A file of one JSON value per line that only grows; each line is on disk before `append` returns.

    An incomplete last line, left by a crash, is dropped when the file is opened for writing.

    Args:
        path: The file, created if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        self._file = os.fdopen(_regular(os.open(path, flags, 0o666), path), "ab", buffering=0)
        self._file.truncate(whole_length(path))

    def append(self, value: Any) -> None:
        """Write one line; after an error, the file is as it was before.

        Raises:
            OSError: If the disk is full, or the file was moved or deleted; the error names the file.
        """
        line = json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        end = os.fstat(self._file.fileno()).st_size
        try:
            self._write(line)
        except OSError as error:
            os.ftruncate(self._file.fileno(), end)
            raise OSError(error.errno, error.strerror, str(self.path)) from error

    def _write(self, line: bytes) -> None:
        # Unbuffered: on closing, a buffer would try again to write what could not be written now.
        if self._file.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file.fileno())
        # A deleted file can still be written to, but what is written would be lost.
        if not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
            raise OSError(errno.ENOENT, "the file was replaced while the run went on")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_file(path: Path) -> bytes:
    """Return the content of a regular file; a FIFO would keep its reader waiting forever.

    Raises:
        OSError: If it cannot be read, or is something else.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(_regular(descriptor, path), "rb") as file:
        return file.read()


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


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield number and value of the lines of a file of JSON lines, without an incomplete last one.

    Raises:
        InputError: If a line is no JSON; it names the line.
    """
    if not path.exists():
        return
    content = read_file(path)
    content = content[: content.rfind(b"\n") + 1]
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}, is damaged ({error}): {DELETE_LINE}") from error


DELETE_LINE = "delete that line, and what it told is evaluated again"


def whole_length(path: Path) -> int:
    """Return the length in bytes up to the end of the last complete line; 0 if there is no file."""
    return read_file(path).rfind(b"\n") + 1 if path.exists() else 0
