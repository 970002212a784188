"""What the parts print and keep."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def keep(options: argparse.Namespace, row: Mapping[str, Any]) -> None:
    """Append a row to the file of results, with the options and the machine that it belongs to."""
    if options.out is None:
        return
    given = {name: str(value) for name, value in vars(options).items() if name != "out"}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("a") as file:
        file.write(json.dumps({"options": given, "machine": machine(), **row}) + "\n")


def table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows with equal names, aligned."""
    if not rows:
        print("nothing to show", flush=True)
        return
    cells = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)), flush=True)


@cache
def machine() -> str:
    """Return the GPU, or the processor where there is none, and the versions that matter."""
    # Not by asking PyTorch: the process that only looks on would hold memory of the GPU
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        device = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        device = platform.machine()
    return ", ".join([device, f"Python {platform.python_version()}", *map(_version, ("torch", "keras", "numpy"))])


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def _text(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 0.1 else f"{value:.2f}"
