"""Results shared between runs: an SQLite file of finished evaluations.

Only evaluations that ended `ok` are kept, of several fitness values the first: the others are read from the record.
The key is a digest of everything that a result depends on: the genome's canonical form, repetition and budget, the
space, the data, the training seed, threads, precision, trainer, the least steps an epoch has, whether there is a race,
what else is measured, and versions.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deap_nn.errors import InputError
from deap_nn.evolution import FitnessValues, Key
from deap_nn.status import Status

BUSY = 60.0
"""Seconds to wait while another run writes."""

PATIENCE = 5.0
"""Seconds that a statement may take besides: a view or trigger in a file from elsewhere may never end."""


class Cache:
    """A file of results that several runs can safely use at once.

    Args:
        path: The file, created if it does not exist.
        circumstances: Everything besides the evaluation's key that a result depends on, as plain data.

    Raises:
        InputError: If the file is not an SQLite file or cannot be opened.
    """

    def __init__(self, path: Path | str, circumstances: Mapping[str, Any]) -> None:
        path = Path(path)
        self._circumstances = json.dumps(circumstances, sort_keys=True)
        self._path = path
        self._until = 0.0
        try:
            self._database: sqlite3.Connection | None = _open(path)
        except (sqlite3.Error, OSError) as error:
            raise InputError(
                f"{path} cannot be used as a cache ({error}): name an SQLite file, or a new one in a folder that exists"
            ) from error
        self._database.set_progress_handler(lambda: time.monotonic() > self._until, 100_000)

    def get(self, key: Key) -> FitnessValues | None:
        """Return the result for a key, its first value, marked as coming from the cache; None if there is none.

        What is no result of an evaluation, whoever has put it there, counts as none.
        """
        rows = self._execute("SELECT fitness, record FROM results WHERE key = ?", self._digest(key))
        return _result(rows[0]) if rows else None

    def put(self, key: Key, values: FitnessValues) -> None:
        """Keep a result if it ended `ok`; of two for the same key, the first is kept."""
        if values.status is not Status.OK or values.record.from_cache:
            return
        row = (self._digest(key), json.dumps([values[0]]), json.dumps(values.record.to_json()))
        self._execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", *row)

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _execute(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """Run a statement; a file that fails or takes too long is left alone from there on, with a warning."""
        if self._database is None:
            return []
        self._until = time.monotonic() + BUSY + PATIENCE
        try:
            return self._database.execute(statement, values).fetchmany(1)
        except sqlite3.Error as error:
            self.close()
            warnings.warn(
                f"{self._path} can no longer be used as a cache ({error}); the search goes on without it",
                RuntimeWarning,
                stacklevel=2,
            )
            return []

    def _digest(self, key: Key) -> str:
        return hashlib.sha256(f"{self._circumstances}\n{key.text}".encode()).hexdigest()


def _result(row: tuple[Any, ...]) -> FitnessValues | None:
    """Return what a row holds, None if that is no fitness with a record that ended ok."""
    try:
        (value,), record = json.loads(row[0]), json.loads(row[1])
        values = FitnessValues((float(value),), {**record, "from_cache": True})
    except (TypeError, ValueError):
        return None
    return values if math.isfinite(values[0]) and values.status is Status.OK else None


def _open(path: Path) -> sqlite3.Connection:
    if path.exists() and not path.is_file():
        raise OSError("it is no file")
    database = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    try:
        database.execute(
            "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, fitness TEXT NOT NULL, record TEXT NOT NULL)"
        )
    except sqlite3.Error:
        database.close()
        raise
    return database
