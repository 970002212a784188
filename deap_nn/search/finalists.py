"""The best few of a search, trained again with other seeds and on other samples before one of them is named.

The best of many noisy measurements is one that was lucky. A second measurement, which nothing has been chosen by, tells
the lucky from the good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from deap_nn.engines import Engine
from deap_nn.evolution import FitnessValues, Individual
from deap_nn.search.budget import Budget
from deap_nn.search.results import Results
from deap_nn.status import Status

REPETITION = 1


class Ranking(NamedTuple):
    """The candidates of a search.

    Attributes:
        individuals: The candidates, the best first, each with the fitness from the search.
        again: The values of the second measurement, for as many of them as were measured again.
    """

    individuals: Sequence[Individual]
    again: Sequence[FitnessValues | None]

    @property
    def views(self) -> list[int]:
        """How many views of an image were best for each candidate, as far as that was measured."""
        return [1 if values is None else _best_views(values) for values in self.again]


MOST = 3
SHARE = 0.12
"""The share of a budget that finalists may take."""


def affordable_finalists(best: Sequence[Individual], engine: Engine, budget: Budget) -> int:
    """Return how many of the best there is time to measure again."""
    record = best[0].fitness.record
    took = None if record is None else (record.seconds or {}).get("train")
    if not took or budget.seconds is None:
        return 0
    rounds = int(SHARE * budget.seconds / took)
    return min(MOST, len(best), rounds * engine.capacity)


def ranked(
    best: Sequence[Individual], count: int, evaluations: Results, function: Callable[..., Any], weight: float
) -> Ranking:
    """Measure the best once more and put them in the order of their means.

    Args:
        best: The candidates of the search, the best first.
        count: How many of them are measured again; the others follow as they are.
        evaluations: Evaluates them.
        function: As in `Evaluations.submit`.
        weight: 1 where more is better, -1 where less is.
    """
    tickets = {
        evaluations.submit(function, one, REPETITION, prune=False): place for place, one in enumerate(best[:count])
    }
    again: dict[int, FitnessValues] = {}
    for _ in tickets:
        ticket, values = evaluations.next()
        again[tickets[ticket]] = values
    means = {
        place: (best[place].fitness.values[0] + values[0]) / 2
        for place, values in again.items()
        if values.status is Status.OK
    }
    order = sorted(means, key=lambda place: (-weight * means[place], place))
    order += [place for place in range(len(best)) if place not in means]
    return Ranking([best[place] for place in order], [again.get(place) for place in order])


def _best_views(values: FitnessValues) -> int:
    """Return the number of views with the best validation measure; more than others only where that is better."""
    measured = {1: values[0]} | {int(number): value for number, value in (values.record.views or {}).items()}
    return max(sorted(measured), key=lambda number: measured[number])
