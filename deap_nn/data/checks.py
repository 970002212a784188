"""The requirements on a data set. Input: arrays. Output: checked and normalised arrays, or a one-line error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from deap_nn.data.npz import KEYS_TEXT
from deap_nn.errors import InputError
from deap_nn.tasks import Task


@dataclass(frozen=True, eq=False)
class Arrays:
    """A checked data set, not yet split.

    Attributes:
        x_train: Images (N, height, width, channels) or flat features (N, features); uint8 or float32.
        y_train: Targets, as the task reads them: class indices 0 .. classes - 1, int64; every class occurs.
        x_test: Like `x_train`, or None if no test split was given.
        y_test: Like `y_train` (not every class need occur), or None.
        task: What is learnt from them.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray | None
    y_test: np.ndarray | None
    task: Task


def check_arrays(where: str, arrays: Mapping[str, Any], kind: type[Task]) -> Arrays:
    """Check and normalise a data set; `where` (a path, a name) begins every message.

    uint8 stays uint8, all other numbers become float32; images without a channel axis get one; targets are read
    by a task of the `kind`.

    Raises:
        InputError: In one line: what was received, what is expected, how to fix it.
    """
    if (arrays.get("x_test") is None) != (arrays.get("y_test") is None):
        raise InputError(f"{where}: received one of x_test and y_test without the other; expected {KEYS_TEXT}")
    x_train, y_train, outputs = _check_split(where, "train", arrays, kind)
    task = kind.from_targets(f"{where}: y_train", y_train, outputs)
    if arrays.get("x_test") is None:
        return Arrays(x_train, y_train, None, None, task)
    x_test, y_test, _ = _check_split(where, "test", arrays, kind)
    _check_alike(where, x_train, x_test)
    task.check_test(f"{where}: y_test", y_test)
    return Arrays(x_train, y_train, x_test, y_test, task)


def _check_split(
    where: str, split: str, arrays: Mapping[str, Any], kind: type[Task]
) -> tuple[np.ndarray, np.ndarray, int]:
    x = _features(f"{where}: x_{split}", arrays[f"x_{split}"])
    name = f"{where}: y_{split}"
    y, outputs = kind.read_targets(name, check_numbers(name, arrays[f"y_{split}"]))
    if len(x) != len(y):
        raise InputError(
            f"{where}: x_{split} has {len(x)} samples but y_{split} has {len(y)}; expected one label per sample"
        )
    return x, y, outputs


def check_numbers(name: str, raw: Any) -> np.ndarray:
    """Return finite numbers, at least one, as an array; `name` begins every message.

    Raises:
        InputError: If they are anything else.
    """
    try:
        array = np.asarray(raw)
    except ValueError as error:
        raise InputError(f"{name}: rows differ in length; expected one array of numbers") from error
    if array.dtype.kind not in "buif":
        words = "; number the classes with numpy.unique(y, return_inverse=True)[1]" if array.dtype.kind in "USO" else ""
        raise InputError(f"{name} has dtype {array.dtype}; expected numbers (uint8 or float32 at best){words}")
    if array.size == 0:
        raise InputError(f"{name} has shape {array.shape}, so it is empty; expected at least one sample")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{name} holds NaN or infinity; expected finite numbers; clean these samples first")
    return array


def _features(name: str, raw: Any) -> np.ndarray:
    array = check_numbers(name, raw)
    if array.ndim not in (2, 3, 4):
        raise InputError(
            f"{name} has shape {array.shape}; expected (N, height, width, channels), (N, height, width) "
            "or (N, features); reshape it"
        )
    if array.ndim == 4 and array.shape[1] in (1, 3, 4) and min(array.shape[2:]) > 4:
        raise InputError(
            f"{name} has shape {array.shape}, which looks like channels first; expected "
            "(N, height, width, channels); use x.transpose(0, 2, 3, 1)"
        )
    if array.dtype != np.uint8:
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
        if not np.isfinite(array).all():
            raise InputError(f"{name} holds numbers beyond the range of float32 (3.4e38); rescale them")
    return array[..., np.newaxis] if array.ndim == 3 else array


def _check_alike(where: str, x_train: np.ndarray, x_test: np.ndarray) -> None:
    if x_train.shape[1:] != x_test.shape[1:]:
        raise InputError(
            f"{where}: a sample of x_train has shape {x_train.shape[1:]}, one of x_test {x_test.shape[1:]}; "
            "expected the same shape"
        )
    if x_train.dtype != x_test.dtype:
        raise InputError(
            f"{where}: x_train is {x_train.dtype} but x_test is {x_test.dtype}, so they may be "
            "scaled differently; expected the same dtype"
        )
