"""The logbook of a run, `logbook.csv`: a row per generation is appended, however many there are already."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deap import tools

from deap_nn.errors import InputError
from deap_nn.evolution import storable
from deap_nn.runs.files import read_file, write_atomic


def read_logbook(path: Path, remedy: str) -> tools.Logbook:
    """Return the logbook of a file, without an incomplete last row; empty if there is no file.

    Raises:
        InputError: If the file is damaged; it says what to do.
    """
    logbook = tools.Logbook()
    if path.exists():
        try:
            text = read_file(path).decode()
            rows = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1], newline=""))
            logbook.header = list(rows.fieldnames or [])
            for row in rows:
                logbook.record(**{name: json.loads(text) if text else None for name, text in row.items()})
        except (OSError, TypeError, ValueError) as error:
            raise InputError(f"{path} is damaged ({error}): {remedy}") from error
    return logbook


class LogbookFile:
    """The file of a logbook that grows.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: list[str] = []
        self._rows = 0
        self._last: dict[str, Any] = {}
        self._size = 0

    def write(self, logbook: tools.Logbook) -> None:
        """Write what the file does not hold yet; an empty field stands for a missing value.

        If a hook has changed the row before, or somebody the file, it is written anew.
        """
        *_, row = new = storable(list(logbook[self._rows :]))
        follows = self._rows > 0 and len(new) == 1 and storable(logbook[self._rows - 1]) == self._last
        if not (follows and row.keys() <= set(self._names) and self._append(row)):
            self._rewrite(storable(list(logbook)), logbook.header)
        self._rows, self._last = len(logbook), row

    def _append(self, row: Mapping[str, Any]) -> bool:
        """Add a row at the end; return False if the file is not as it was left."""
        line = _text([row], self._names).encode()
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        with os.fdopen(descriptor, "ab", buffering=0) as file:
            if os.fstat(descriptor).st_size != self._size:
                return False
            try:
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(descriptor)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(self._path)) from error
        self._size += len(line)
        return True

    def _rewrite(self, rows: Sequence[Mapping[str, Any]], header: Sequence[str]) -> None:
        added = {name: None for row in rows for name in row if name not in header}  # by hooks
        self._names = [*header, *added]
        content = _text(rows, self._names, header=True).encode()
        write_atomic(self._path, content)
        self._size = len(content)


def _text(rows: Sequence[Mapping[str, Any]], names: Sequence[str], *, header: bool = False) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as a CSV field that reads as JSON; empty for None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if value is None or is_number else json.dumps(value)
