"""What a search notes of its own course: what was new, which operators gained, since when nothing did.

Between the toolbox and `Evaluations`: batches of individuals go through, figures are added to the counts of the
generation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from deap_nn.evolution import FitnessValues, Individual
from deap_nn.search.evaluations import Evaluations


class Telemetry:
    """The notes of a search.

    Everything is counted in the order of the individuals, not of their results, so it is the same on every engine.

    Args:
        evaluations: Evaluates; its counts grow by `new`, by `tried NAME` and `better NAME` for each operator that made
            new ones, and are told `since_best`.
        weight: 1 where more is better, -1 where less is.
    """

    def __init__(self, evaluations: Evaluations, weight: float) -> None:
        self._evaluations, self._weight = evaluations, weight
        self._best = -math.inf
        self._since_best = 0

    def map(self, function: Callable[..., Any], individuals: Iterable[Individual]) -> list[FitnessValues]:
        """Return the fitness values of individuals, as `Evaluations.map` does."""
        everyone = list(individuals)
        results = self._evaluations.map(function, everyone)
        for individual, values, new in zip(everyone, results, self._evaluations.new, strict=True):
            if new:
                self._note(individual, values[0] * self._weight)
            individual.origin = None  # its children have origins of their own
        self._evaluations.counts["since_best"] = self._since_best
        return results

    def _note(self, individual: Individual, score: float) -> None:
        counts, origin = self._evaluations.counts, individual.origin
        counts["new"] += 1
        self._since_best += 1
        if score > self._best:
            self._best, self._since_best = score, 0
        if origin is not None:
            counts.update(f"tried {name}" for name in origin.operators)
            counts.update(f"better {name}" for name in origin.operators if score > origin.parent)
