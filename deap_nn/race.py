"""The race: trainings that are hopeless are given up early.

Selection keeps the best fifth of a generation; how far behind the others are does not matter. So a training is given
up after the first epoch, from the third on, in which its best validation accuracy so far is below that of the worst of
the last survivors in the same epoch, less a margin: learning curves cross, the first epochs foretell little, and
accuracies are measured on few samples. Where fewer than four survive, the best four set the pace: two that learn fast
would give up nearly all others. In the first generation, which has nobody before it, those are given up that have
learnt nothing in three epochs; if too few are left, the best of them are trained in full after all. So whoever survives
has been. The rule knows only what earlier generations recorded: it does not depend on the order in which trainings end,
nor on the number of workers.

A median rule over running trials (Golovin et al. 2017, https://doi.org/10.1145/3097983.3098043, section 3.2.2) saves
likewise, but its verdicts depend on timing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from deap import base

from deap_nn.algorithms import Generation
from deap_nn.individual import WORST_FITNESS, FitnessValues, Individual

MARGIN = 0.01
"""How far below the pace a training may be at least and go on: one point of accuracy."""

PATIENCE = 3
"""The epoch after which a training may be given up at the earliest."""

PACEMAKERS = 4
"""How many trainings set the pace at least."""


class Validation(NamedTuple):
    """What the rule has to know of the validation split: its size, and what it takes no learning to reach on it.

    Attributes:
        samples: how many it holds, 1 or more.
        chance: the accuracy of naming its commonest class always.
    """

    samples: int
    chance: float


def thresholds(curves: Sequence[Sequence[float]], samples: int) -> list[float]:
    """Return for each epoch the accuracy below which a training is given up.

    Args:
        curves: validation accuracy per epoch of each training that sets the pace; at least one, none empty. What
            counts is the best so far; one that has ended keeps it.
        samples: on which they were measured.
    """
    bests = [list(accumulate(curve, max)) for curve in curves]
    lowest = [min(best[min(epoch, len(best) - 1)] for best in bests) for epoch in range(max(map(len, bests)))]
    return [
        0.0 if epoch < PATIENCE else accuracy - _margin(accuracy, samples) for epoch, accuracy in enumerate(lowest, 1)
    ]


def _margin(accuracy: float, samples: int) -> float:
    """Return a point, or two standard errors of an accuracy on so many samples, whichever is more."""
    return max(MARGIN, 2 * math.sqrt(accuracy * (1 - accuracy) / samples))


def chance_thresholds(chance: float) -> list[float]:
    """Return the thresholds of the first generation: none before epoch `PATIENCE`, then a little above chance.

    Args:
        chance: as in `Validation`. What has to be gained is three points, or three tenths of a small chance.
    """
    return [0.0] * (PATIENCE - 1) + [chance + min(0.03, 0.3 * chance)]


def hopeless(thresholds: Sequence[float]) -> Callable[[int, float], bool]:
    """Return the rule for one training: `(epochs done, validation accuracy) -> whether it is given up`."""
    best = 0.0

    def rule(epoch: int, accuracy: float) -> bool:
        nonlocal best
        best = max(best, accuracy)
        return epoch <= len(thresholds) and best < thresholds[epoch - 1]

    return rule


def given_up(curve: Sequence[float], thresholds: Sequence[float]) -> int | None:
    """Return the epoch after which a training with this validation accuracy per epoch is given up, None if never."""
    rule = hopeless(thresholds)
    return next((epoch for epoch, accuracy in enumerate(curve, 1) if rule(epoch, accuracy)), None)


class Race:
    """A generation hook that gives the evaluations of the next generation their thresholds.

    Args:
        toolbox: whose `evaluate` is registered anew, and `map` for the first generation; its `select` says who
            survives.
        evaluate: `(individual, thresholds=...) -> fitness values`.
        survivors: how many survive. They set the pace, or the best `PACEMAKERS` where they are fewer.
        validation: on what they are measured.
        forget: called with an individual that `toolbox.map` is to evaluate anew.
    """

    def __init__(
        self,
        toolbox: base.Toolbox,
        evaluate: Callable[..., Any],
        survivors: int,
        validation: Validation,
        forget: Callable[[Individual], object],
    ) -> None:
        self._toolbox, self._evaluate, self._forget = toolbox, evaluate, forget
        self._pacemakers = max(PACEMAKERS, survivors)
        self._samples = validation.samples
        self.thresholds: tuple[float, ...] = ()
        """Those of the generation to come."""
        self._map = toolbox.map
        toolbox.register("map", self._first_map)
        self._set(chance_thresholds(validation.chance))

    def __call__(self, generation: Generation) -> None:
        """Take the thresholds from the best of this generation; who was given up or failed has no curve to follow."""
        pacemakers = self._toolbox.select(generation.population, self._pacemakers)
        records = [individual.fitness.record or {} for individual in pacemakers]
        curves = [record["history"]["val_accuracy"] for record in records if record.get("status") == "ok"]
        self._set(thresholds(curves, self._samples) if curves else [])

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return what a training that is known in full counts as: given up, if it would have been."""
        record = values.record or {}
        last = given_up(record["history"]["val_accuracy"], self.thresholds)
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
        pruned = [i for i, one in enumerate(values) if one.status == "pruned"]
        again = sorted(pruned, key=lambda i: -_reached(values[i]))[: max(0, missing)]
        self._set([])
        for i in again:
            self._forget(everyone[i])
        for i, one in zip(again, self._map(self._toolbox.evaluate, [everyone[i] for i in again]), strict=True):
            values[i] = one
        return values


def _reached(values: FitnessValues) -> float:
    return max((values.record or {})["history"]["val_accuracy"])
