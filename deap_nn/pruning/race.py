"""The race: trainings that are hopeless are given up early.

Selection keeps the best fifth of a generation; how far behind the others are does not matter. So a training is given
up, from the third epoch on, as soon as it would have to gain more than is usual to survive: as soon as its best
validation accuracy so far, and what nine in ten of the run's better trainings gained from that share of their epochs
to the end, do not add up to the accuracy of the worst of the last survivors. What is usual, each run learns from its
own trainings, those of all generations: it depends on the space. Where the learning rate falls, much is gained in the
last epochs; where batches are normalised, the first ones say next to nothing. Where fewer than four survive, the best
four count: two would give up nearly all others.

In the first generation, which has nobody before it, those are given up that have learnt nothing in three epochs; if too
few are left, the best of them are trained in full after all. So whoever survives has been. The rule knows only what
earlier generations recorded: it does not depend on the order in which trainings end, nor on the number of workers.

A median rule over running trials (Golovin et al. 2017, https://doi.org/10.1145/3097983.3098043, section 3.2.2) saves
likewise, but its verdicts depend on timing.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from deap import base

from deap_nn.evolution import WORST_FITNESS, FitnessValues, Generation, Individual, status_of

Key = TypeVar("Key")

PATIENCE = 3
"""The epoch after which a training may be given up at the earliest."""

PACEMAKERS = 4
"""How many trainings set the pace at least."""

SHARES = 20
"""Parts of a training: trainings of different length are compared after the same share of their epochs."""

BETTER = 1 / 3
"""The share of all trainings whose gains count: bad ones gain little, whatever they may still learn."""

FEWEST = 8
"""How many trainings' gains count at least, where there are as many."""

USUAL = 0.9
"""The share of them whose gain is no more than usual."""


def thresholds(
    curves: Collection[Sequence[float]], goal: float, better: float = BETTER, usual: float = USUAL
) -> list[float]:
    """Return the accuracies below which a training is given up after 0, 1, ... 19 twentieths of its epochs.

    Args:
        curves: validation accuracy per epoch of trainings that ran to their end; at least one, none empty.
        goal: the accuracy that has to be reached at the end.
        better: the share of the trainings whose gains count, above 0 and at most 1.
        usual: the share of them whose gain is no more than usual, above 0 and at most 1.
    """
    best = sorted(curves, key=lambda curve: curve[-1], reverse=True)
    best = best[: max(FEWEST, math.ceil(better * len(best)))]
    return [max(0.0, goal - _usual_gain(best, share, usual)) for share in range(SHARES)]


def _usual_gain(curves: Sequence[Sequence[float]], share: int, usual: float) -> float:
    """Return what a share `usual` of trainings gain at most from so many parts of their epochs to the end."""
    gains = sorted(curve[-1] - max(curve[: share * len(curve) // SHARES], default=0.0) for curve in curves)
    return gains[math.ceil(usual * len(gains)) - 1]


def chance_thresholds(chance: float) -> list[float]:
    """Return the thresholds of the first generation: a little above chance.

    Args:
        chance: the accuracy that takes no learning. What has to be gained is three points, or three tenths of a small
            chance.
    """
    return [chance + min(0.03, 0.3 * chance)] * SHARES


def hopeless(thresholds: Sequence[float], epochs: int) -> Callable[[int, float], bool]:
    """Return the rule for a training of so many epochs: `(epochs done, validation accuracy) -> given up or not`.

    Args:
        thresholds: one per part of the training; none to give nothing up.
        epochs: how long it is to be. The last one is never given up.
    """
    best = 0.0

    def rule(done: int, accuracy: float) -> bool:
        nonlocal best
        best = max(best, accuracy)
        judged = bool(thresholds) and PATIENCE <= done < epochs
        return judged and best < thresholds[done * SHARES // epochs]

    return rule


def given_up(curve: Sequence[float], thresholds: Sequence[float]) -> int | None:
    """Return the epoch after which a training with this validation accuracy per epoch is given up, None if never."""
    rule = hopeless(thresholds, len(curve))
    return next((epoch for epoch, accuracy in enumerate(curve, 1) if rule(epoch, accuracy)), None)


def trained_after_all(curves: Mapping[Key, Sequence[float]], missing: int) -> list[Key]:
    """Return who of a first generation is trained in full though given up: those who had come furthest.

    Args:
        curves: validation accuracy per epoch of all who were given up, up to there.
        missing: how many pacemakers' places the others leave; none if below 1.
    """
    return heapq.nlargest(missing, curves, key=lambda one: max(curves[one]))


class Race:
    """A generation hook that gives the evaluations of the next generation their thresholds.

    Args:
        toolbox: whose `evaluate` is registered anew, and `map` for the first generation; its `select` says who
            survives.
        evaluate: `(individual, thresholds=...) -> fitness values`.
        survivors: how many survive. They set the pace, or the best `PACEMAKERS` where they are fewer.
        chance: the accuracy that takes no learning, that of naming the commonest class always.
        forget: called with an individual that `toolbox.map` is to evaluate anew.
    """

    def __init__(
        self,
        toolbox: base.Toolbox,
        evaluate: Callable[..., Any],
        survivors: int,
        chance: float,
        forget: Callable[[Individual], object],
    ) -> None:
        self._toolbox, self._evaluate, self._forget = toolbox, evaluate, forget
        self._pacemakers = max(PACEMAKERS, survivors)
        self._curves: dict[str, Sequence[float]] = {}
        self.thresholds: tuple[float, ...] = ()
        """Those of the generation to come."""
        self._map = toolbox.map
        toolbox.register("map", self._first_map)
        self._set(chance_thresholds(chance))

    def __call__(self, generation: Generation) -> None:
        """Set thresholds after a generation; who was given up or failed has no curve to learn from."""
        trained = [one for one in generation.population if status_of(one.fitness.record) == "ok"]
        self._curves |= {one.canonical(): _curve(one.fitness.record) for one in trained}
        pace = [one.fitness.values[0] for one in self._toolbox.select(trained, self._pacemakers)]
        self._set(thresholds(self._curves.values(), min(pace)) if pace else [])

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return what a training that is known in full counts as: given up, if it would have been."""
        record = values.record or {}
        last = given_up(_curve(record), self.thresholds)
        if last is None:
            return values
        history = {name: metric[:last] for name, metric in record["history"].items()}
        pruned = {"status": "pruned", "reason": f"pruned in epoch {last}", "epochs": last, "history": history}
        return FitnessValues((WORST_FITNESS,), record | pruned)

    def _set(self, values: Sequence[float]) -> None:
        self.thresholds = tuple(values)
        self._toolbox.register("evaluate", partial(self._evaluate, thresholds=self.thresholds))

    def _first_map(self, function: Callable[..., Any], individuals: Iterable[Individual]) -> list[FitnessValues]:
        """Evaluate the first generation; the best of those given up take the pacemakers' places that are left."""
        self._toolbox.register("map", self._map)
        everyone = list(individuals)
        values = list(self._map(function, everyone))
        missing = self._pacemakers - sum(one.status == "ok" for one in values)
        pruned = {i: _curve(one.record) for i, one in enumerate(values) if one.status == "pruned"}
        again = trained_after_all(pruned, missing)
        self._set([])
        for i in again:
            self._forget(everyone[i])
        for i, one in zip(again, self._map(self._toolbox.evaluate, [everyone[i] for i in again]), strict=True):
            values[i] = one
        return values


def _curve(record: Mapping[str, Any] | None) -> Sequence[float]:
    """Return the validation accuracy per epoch that a record holds."""
    return (record or {})["history"]["val_accuracy"]
