"""The interface of tasks: everything that depends on what the targets are, in one place.

Data, networks, trainings and reports ask the task of their data set instead of assuming classification. A new task is
one subclass with an entry in `deap_nn.tasks`, and a row for each loss and measure that a compiled back end does not
have yet.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from deap_nn.errors import InputError

FIFTH = 5
"""One sample in five is set aside for validation, and for a test split if none was given; rounded up."""


@dataclass(frozen=True)
class Measure:
    """A figure by which networks are compared: the larger, the better.

    Attributes:
        name: Keras's name, as in a history: "accuracy" for "accuracy" and "val_accuracy".
        worst: The value for a network that could not be measured.
        best: The largest value there is.
    """

    name: str
    worst: float
    best: float

    def check(self, name: str, value: float) -> None:
        """Refuse, with an InputError, a value that is nothing to aim at: the worst one, or one that none can reach."""
        if not self.worst < value <= self.best:
            raise InputError(
                f"{name} is {value!r}, expected an {self.name} above {self.worst:g} and up to {self.best:g}"
            )


@dataclass(frozen=True)
class Task(ABC):
    """The definition of what is learnt and how it is measured: small, picklable, compared by value.

    Attributes:
        outputs: The number of values that the network puts out for a sample, at least 1.
        name: The name in `DataSpec` and `run.json`.
        measure: The measure that a search maximises, on the validation split.
        activation: The activation of the network's last layer.
        loss: Keras's name for the loss that a training minimises.
        dtype: The dtype of the targets in a training.
    """

    outputs: int

    name: ClassVar[str]
    measure: ClassVar[Measure]
    activation: ClassVar[str]
    loss: ClassVar[str]
    dtype: ClassVar[str]

    @classmethod
    @abstractmethod
    def read_targets(cls, where: str, array: np.ndarray) -> tuple[np.ndarray, int]:
        """Return targets in the form that trainings use, and the `outputs` that they require.

        Args:
            where: The file and array, for messages.
            array: Finite numbers, one row or number per sample.

        Raises:
            InputError: In one line, if they are not targets of this task.
        """

    @classmethod
    @abstractmethod
    def from_targets(cls, where: str, targets: np.ndarray, outputs: int) -> Task:
        """Return the task of a training split's targets; raise an InputError if nothing can be learnt from them."""

    @abstractmethod
    def check_test(self, where: str, targets: np.ndarray) -> None:
        """Raise an InputError for targets of a test split that training could not have prepared for."""

    @staticmethod
    @abstractmethod
    def draw(targets: np.ndarray, take: int, rng: np.random.RandomState, low: int, leave: int) -> np.ndarray:
        """Return the sorted indices of `take` representative samples, drawn by `rng`.

        Args:
            targets: The targets of all samples.
            take: The number of samples to draw.
            rng: The generator that draws them.
            low: The smallest number to take of each kind of target that the task distinguishes.
            leave: The smallest number to leave of each.

        Raises:
            InputError: If there are too few samples.
        """

    @abstractmethod
    def naive_score(self, targets: np.ndarray) -> float:
        """Return the score of the best constant answer to these targets, which needs no learning."""

    @abstractmethod
    def report(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the figures of a trained network on the test split as plain data; one is named `test_` + measure."""

    @abstractmethod
    def table(self, outputs: np.ndarray) -> tuple[list[str], list[list[str]]]:
        """Return the heading and rows of a table of the network's outputs, one row per sample."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the task as plain data, with its `name` under "task"."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: dict[str, Any]) -> Task:
        """Return the task that `to_json` described."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns of a training's history, under Keras's names."""
        return ("loss", self.measure.name, "val_loss", self.validation_measure)

    @property
    def running_measure(self) -> str:
        """The column of what a running mean of the weights is worth, in trainings that are judged by it."""
        return f"running_{self.validation_measure}"

    @property
    def validation_measure(self) -> str:
        """The column of a history that a search maximises."""
        return f"val_{self.measure.name}"
