"""The interface of a pruner, which decides from completed evaluations which trainings to end early.

It must not look at trainings that run at the same time: its decisions would then depend on which ends first, and so on
the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from deap_nn.evolution import FitnessValues, Individual, Record

Verdict = Callable[[int, float], bool]
"""`(epochs done, validation measure) -> whether the training is pruned there`."""


class Rule(Protocol):
    """The rule sent with an evaluation: plain, picklable data, asked where the network is trained."""

    def of(self, record: Record) -> Rule:
        """Return the rule for a network, by what its record says before it is trained."""

    def verdict(self, epochs: int) -> Verdict:
        """Return a new verdict for a training of `epochs` epochs."""


class Decision(NamedTuple):
    """What was decided about paused trainings.

    Attributes:
        go_on: Those that are to go on, in this order.
        end: Those that are not.
    """

    go_on: list[Individual]
    end: list[Individual]


class Pruner(Protocol):
    """A strategy that decides which trainings are ended early."""

    @property
    def rule(self) -> Rule | None:
        """The rule for evaluations that start now; None to train in full."""

    @property
    def state(self) -> dict[str, Any]:
        """The state that its decisions depend on, as plain data for the checkpoint."""

    def budget(self, individual: Individual) -> float:
        """Return the share of its full training, above 0 and up to 1, that an individual's next evaluation comes to."""

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return the values of a training known in full, marked as pruned if the current rule would have pruned it."""

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Return the places in a completed batch of the evaluations that must be repeated, to their end, after all."""

    def learn(self, individuals: Iterable[Individual]) -> None:
        """Learn from evaluations that have ended: a generation, or the next in the order of their numbers."""

    def decide(self) -> Decision:
        """Return what was decided about paused trainings since this was last asked."""

    def estimate(self, individual: Individual) -> float | None:
        """Return what a pruned or paused training would have come to; None for any other."""


class InFull:
    """What pruners have in common that have no training pause."""

    def budget(self, individual: Individual) -> float:
        """Return 1: an evaluation is a full training, unless it is pruned."""
        return 1.0

    def decide(self) -> Decision:
        """Decide nothing."""
        return Decision([], [])


class NoPruning(InFull):
    """A pruner that trains everything in full."""

    rule: Rule | None = None

    @property
    def state(self) -> dict[str, Any]:
        """The state, which is empty."""
        return {}

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return the values unchanged."""
        return values

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Repeat nothing."""
        return []

    def learn(self, individuals: Iterable[Individual]) -> None:
        """Learn nothing."""

    def estimate(self, individual: Individual) -> float | None:
        """Return None: nothing was pruned."""
        return None
