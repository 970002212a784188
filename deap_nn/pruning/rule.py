"""The race's rule, as arithmetic on learning curves: when a training would have to gain more than is usual."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from deap_nn.pruning.pruner import Verdict

Key = TypeVar("Key")

PATIENCE = 3
"""The epoch after which a training may be pruned at the earliest."""

SHARES = 20
"""Parts of a training: trainings of different length are compared after the same share of their epochs."""

BETTER = 1 / 3
"""The share of all trainings whose gains count: bad ones gain little, whatever they may still learn."""

FEWEST = 8
"""How many trainings' gains count at least, where there are as many."""

USUAL = 0.9
"""The share of them whose gain is no more than usual."""


@dataclass(frozen=True)
class Thresholds:
    """The rule that an evaluation takes along.

    Attributes:
        values: What a training's best validation measure so far must reach after 0, 1, ... 19 twentieths of its epochs;
            empty to prune nothing.
    """

    values: tuple[float, ...] = ()

    def verdict(self, epochs: int) -> Verdict:
        """Return the verdict on a training of so many epochs; it is never pruned in the last one."""
        best = -math.inf

        def is_pruned(done: int, measured: float) -> bool:
            nonlocal best
            best = max(best, measured)
            judged = bool(self.values) and PATIENCE <= done < epochs
            return judged and best < self.values[done * SHARES // epochs]

        return is_pruned

    def pruned_after(self, curve: Sequence[float]) -> int | None:
        """Return the epoch after which a training with this validation measure per epoch is pruned, None if never."""
        is_pruned = self.verdict(len(curve))
        return next((epoch for epoch, measured in enumerate(curve, 1) if is_pruned(epoch, measured)), None)


def usual_thresholds(
    curves: Collection[Sequence[float]], goal: float, better: float = BETTER, usual: float = USUAL
) -> Thresholds:
    """Return the thresholds that grant each training what is usual to gain from there on.

    Args:
        curves: Validation measure per epoch of trainings that ran to their end; at least one, none empty.
        goal: What has to be reached at the end.
        better: The share of the trainings whose gains count, above 0 and at most 1.
        usual: The share of them whose gain is no more than usual, above 0 and at most 1.
    """
    best = sorted(curves, key=lambda curve: curve[-1], reverse=True)
    best = best[: max(FEWEST, math.ceil(better * len(best)))]
    return Thresholds(tuple(max(0.0, goal - _usual_gain(best, share, usual)) for share in range(SHARES)))


def _usual_gain(curves: Sequence[Sequence[float]], share: int, usual: float) -> float:
    """Return what a share `usual` of trainings gain at most from so many parts of their epochs to the end."""
    gains = sorted(curve[-1] - max(curve[: share * len(curve) // SHARES], default=0.0) for curve in curves)
    return gains[math.ceil(usual * len(gains)) - 1]


def first_thresholds(naive_score: float) -> Thresholds:
    """Return the thresholds of the first generation: a little above what takes no learning.

    Args:
        naive_score: What takes no learning. To be gained are three points, or three tenths of a small one.
    """
    return Thresholds((naive_score + min(0.03, 0.3 * naive_score),) * SHARES)


def furthest(curves: Mapping[Key, Sequence[float]], missing: int) -> list[Key]:
    """Return which pruned trainings of a first generation are run in full after all: those that had come furthest.

    Args:
        curves: Validation measure per epoch of all that were pruned, up to there.
        missing: How many pacemakers' places the others leave; none if below 1.
    """
    return heapq.nlargest(missing, curves, key=lambda one: max(curves[one]))
