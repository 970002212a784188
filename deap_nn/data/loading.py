"""From a `DataSpec` to `Splits`: once per process, and where they are large, into memory that processes share."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import astuple
from functools import lru_cache

from deap_nn.data.copies import copies_of_user
from deap_nn.data.source import DataSpec, file_of, read_source
from deap_nn.data.splits import Splits, split
from deap_nn.errors import InputError

FORMAT = 1
"""To be raised when splits of the same file come out otherwise, or are stored otherwise: older copies are not used."""

LARGE = 1_000_000
"""The bytes of arrays in a file from which on processes share a copy of its splits."""


@lru_cache(maxsize=2)  # a process serves one run; 2, so that comparing two does not reload them in turn
def load(spec: DataSpec) -> Splits:
    """Read, check and split a data set, once per process; a file that changes is not read again.

    Raises:
        InputError: In one line, if the source is missing or malformed or has too few samples of a class.
    """
    key = key_of(spec)
    copies = copies_of_user() if key else None
    if key is None or copies is None:
        return _read(spec)
    if found := copies.find(key):
        return found
    with copies.turn() as ours:
        if found := copies.find(key):
            return found
        splits = _read(spec)
        unchanged = key_of(spec) == key  # a file may be replaced while it is read
        return copies.keep(key, splits, spec.scaling) if ours and unchanged else splits


def key_of(spec: DataSpec) -> str | None:
    """Return a digest of all that splits depend on, without reading the data; None for small or unreadable ones.

    A file is known by its place, size and times. A program may set back the time of its content, but not the other one.
    """
    path = file_of(spec)
    if path is None:
        return None
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            found = os.fstat(file.fileno())
            size = sum(member.file_size for member in archive.infolist())
    except Exception:  # a damaged archive can raise almost anything; reading tells
        return None
    identity = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    text = repr((FORMAT, astuple(spec), str(path), identity))
    return hashlib.sha256(text.encode()).hexdigest() if size >= LARGE else None


def _read(spec: DataSpec) -> Splits:
    arrays = read_source(spec)
    try:
        return split(arrays, spec)
    except InputError as error:
        raise InputError(f"{spec.source}: {error}") from error
