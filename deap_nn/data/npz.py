""".npz files: read without ever loading a pickle, written so that no reader sees a partial file."""

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deap_nn.errors import InputError

KEYS = ("x_train", "y_train", "x_test", "y_test")
KEYS_TEXT = "x_train, y_train and, if there is a test split, x_test, y_test"


def read_data(path: Path) -> dict[str, Any]:
    """Read whichever of a data set's four arrays the file holds.

    Raises:
        InputError: In one line, if `read_npz` rejects the file or it has no training data.
    """
    arrays, found = read_npz(path, KEYS)
    if not {"x_train", "y_train"} <= set(arrays):
        raise InputError(f"{path}: received the keys {_listed(found)}, expected {KEYS_TEXT}; rename the arrays")
    return arrays


def read_npz(path: Path, keys: Sequence[str] | None = None) -> tuple[dict[str, Any], list[str]]:
    """Read arrays from a file.

    Args:
        path: The file.
        keys: The arrays to read, if present; None: all.

    Returns:
        The arrays by name, and the names of all arrays in the file.

    Raises:
        InputError: In one line, if the file is missing, not an .npz file, damaged or holds pickled objects.
    """
    try:
        with path.open("rb") as file:
            is_archive = zipfile.is_zipfile(file)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected an .npz file of arrays") from error
    if not is_archive:
        raise InputError(
            f"{path}: not an .npz file, or cut short; write one with numpy.savez(path, x_train=..., y_train=...)"
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = sorted(archive.files)
            return {key: archive[key] for key in found if keys is None or key in keys}, found
    except Exception as error:  # a damaged archive can raise almost anything: zlib, zip, header, memory errors
        raise InputError(f"{path}: {_reason(error)}") from error


def write_npz(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write the arrays atomically: `path` holds either its previous content or the complete new file.

    Not compressed: every worker of a run reads the file, and decompressing takes longer than reading.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(file, **arrays)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    if "allow_pickle" in str(error):
        return "received pickled objects, which are never loaded; expected plain arrays of numbers"
    first_line = (str(error).splitlines() or [""])[0]
    return f"damaged ({type(error).__name__}: {first_line}); write or copy the file again"


def _listed(keys: list[str]) -> str:
    shown = ", ".join(keys[:8]) or "(none)"
    return shown + (f" and {len(keys) - 8} more" if len(keys) > 8 else "")
