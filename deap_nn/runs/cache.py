"""Results shared between runs: an SQLite file of finished evaluations.

Only evaluations that ended `ok` are kept. The key is a digest of everything that a result depends on: the genome's
canonical form, repetition and budget, the space, the data, the training seed, threads, precision and versions.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deap_nn.evolution import FitnessValues, Key
from deap_nn.status import Status

BUSY = 60.0
"""Seconds to wait while another run writes."""


class Cache:
    """A file of results that several runs can safely use at once.

    Args:
        path: The file, created if it does not exist.
        circumstances: Everything besides the evaluation's key that a result depends on, as plain data.

    Raises:
        ValueError: If the file is not an SQLite file or cannot be opened.
    """

    def __init__(self, path: Path, circumstances: Mapping[str, Any]) -> None:
        self._circumstances = json.dumps(circumstances, sort_keys=True)
        try:
            self._database = _open(path)
        except sqlite3.Error as error:
            raise ValueError(
                f"{path} cannot be used as a cache ({error}): name an SQLite file, or a new one in a folder that exists"
            ) from error

    def get(self, key: Key) -> FitnessValues | None:
        """Return the result for a key, marked in its record as coming from the cache; None if there is none."""
        row = self._database.execute(
            "SELECT fitness, record FROM results WHERE key = ?", (self._digest(key),)
        ).fetchone()
        return None if row is None else FitnessValues(json.loads(row[0]), {**json.loads(row[1]), "from_cache": True})

    def put(self, key: Key, values: FitnessValues) -> None:
        """Keep a result if it ended `ok`; of two for the same key, the first is kept."""
        if values.status is not Status.OK or values.record.from_cache:
            return
        row = (self._digest(key), json.dumps(list(values)), json.dumps(values.record.to_json()))
        self._database.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", row)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _digest(self, key: Key) -> str:
        return hashlib.sha256(f"{self._circumstances}\n{key.text}".encode()).hexdigest()


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    try:
        database.execute(
            "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, fitness TEXT NOT NULL, record TEXT NOT NULL)"
        )
    except sqlite3.Error:
        database.close()
        raise
    return database
