"""What a search notes of its own course: what was new, which operators gained, since when nothing did.

Between the toolbox and what evaluates: individuals go through, figures are added to the counts of the generation. All
are counted in the order of the individuals, not in that in which evaluations end, so they are the same on every engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from deap_nn.evolution import FitnessValues, Front, Individual, Origin
from deap_nn.runs import Children
from deap_nn.screening import Screen
from deap_nn.search.evaluations import Evaluations
from deap_nn.search.in_order import InOrder
from deap_nn.status import Status


class _Notes:
    """What batches and children one by one have in common.

    Args:
        counts: Grow by `new`, by `tried NAME` and `better NAME` for each operator that made new ones, and are told
            `since_best`.
        weights: Those of a fitness.
    """

    def __init__(self, counts: Counter[str], weights: Sequence[float]) -> None:
        self._counts, self._weights = counts, tuple(weights)
        self._front = Front()
        self._since_best = 0
        self._screened: list[tuple[float, Individual]] = []  # what was expected of which, in this generation

    def refuse(self, why: str) -> None:
        """Count something that is bred again: "too_large", say."""
        self._counts[why] += 1

    def screen_correlation(self) -> float | None:
        """Return the rank correlation of what a screen, if any, expected in this generation with what came out."""
        return rank_correlation([(expected, _came_out(one)) for expected, one in self._screened])

    def _note(self, individual: Individual, values: FitnessValues) -> None:
        """Note the result of an individual that is new."""
        weighted = tuple(value * weight for value, weight in zip(values, self._weights, strict=True))
        score, origin = weighted[0], individual.origin
        self._counts["new"] += 1
        self._since_best += 1
        if self._front.gains(weighted):
            self._since_best = 0
        if origin is not None and values.status is not Status.PAUSED:  # else nobody knows yet
            self._counts.update(f"tried {name}" for name in origin.operators)
            self._counts.update(f"better {name}" for name in origin.operators if score > origin.parent)

    def _end(self, individuals: Iterable[Individual]) -> None:
        for individual in individuals:
            individual.origin = None  # its children have origins of their own
        self._counts["since_best"] = self._since_best


class Telemetry(_Notes):
    """The notes of a search in generations.

    Args:
        evaluations: Evaluates.
        weights: Those of a fitness.
    """

    def __init__(self, evaluations: Evaluations, weights: Sequence[float]) -> None:
        super().__init__(evaluations.counts, weights)
        self._evaluations = evaluations

    def map(self, function: Callable[..., Any], individuals: Iterable[Individual]) -> list[FitnessValues]:
        """Return the fitness values of individuals, as `Evaluations.map` does."""
        everyone = list(individuals)
        results = self._evaluations.map(function, everyone)
        for individual, values, new in zip(everyone, results, self._evaluations.new, strict=True):
            if new:
                self._note(individual, values)
        self._end(everyone)
        return results


class TelemetryInOrder(_Notes):
    """The notes of a search whose children come one by one, all new; each is counted with its result.

    What was bred in vain before a child is written down with it: a resumed search, which breeds it no more, counts it
    all the same.

    Args:
        evaluations: Evaluates.
        weights: Those of a fitness.
        children: The file of chosen genomes, if there is one.
        screen: What chooses them, if anything does.
    """

    def __init__(
        self,
        evaluations: InOrder,
        weights: Sequence[float],
        children: Children | None = None,
        screen: Screen | None = None,
    ) -> None:
        super().__init__(evaluations.counts, weights)
        self._evaluations, self._children, self._screen = evaluations, children, screen
        self._under_way: dict[int, Individual] = {}
        self._in_vain: Counter[str] | None = None  # while a child is bred

    def refuse(self, why: str) -> None:
        """Count something that is bred again: "too_large", say."""
        if self._in_vain is None:
            super().refuse(why)
        else:
            self._in_vain[why] += 1

    def chosen(self, number: int, breed: Callable[[], Individual | None]) -> Individual | None:
        """Return the child of a number, as `Children.chosen` does."""
        if self._children is None:
            return self._bred(breed)
        return self._children.chosen(number, lambda: self._bred(breed))

    def submit(self, function: Callable[..., Any], individual: Individual) -> int:
        """Request an evaluation, as `InOrder.submit` does."""
        ticket = self._evaluations.submit(function, individual)
        self._under_way[ticket] = individual
        return ticket

    def next(self) -> tuple[int, FitnessValues]:
        """Return the ticket and the values of the next result, as `InOrder.next` does."""
        ticket, values = self._evaluations.next()
        individual = self._under_way.pop(ticket)
        if not self._counts["new"]:
            self._screened.clear()
        if individual.origin is not None:
            self._counts.update(individual.origin.in_vain)
            if individual.origin.expected is not None:
                self._screened.append((individual.origin.expected, individual))
        self._note(individual, values)
        self._end([individual])
        return ticket, values

    def _bred(self, breed: Callable[[], Individual | None]) -> Individual | None:
        in_vain = self._in_vain = Counter()
        if self._screen is not None:
            self._screen.expected = None
        try:
            child = breed()
        finally:
            self._in_vain = None
        if child is not None:
            expected = None if self._screen is None else self._screen.expected
            child.origin = (child.origin or Origin())._replace(
                avoided=in_vain["avoided"],
                too_large=in_vain["too_large"],
                expected=None if expected is None else round(expected, 4),
            )
        return child


def _came_out(individual: Individual) -> float:
    """Return what came out of an individual, more is better; of a training that did not end, what would have."""
    return float((individual.estimate or individual.fitness.wvalues)[0])


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Spearman's rank correlation, equal values sharing a rank; None if one side is all equal, or nothing.

    SciPy's takes four times as long, after an import of a second; a replay asks for one for each row.
    """
    ranks = []
    for values in zip(*pairs, strict=True):
        ordered = np.sort(values)
        ranks.append(np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right"))
    if not ranks or min(np.ptp(column) for column in ranks) == 0:
        return None
    return round(float(np.corrcoef(ranks)[0, 1]), 4)
