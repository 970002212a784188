"""The rule of the race as arithmetic on learning curves: when a training would have to gain more than is usual."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeVar

import numpy as np

from deap_nn.evolution import Record
from deap_nn.pruning.pruner import Verdict

Key = TypeVar("Key")

PATIENCE = 3
"""The earliest epoch after which a training may be pruned."""

SHARES = 20
"""The parts that a training is divided into; trainings of different lengths are compared after the same share."""

BETTER = 1 / 3
"""The share of all trainings, the best, whose gains count: poor ones gain little, however much they could learn."""

FEWEST = 8
"""The minimum number of trainings whose gains count, if there are that many."""

USUAL = 0.9
"""The share of those trainings whose gain is no more than usual, where one that is pruned is lost."""

HALF = 0.5
"""The same where one that is pruned may still be a parent, by what it would have come to."""


@dataclass(frozen=True)
class Thresholds:
    """The rule sent with an evaluation.

    Attributes:
        values: The values that a training's best validation measure so far must reach after 0, 1, ... 19 twentieths of
            its epochs; empty to prune nothing.
    """

    values: tuple[float, ...] = ()

    @classmethod
    def reaching(cls, goal: float, gains: Iterable[float]) -> Thresholds:
        """Return the thresholds from which a training still reaches the goal with these gains."""
        return cls(tuple(max(0.0, goal - gain) for gain in gains))

    def of(self, record: Record) -> Thresholds:
        """Return the rule for a network, by what its record says before it is trained: it is the same for all."""
        return self

    def verdict(self, epochs: int) -> Verdict:
        """Return the verdict on a training of `epochs` epochs; it is never pruned after the last one."""
        best = -math.inf

        def is_pruned(done: int, measured: float) -> bool:
            nonlocal best
            best = max(best, measured)
            judged = bool(self.values) and PATIENCE <= done < epochs
            return judged and best < self.values[done * SHARES // epochs]

        return is_pruned

    def pruned_after(self, curve: Sequence[float]) -> int | None:
        """Return the epoch after which a training with this validation measure per epoch is pruned; None if never."""
        is_pruned = self.verdict(len(curve))
        return next((epoch for epoch, measured in enumerate(curve, 1) if is_pruned(epoch, measured)), None)


class Gains:
    """What trainings that ran to their end have gained, from each share of their epochs on: a table that grows.

    The thresholds are asked for in every generation, and all trainings of a run count.
    """

    def __init__(self) -> None:
        self._rows: dict[Hashable, int] = {}
        self._table = np.empty((64, SHARES + 1))  # the last column is the measure at the end

    def note(self, key: Hashable, curve: Sequence[float], end: float) -> None:
        """Note a training; of two with the same key, the last counts.

        Args:
            key: What tells it from others.
            curve: The measure that it was judged by after each epoch, at least one.
            end: The validation measure that it came to.
        """
        row = self._rows.setdefault(key, len(self._rows))
        if row == len(self._table):
            self._table = np.concatenate([self._table, np.empty_like(self._table)])
        best = [0.0, *accumulate(curve, max)]
        self._table[row] = [*(end - best[share * len(curve) // SHARES] for share in range(SHARES)), end]

    def thresholds(self, goal: float, better: float = BETTER, usual: float = USUAL) -> Thresholds:
        """Return the thresholds from which a training still reaches the goal with the usual gain.

        Args:
            goal: The validation measure that must be reached at the end.
            better: The share of the trainings, the best, whose gains count, above 0 and at most 1.
            usual: The share of these whose gain is no more than usual, above 0 and at most 1.
        """
        return Thresholds.reaching(goal, self.usual_gains(better, usual))

    def expected(self, share: float) -> float:
        """Return the gain from a share of the epochs on, 0 to below 1, that half of the better trainings keep to."""
        return self.usual_gains(usual=HALF)[int(share * SHARES)] if self._rows else 0.0

    def usual_gains(self, better: float = BETTER, usual: float = USUAL) -> list[float]:
        """Return the usual gain from each twentieth of the epochs on; arguments as for `thresholds`."""
        table = self._table[: len(self._rows)]
        best = np.argsort(-table[:, -1], kind="stable")[: max(FEWEST, math.ceil(better * len(table)))]
        rank = math.ceil(usual * len(best)) - 1
        gains: list[float] = np.partition(table[best, :-1], rank, axis=0)[rank].tolist()
        return gains


def first_thresholds(naive_score: float) -> Thresholds:
    """Return the thresholds of the first generation, a little above the score that needs no learning.

    Args:
        naive_score: The score that needs no learning. The thresholds exceed it by 0.03, or by three tenths of it if
            that is less.
    """
    return Thresholds((naive_score + min(0.03, 0.3 * naive_score),) * SHARES)


def furthest(curves: Mapping[Key, Sequence[float]], missing: int) -> list[Key]:
    """Return which pruned trainings of a first generation are run in full after all: those that had come furthest.

    Args:
        curves: The validation measure per epoch of all pruned trainings, up to where they were pruned.
        missing: The number of pacemakers' places left vacant; below 1, none are returned.
    """
    return heapq.nlargest(missing, curves, key=lambda one: max(curves[one]))
