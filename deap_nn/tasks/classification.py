"""Classification: each sample belongs to one of several classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from deap_nn.errors import InputError
from deap_nn.tasks.task import FIFTH, Measure, Task


class Classification(Task):
    """The task of assigning one class to each sample; targets are class indices from 0, outputs class probabilities."""

    name = "classification"
    measure = Measure("accuracy", worst=0.0, best=1.0)
    activation = "softmax"
    loss = "sparse_categorical_crossentropy"
    dtype = "int32"

    @classmethod
    def read_targets(cls, where: str, array: np.ndarray) -> tuple[np.ndarray, int]:
        """Return class indices, from indices or one-hot rows, and the number of classes they imply."""
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
        if array.ndim == 2:
            if not (np.isin(array, (0, 1)).all() and (array.sum(axis=1) == 1).all()):
                raise InputError(
                    f"{where} has shape {array.shape}, but its rows are not one-hot (a single 1, otherwise 0); "
                    "expected class indices of shape (N,) or one-hot rows"
                )
            return array.argmax(axis=1), array.shape[1]
        if array.ndim != 1:
            raise InputError(f"{where} has shape {array.shape}; expected (N,), (N, 1) or one-hot (N, classes)")
        with np.errstate(invalid="ignore"):
            labels = array.astype(np.int64)
        broken = array[(labels != array) | (labels < 0)]
        if broken.size:
            raise InputError(f"{where} holds the label {broken[0]}; expected whole numbers from 0 to classes - 1")
        return labels, int(labels.max()) + 1

    @classmethod
    def from_targets(cls, where: str, targets: np.ndarray, outputs: int) -> Classification:
        """Return the task; all classes must occur, and at least two."""
        present = np.unique(targets)
        if present.size == 1:
            raise InputError(f"{where} holds only one class ({present[0]}); expected at least two")
        if present.size != outputs:
            raise InputError(
                f"{where}: labels are out of range: {present.size} classes occur, but the labels imply {outputs}; "
                "expected 0..classes - 1, each at least once; renumber with "
                "numpy.unique(y, return_inverse=True)[1]"
            )
        return cls(outputs)

    def check_test(self, where: str, targets: np.ndarray) -> None:
        """Raise an InputError for a class that the training split does not have."""
        if targets.max() >= self.outputs:
            raise InputError(
                f"{where} holds the label {targets.max()}, which y_train has not (0..{self.outputs - 1}); "
                "leave these samples out or add such samples to the training split"
            )

    @staticmethod
    def draw(targets: np.ndarray, take: int, rng: np.random.RandomState, low: int, leave: int) -> np.ndarray:
        """Return the sorted indices of `take` samples in which every class has its share, drawn by `rng`.

        Shares are rounded by largest remainder; at least `low` samples of each class are taken and at least
        `leave` left. Not scikit-learn's `train_test_split`, which guarantees neither bound (a rare class may
        vanish from one side) and would cost every worker a second of import.
        """
        counts = np.bincount(targets)
        _check_enough(counts, take, low, leave)
        shares = counts * take / counts.sum()
        quotas = np.clip(np.floor(shares).astype(int), low, counts - leave)
        while quotas.sum() != take:
            step = 1 if quotas.sum() < take else -1
            movable = quotas < counts - leave if step > 0 else quotas > low
            quotas[np.argmax(np.where(movable, step * (shares - quotas), -np.inf))] += step
        drawn = [rng.permutation(np.flatnonzero(targets == label))[:quota] for label, quota in enumerate(quotas)]
        return np.sort(np.concatenate(drawn))

    def naive_score(self, targets: np.ndarray) -> float:
        """Return the chance level: the accuracy of always predicting the most common class."""
        return float(np.bincount(targets).max() / len(targets))

    def report(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the accuracy overall and of each class, and the confusion matrix (true classes in rows)."""
        matrix = np.zeros((self.outputs, self.outputs), int)
        np.add.at(matrix, (targets, outputs.argmax(axis=1)), 1)
        return {
            "test_accuracy": float(np.trace(matrix) / matrix.sum()),
            "class_accuracy": (np.diag(matrix) / np.maximum(matrix.sum(axis=1), 1)).tolist(),
            "confusion_matrix": matrix.tolist(),
        }

    def table(self, outputs: np.ndarray) -> tuple[list[str], list[list[str]]]:
        """Return the most likely class of each sample and the probability of each class."""
        rows = [[str(row.argmax()), *(f"{value:.6f}" for value in row)] for row in outputs]
        return ["class", *(f"p{label}" for label in range(self.outputs))], rows

    def to_json(self) -> dict[str, Any]:
        """Return the task as plain data."""
        return {"task": self.name, "classes": self.outputs}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Classification:
        """Return the task that `to_json` described."""
        return cls(data["classes"])


def _check_enough(counts: np.ndarray, take: int, low: int, leave: int) -> None:
    rarest = int(counts.argmin())
    if counts[rarest] < low + leave:
        raise InputError(
            f"class {rarest} has too few training samples: received {counts[rarest]}, expected at least "
            f"{low + leave} to divide; add samples or leave the class out"
        )
    if not low * counts.size <= take <= counts.sum() - leave * counts.size:
        raise InputError(
            f"too few samples for a stratified split: {take} of {counts.sum()} cannot hold every one of the "
            f"{counts.size} classes; expected at least {FIFTH * (counts.size - 1) + 1} training samples"
        )
