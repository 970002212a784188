"""Results that runs share: an SQLite file of finished trainings.

Only trainings that ran in full and ended `ok` are kept. The key is a digest of everything the result depends on:
the genome's canonical form, the space, the data, training settings and seed, threads, and versions.
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
"""Seconds to wait for another run's write."""


class Cache:
    """A file of results, safe with several runs at once.

    Args:
        path: The file, made where it does not exist.
        circumstances: Everything besides the genome that a result depends on, plain data.

    Raises:
        ValueError: If the file is something else.
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
        """Return the result of a key; its record says that it comes from the cache."""
        row = self._database.execute(
            "SELECT fitness, record FROM results WHERE key = ?", (self._digest(key),)
        ).fetchone()
        return None if row is None else FitnessValues(json.loads(row[0]), {**json.loads(row[1]), "from_cache": True})

    def put(self, key: Key, values: FitnessValues) -> None:
        """Keep a result if it is a full training that ended ok; of two for the same key, the first stays."""
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
