"""The race: trainings that are hopeless are given up early.

Selection keeps the best fifth of a generation; how far behind the others are does not matter. So a training is given
up after the first epoch in which its validation accuracy is below that of the worst of the last survivors in the same
epoch, less a margin, since learning curves cross. The rule knows only what earlier generations recorded: it does not
depend on the order in which trainings end, nor on the number of workers. The first generation is trained in full, and
whoever survives has been.

A median rule over running trials (Golovin et al. 2017, https://doi.org/10.1145/3097983.3098043, section 3.2.2) saves
likewise, but its verdicts depend on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from deap import base

from deap_nn.algorithms import Generation

MARGIN = 0.01
"""How far below the worst survivor's curve a training may be and go on: one point of accuracy."""


def thresholds(curves: Sequence[Sequence[float]], margin: float = MARGIN) -> list[float]:
    """Return for each epoch the accuracy below which a training is given up.

    Args:
        curves: validation accuracy per epoch of each survivor; at least one, none empty. One that has ended keeps
            its last value.
        margin: what is taken off the lowest, 0 or more.
    """
    longest = max(map(len, curves))
    return [min(curve[min(epoch, len(curve) - 1)] for curve in curves) - margin for epoch in range(longest)]


class Race:
    """A generation hook that gives the evaluations of the next generation their thresholds.

    Args:
        toolbox: whose `evaluate` is registered anew, and whose `select` says who survives.
        evaluate: `(individual, thresholds=...) -> fitness values`.
        survivors: how many survive.
    """

    def __init__(self, toolbox: base.Toolbox, evaluate: Callable[..., Any], survivors: int) -> None:
        self._toolbox, self._evaluate, self._survivors = toolbox, evaluate, survivors
        self.thresholds: tuple[float, ...] = ()
        """Those of the generation to come."""

    def __call__(self, generation: Generation) -> None:
        """Take the thresholds from those who survive this generation; failures among them have no curve."""
        survivors = self._toolbox.select(generation.population, self._survivors)
        records = [individual.fitness.record or {} for individual in survivors]
        curves = [record["history"]["val_accuracy"] for record in records if record.get("status") == "ok"]
        self.thresholds = tuple(thresholds(curves)) if curves else ()
        self._toolbox.register("evaluate", partial(self._evaluate, thresholds=self.thresholds))
