"""What a pruner is: it decides, from what has ended, which trainings need not go on.

It must not look at trainings that run at the same time: what it decides would depend on which ends first, and so on the
number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from deap_nn.evolution import FitnessValues, Individual

Verdict = Callable[[int, float], bool]
"""`(epochs done, validation measure) -> whether the training is pruned there`."""


class Rule(Protocol):
    """What an evaluation takes along: plain, picklable data and one method."""

    def verdict(self, epochs: int) -> Verdict:
        """Return a new verdict for a training that is to have so many epochs."""


class Pruner(Protocol):
    """Decides which trainings are ended early."""

    @property
    def rule(self) -> Rule | None:
        """What evaluations that start now take along; None to train in full."""

    @property
    def state(self) -> dict[str, Any]:
        """What it decides from, for the checkpoint: plain data."""

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return what a training that is known in full counts as now: pruned, if it would have been."""

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Return which evaluations of a batch that has ended, by their places, are to be repeated in full after all."""

    def learn(self, population: Iterable[Individual]) -> None:
        """Look at a generation whose evaluations have ended."""


class NoPruning:
    """Trains everything in full."""

    rule: Rule | None = None

    @property
    def state(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return the values as they are."""
        return values

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Repeat nothing."""
        return []

    def learn(self, population: Iterable[Individual]) -> None:
        """Learn nothing."""
