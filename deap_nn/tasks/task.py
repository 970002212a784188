"""What a task is: everything that depends on what the targets are, in one place.

Data, networks, trainings and reports ask the task of their data set instead of knowing that it is a classification. A
new task is one subclass and its place in `deap_nn.tasks`, and a row for each loss and measure that a compiled back end
does not have yet.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

FIFTH = 5
"""One sample in five is set aside for validation, and for a test split where none was given; rounded up."""


@dataclass(frozen=True)
class Measure:
    """A figure by which networks are compared: the larger, the better.

    Attributes:
        name: Keras's, as in a history: "accuracy" for "accuracy" and "val_accuracy".
        worst: What a network gets that could not be measured.
    """

    name: str
    worst: float


@dataclass(frozen=True)
class Task(ABC):
    """What is learnt and how it is measured: small, picklable, equal where it is the same.

    Attributes:
        outputs: How many numbers the network puts out for a sample, at least 1.
        name: In `DataSpec` and `run.json`.
        measure: What a search maximises, on the validation split.
        activation: Of the network's last layer.
        loss: Keras's name of what a training minimises.
        dtype: Of the targets in a training.
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
        """Return targets in the one form that trainings use, and the `outputs` that they ask for.

        Args:
            where: File and array, for messages.
            array: Finite numbers, one row or number a sample.

        Raises:
            ValueError: In one line, if they are no such targets.
        """

    @classmethod
    @abstractmethod
    def from_targets(cls, where: str, targets: np.ndarray, outputs: int) -> Task:
        """Return the task of a training split's targets, with a ValueError if nothing can be learnt from them."""

    @abstractmethod
    def check_test(self, where: str, targets: np.ndarray) -> None:
        """Refuse, with a ValueError, targets of a test split that training could not have prepared for."""

    @staticmethod
    @abstractmethod
    def draw(targets: np.ndarray, take: int, rng: np.random.RandomState, low: int, leave: int) -> np.ndarray:
        """Return the sorted indices of `take` samples that stand for all, drawn by `rng`.

        Args:
            targets: Of all samples.
            take: How many.
            rng: Draws them.
            low: Of each kind of target that is told apart, at least so many are taken,
            leave: And so many left.

        Raises:
            ValueError: If there are too few.
        """

    @abstractmethod
    def naive_score(self, targets: np.ndarray) -> float:
        """Return what the best constant answer measures on these targets: the score that takes no learning."""

    @abstractmethod
    def report(self, targets: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
        """Return the figures of a trained network on the test split, plain data; one is called `test_` + measure."""

    @abstractmethod
    def table(self, outputs: np.ndarray) -> tuple[list[str], list[list[str]]]:
        """Return heading and rows of what a network answered, one row a sample."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Describe the task as plain data, with its `name` under "task"."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: dict[str, Any]) -> Task:
        """Make the task that `to_json` described."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns of a training's history, under Keras's names."""
        return ("loss", self.measure.name, "val_loss", self.validation_measure)

    @property
    def validation_measure(self) -> str:
        """The column of a history that a search maximises."""
        return f"val_{self.measure.name}"
