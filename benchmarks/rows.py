"""What benchmarks have measured: a file of JSON lines that they read to go on from, and append to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read(path: Path | None) -> list[dict[str, Any]]:
    """Return the rows of a file; none if it does not exist."""
    lines = path.read_text().splitlines() if path and path.exists() else []
    return [json.loads(line) for line in lines]


def append(path: Path | None, row: dict[str, Any]) -> None:
    """Add a row to a file, which is created with its folder where it does not exist; None: to none."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")
