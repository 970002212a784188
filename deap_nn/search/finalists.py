"""The best few of a search, trained again with other seeds and on other samples before one of them is named.

The best of many noisy measurements is one that was lucky. A second measurement, which nothing has been chosen by, tells
the lucky from the good. With a budget, the final training is many times as long as those of the search, and what is
best in a few epochs need not be best then: so finalists are trained for longer than in the search, too, if there is
time for it. Above all, few epochs have no use for mirrored images, so that evolution loses them by chance; where it
did, the best network is a finalist with them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from deap_nn.engines import Engine
from deap_nn.evolution import FitnessValues, Individual
from deap_nn.search.budget import Budget
from deap_nn.search.results import Results
from deap_nn.space import SearchSpace
from deap_nn.status import Status

REPETITION = 1

MOST = 4
"""How many finalists there are at most, if nothing is said."""

TIMES = (3, 2, 1)
"""How many times the epochs of the search a finalist gets, the most that there is time for."""

SHARE = 0.2
"""The share of a budget that finalists may take."""

MIRRORED = ("alternating", "random")
"""How images are mirrored, the better way first (Jordan 2024, https://arxiv.org/abs/2404.00498)."""


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
        """How many views of an image each candidate is to judge, as far as that was measured."""
        return [1 if values is None else _with_views(values)[0] for values in self.again]


class Finalists(NamedTuple):
    """How much the second measurement is.

    Attributes:
        networks: How many of the best are measured again.
        times: How many times as many epochs as in the search they get.
    """

    networks: int
    times: int = 1


def planned(best: Sequence[Individual], asked: int | None, engine: Engine, budget: Budget) -> Finalists:
    """Return how many of the best are measured again, and for how long, as the budget of the run has time for.

    Args:
        best: The candidates of the search, the best first.
        asked: How many it shall be; None: as many as there is time for.
        engine: Trains them.
        budget: The time of the run; without one, there are as many as were asked for.
    """
    if budget.seconds is None:
        return Finalists(asked or 0)
    decided = budget.decide("finalists", lambda: list(_affordable(best, asked, engine, budget)))
    if isinstance(decided, int):  # before finalists could be trained for longer
        return Finalists(decided if asked is None else asked)
    return Finalists(*decided)


def _affordable(best: Sequence[Individual], asked: int | None, engine: Engine, budget: Budget) -> Finalists:
    record = best[0].fitness.record
    took = None if record is None else (record.seconds or {}).get("train")
    if not took:
        return Finalists(asked or 0)

    def in_time(times: int) -> int:
        return int(SHARE * (budget.seconds or 0.0) / (times * took)) * engine.capacity

    enough = min(2, len(best)) if asked is None else asked
    times = next((times for times in TIMES if in_time(times) >= enough), min(TIMES))
    return Finalists(min(MOST, len(best), in_time(times)) if asked is None else asked, times)


def contenders(best: Sequence[Individual], space: SearchSpace) -> list[Individual]:
    """Return the candidates for a longer training: where the best one does without mirrored images, it with them, too.

    Args:
        best: The candidates of the search, the best first.
        space: The space; its gene `flip` says how images may be mirrored, if at all.

    Returns:
        The best, the mirrored one, which has no fitness unless the search came across it, and the others.
    """
    first, *others = best
    ways = [way for way in MIRRORED if way in getattr(space.training.genes.get("flip"), "options", ())]
    if not ways or first[-1].genes["flip"] != "none":
        return list(best)
    mirrored = deepcopy(first)
    mirrored[-1].genes["flip"] = ways[0]
    del mirrored.fitness.values
    return [first, next((one for one in others if one == mirrored), mirrored), *(o for o in others if o != mirrored)]


def ranked(
    best: Sequence[Individual], plan: Finalists, evaluations: Results, function: Callable[..., Any], weight: float
) -> Ranking:
    """Measure the best once more and put them in order, by the mean of both measurements or by the longer one.

    The second measurement is that with as many views of an image as the final network will judge.

    Args:
        best: The candidates, the best first. Those without a fitness get what was measured, or are left out.
        plan: How many of them are measured again, and for how long; the others follow as they are.
        evaluations: Evaluates them.
        function: As in `Evaluations.submit`.
        weight: 1 where more is better, -1 where less is.
    """
    tickets = {
        evaluations.submit(function, one, REPETITION, float(plan.times), prune=False): place
        for place, one in enumerate(best[: plan.networks])
    }
    again: dict[int, FitnessValues] = {}
    for _ in tickets:
        ticket, values = evaluations.next()
        again[tickets[ticket]] = values
    measured = {place: values for place, values in again.items() if values.status is Status.OK}
    for place, values in measured.items():
        if not best[place].fitness.valid:
            best[place].fitness.values = values

    def measure(place: int) -> float:
        with_views = _with_views(measured[place])[1]
        return with_views if plan.times > 1 else (best[place].fitness.values[0] + with_views) / 2

    order = sorted(measured, key=lambda place: (-weight * measure(place), place))
    order += [place for place, one in enumerate(best) if place not in measured and one.fitness.valid]
    return Ranking([best[place] for place in order], [again.get(place) for place in order])


def _with_views(values: FitnessValues) -> tuple[int, float]:
    """Return the number of views that a network is to judge, and its validation measure with them.

    It is the most that gain at least half as much as the best number does: the difference between several views is less
    than chance makes of it on a few thousand samples, and on many, more of them are better (docs/benchmarks.md).
    """
    measured = {int(number): value for number, value in (values.record.views or {}).items()}
    half = (max(measured.values(), default=0.0) - values[0]) / 2
    several = [number for number, value in measured.items() if value - values[0] >= half > 0]
    number = max(several, default=1)
    return number, measured.get(number, values[0])
