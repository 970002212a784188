"""From checked arrays to the splits of a run: training, validation and test, with scaling and fingerprint."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deap_nn.data.checks import Arrays
from deap_nn.data.source import SCALINGS, DataSpec
from deap_nn.tasks import FIFTH, Task

# The purposes of random streams; the first ignores the run's seed, so every run has the same test split.
TEST, SUBSET, VALIDATION = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Splits:
    """A data set as evaluations use it; arrays are read-only and in the source's order, as the training shuffles.

    Attributes:
        x_train: Raw images (N, height, width, channels) or flat features (N, features), uint8 or float32.
        y_train: Targets as the task reads them: class indices, int64.
        x_validation: The samples on which fitness is measured; training never sees them.
        y_validation: Its targets.
        x_test: The samples for the final report only.
        y_test: Its targets.
        task: What is learnt.
        input_shape: The shape of one sample.
        scale: The factor that, with `offset`, turns raw samples into scaled input, see `scaled`; float32, one number
            for images, one per feature for flat data. uint8 images: 1/255 and offset 0. Other images: the training
            split's smallest value becomes 0, its largest 1. Flat features: the training split's mean becomes 0, its
            standard deviation 1; a constant feature is only centred. With the scaling "none": always 1 and 0.
        offset: The summand, of the same shape and dtype.
        fingerprint: The SHA-256 of all the arrays above and of another scaling, as hexadecimal digits.
        note: What was decided for the user (a test split taken, fewer samples than requested), or "".
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    task: Task
    input_shape: tuple[int, ...]
    scale: np.ndarray
    offset: np.ndarray
    fingerprint: str
    note: str

    def scaled(self, x: np.ndarray) -> np.ndarray:
        """Return samples as networks are trained on them, `x * scale + offset`: float32, in the shape of `x`."""
        return np.asarray(x.astype(np.float32) * self.scale + self.offset, np.float32)


def split(arrays: Arrays, spec: DataSpec) -> Splits:
    """Return the splits of a checked data set, in arrays of their own.

    Raises:
        InputError: If there are too few samples of a class.
    """
    notes: list[str] = []
    x, y, x_test, y_test = _test_split(arrays, notes)
    if spec.train_samples is not None:
        x, y = _subset(x, y, spec, arrays.task, notes)
    chosen = arrays.task.draw(y, _fifth(y), _stream(VALIDATION, spec.seed, *spec.other_fold), low=1, leave=1)
    rest = np.delete(np.arange(len(y)), chosen)
    parts = (x[rest], y[rest], x[chosen], y[chosen], x_test, y_test)
    for part in parts:
        part.flags.writeable = False  # one copy serves every evaluation of this process
    scale, offset = _scaling(parts[0], spec.scaling)
    fingerprint = fingerprint_of(parts, spec.scaling)
    return Splits(*parts, arrays.task, x.shape[1:], scale, offset, fingerprint, "; ".join(notes))


def _test_split(arrays: Arrays, notes: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    x, y = arrays.x_train, arrays.y_train
    if arrays.x_test is not None and arrays.y_test is not None:
        return x, y, arrays.x_test, arrays.y_test
    test = arrays.task.draw(y, _fifth(y), _stream(TEST, 0), low=1, leave=2)
    rest = np.delete(np.arange(len(y)), test)
    notes.append(f"no test split is given: a stratified fifth ({len(test)} samples, always the same) serves as one")
    return x[rest], y[rest], x[test], y[test]


def _subset(
    x: np.ndarray, y: np.ndarray, spec: DataSpec, task: Task, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    samples = spec.train_samples
    if samples is None or samples >= len(y):
        if samples is not None and samples > len(y):
            notes.append(f"{samples} training samples were asked for; all {len(y)} there are were taken")
        return x, y
    subset = task.draw(y, samples, _stream(SUBSET, spec.seed), low=2, leave=0)
    return x[subset], y[subset]


def _fifth(labels: np.ndarray) -> int:
    return -(-len(labels) // FIFTH)


def _stream(purpose: int, *seeds: int) -> np.random.RandomState:
    # RandomState, because NumPy keeps its stream unchanged (NEP 19): a run can be repeated with a later NumPy.
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence([purpose, *seeds])))


def _scaling(x: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    scale, offset = np.asarray(1.0), np.asarray(0.0)
    if scaling == "none":
        pass
    elif x.ndim == 2:
        # One feature at a time, so that the whole table is never copied as float64.
        means = np.array([column.mean(dtype=np.float64) for column in x.T])
        deviations = np.array([column.std(dtype=np.float64) for column in x.T])
        # Below this, a deviation is only float32 rounding.
        constant = deviations <= np.maximum(1e-7 * np.abs(means), 1e-30)
        scale = 1.0 / np.where(constant, 1.0, deviations)
        offset = -means * scale
    else:
        low, high = (0.0, 255.0) if x.dtype == np.uint8 else (float(x.min()), float(x.max()))
        scale = np.asarray(1.0 / (high - low) if high - low > 1e-30 else 1.0)
        offset = np.asarray(0.0 - low * scale)
    return scale.astype(np.float32), offset.astype(np.float32)


def fingerprint_of(parts: Sequence[np.ndarray], scaling: str) -> str:
    """Return the fingerprint of splits: of their six arrays, in the order of `Splits`, and of the scaling."""
    digest = hashlib.sha256(b"" if scaling == SCALINGS[0] else scaling.encode())  # as before there was a choice
    for part in parts:
        little_endian = np.ascontiguousarray(part, dtype=part.dtype.newbyteorder("<"))
        digest.update(f"{little_endian.dtype.str}{part.shape}".encode())
        digest.update(little_endian.data)
    return digest.hexdigest()
