"""Where arrays come from: a data set's name, an .npz file, arrays from Python."""

import operator
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deap_nn.data.checks import Arrays, check_arrays
from deap_nn.data.download import KERAS_DATASETS, fetched
from deap_nn.data.npz import read_data, write_npz
from deap_nn.errors import InputError
from deap_nn.tasks import TASKS, Classification, Task

DATASETS = ("digits", *KERAS_DATASETS)
SCALINGS = ("auto", "none")
MIN_TRAIN_SAMPLES = 10  # two classes, with one sample each in the 20 % for validation


@dataclass(frozen=True)
class DataSpec:
    """The data that a run uses: small, picklable, and equal in every process. Nothing is read yet.

    Attributes:
        source: One of `DATASETS`, or the path of an .npz file (made absolute, as workers may run elsewhere).
        train_samples: The size of the class-stratified subset of the training split, at least 10, validation
            included; None, or more than there are: all.
        seed: The seed of that subset and the validation split, never of the test split; an integer >= 0.
        fold: The number of the draw of a validation split, an integer >= 0; each is a stratified fifth of the
            training samples.
        task: What is learnt, a name in `deap_nn.tasks.TASKS`.
        scaling: "auto" (see `Splits.scale`), or "none" for samples as they are: token numbers, or inputs that a
            network's own layers scale.
    """

    source: str
    train_samples: int | None = None
    seed: int = 0
    fold: int = 0
    task: str = Classification.name
    scaling: str = SCALINGS[0]

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", _checked_source(self.source))
        if self.train_samples is not None:
            count = _checked_integer("train_samples", self.train_samples, MIN_TRAIN_SAMPLES)
            object.__setattr__(self, "train_samples", count)
        object.__setattr__(self, "seed", _checked_integer("seed", self.seed, 0))
        object.__setattr__(self, "fold", _checked_integer("fold", self.fold, 0))
        if self.task not in TASKS:
            raise InputError(f"task: received {self.task!r}, expected one of {', '.join(TASKS)}")
        if self.scaling not in SCALINGS:
            raise InputError(f"scaling: received {self.scaling!r}, expected one of {', '.join(SCALINGS)}")

    @property
    def other_fold(self) -> tuple[int, ...]:
        """The fold as an extra seed, empty for the first, whose draw is the one from before there were folds."""
        return (self.fold,) if self.fold else ()


def file_of(spec: DataSpec) -> Path | None:
    """Return the .npz file that holds the data, fetched if need be; None for those that come with a package.

    Raises:
        InputError: If it can be neither found nor downloaded.
    """
    if spec.source == "digits":
        return None
    return fetched(spec.source) if spec.source in KERAS_DATASETS else Path(spec.source)


def read_source(spec: DataSpec) -> Arrays:
    """Return the checked arrays of a named data set or an .npz file."""
    path, kind = file_of(spec), TASKS[spec.task]
    if path is None:
        return check_arrays(spec.source, _digits(), kind)
    return check_arrays(str(path), read_data(path), kind)


def save_arrays(
    path: str | os.PathLike[str],
    x_train: Any,
    y_train: Any,
    x_test: Any = None,
    y_test: Any = None,
    *,
    kind: type[Task] = Classification,
) -> None:
    """Write arrays from Python to an .npz file that `DataSpec` accepts; an existing file is replaced.

    Args:
        path: The file to write, with the suffix `.npz`; missing folders are created.
        x_train: Images (N, height, width, channels) or (N, height, width), or flat features (N, features).
        y_train: Class indices from 0, shape (N,) or (N, 1), or one-hot rows (N, classes).
        x_test: Test samples of the same shape and dtype; None: a fifth of the
            training samples becomes the test split.
        y_test: Their labels; given if and only if `x_test` is.
        kind: The kind of task that the targets are for.

    Raises:
        InputError: If the arrays are not such a data set, or the path has another suffix.
    """
    if Path(path).suffix != ".npz":
        raise InputError(f"path: received {os.fspath(path)!r}, expected a name that ends in .npz")
    given = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    checked = check_arrays("arrays", given, kind)
    write_npz(Path(path), {key: getattr(checked, key) for key in given if given[key] is not None})


def _digits() -> dict[str, Any]:
    from sklearn.datasets import load_digits  # takes about a second, so only where it is used

    digits = load_digits()
    return {"x_train": digits.images, "y_train": digits.target}


def _checked_source(source: Any) -> str:
    text = os.fspath(source) if isinstance(source, str | os.PathLike) else None
    if text in DATASETS:
        return str(text)
    if not isinstance(text, str) or Path(text).suffix != ".npz":
        raise InputError(
            f"data set: received {source!r}, expected one of {', '.join(DATASETS)} or the path of an .npz file"
        )
    path = Path(text)
    return str((path.expanduser() if text.startswith("~/") else path).absolute())


def _checked_integer(name: str, value: Any, low: int) -> int:
    try:
        number = operator.index(value)  # accepts NumPy's integers, refuses floats
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < low:
        raise InputError(f"{name}: received {value!r}, expected an integer of at least {low}")
    return number
