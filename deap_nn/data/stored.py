"""Splits as files: arrays that any number of processes map into their memory, and a note of all else.

What is read is believed only if it is what was written, to the last byte: the arrays' fingerprint and the note's
digest are computed again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from deap_nn.data.splits import Splits, fingerprint_of
from deap_nn.tasks import task_from_json

PARTS = ("x_train", "y_train", "x_validation", "y_validation", "x_test", "y_test")
NOTE = "note"
"""The file that is written last."""


class Damaged(Exception):  # noqa: N818 - what happened, not whose error
    """The files are not what was written."""


def write_splits(folder: Path, splits: Splits, scaling: str) -> None:
    """Write splits, made with this scaling, into an empty folder."""
    for name in PARTS:
        np.save(folder / f"{name}.npy", np.ascontiguousarray(getattr(splits, name)))
    note = {
        "task": splits.task.to_json(),
        "scale": splits.scale.tolist(),
        "offset": splits.offset.tolist(),
        "scaling": scaling,
        "fingerprint": splits.fingerprint,
        "note": splits.note,
    }
    text = json.dumps(note)
    (folder / NOTE).write_text(f"{_digest(text)}\n{text}")


def read_splits(folder: Path) -> Splits:
    """Return splits whose arrays stay in the files, mapped and read-only.

    Raises:
        Damaged: If the files are not what was written.
        Exception: Almost any, as an array's file may hold anything.
    """
    note = _read_note(folder / NOTE)
    parts = {name: np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray) for name in PARTS}
    if fingerprint_of(list(parts.values()), note["scaling"]) != note["fingerprint"]:
        raise Damaged(f"{folder}: the arrays are not those that were written")
    return Splits(
        **parts,
        task=task_from_json(note["task"]),
        input_shape=parts["x_train"].shape[1:],
        scale=np.asarray(note["scale"], np.float32),
        offset=np.asarray(note["offset"], np.float32),
        fingerprint=note["fingerprint"],
        note=note["note"],
    )


def _read_note(path: Path) -> dict[str, Any]:
    digest, _, text = path.read_text().partition("\n")
    if digest != _digest(text):
        raise Damaged(f"{path}: the note is not the one that was written")
    note: dict[str, Any] = json.loads(text)
    return note


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
