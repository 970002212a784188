"""Files that are replaced as a whole, so that a crash leaves the old or the new, and read without waiting."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

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


def read_file(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: If it cannot be read, or is something else.
    """
    with opened(path) as file:
        return file.read()


def opened(path: Path) -> BinaryIO:
    """Open a regular file; a FIFO would keep its reader waiting forever."""
    return os.fdopen(regular(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), path), "rb")


def regular(descriptor: int, path: Path) -> int:
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
