"""How large a search may be in the time that it has: a few networks are timed before the first generation."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from deap_nn.engines import TIME_LIMIT, Engine
from deap_nn.evaluation import Pace
from deap_nn.evolution import Individual, limit_cost, make_toolbox, survivor_count
from deap_nn.pruning import OF_A_TRAINING
from deap_nn.random_stream import protected
from deap_nn.search.budget import Budget
from deap_nn.search.limits import SizeLimit, size_limit
from deap_nn.search.objective import Objective
from deap_nn.search.outcomes import BrokenProgram
from deap_nn.search.settings import HALVING, Settings
from deap_nn.space import SearchSpace

SEARCH_SHARE = 0.3
"""The share of the time after which no network is trained any more but the finalists and the winner, if they can use
the rest. Three searches of half an hour, with 0.45, had found their winners after 7 of 21, 12 of 15 and 7 of 19
networks."""

FIRST_SHARE = 0.75
"""The same as long as no training has ended: on a busy machine, a short budget would else end with nothing."""

GENERATIONS = 4
"""The generations, the first included, that a search should have at least."""

LEAST = 6
"""The smallest population that is worth it."""

FEWEST = 8
"""The trainings that a search should have at least: one that would take more than its share of them is not done."""

SURE = 0.8
"""The share of the time limit that a training is planned to take at most: a machine is not always equally fast."""

DRAWN = 15
"""The number of networks of which the one in the middle is timed."""


def sized(settings: Settings, space: SearchSpace, objective: Objective, engine: Engine, budget: Budget) -> Settings:
    """Return the settings with a population for the time that there is; as they are without a budget.

    The population is as many networks as let the search have a few generations, at most that of the settings; it then
    has as many generations as there is time for.
    """
    if budget.seconds is None:
        return settings
    population = settings.population
    if objective.calibrate is not None:
        population = budget.decide("population", lambda: _population(settings, space, objective, engine, budget))
    return replace(settings, population=population, generations=max(settings.generations, 10**6))


def time_limit(settings: Settings) -> float:
    """Return the seconds that training one network may take."""
    if settings.time_limit is not None:
        return settings.time_limit
    return max(TIME_LIMIT, SEARCH_SHARE * (settings.budget or 0.0) / 2)


def at_once(settings: Settings, workers: int) -> int:
    """Return how many of the workers have work at the same time."""
    return min(workers, settings.lag) if settings.is_steady else workers


def seconds_of_evaluation(settings: Settings, pace: Pace, works: Iterable[float]) -> float:
    """Return the mean time of an evaluation of networks whose full trainings have that much work."""
    share = OF_A_TRAINING if settings.pruner == HALVING else 1.0
    return statistics.mean(pace.seconds(share * work) for work in works)


def most_evaluations(settings: Settings) -> int:
    """Return the number of evaluations of a search, at most, in which nothing else ends it."""
    size = settings.population
    children = size if settings.is_steady else size - survivor_count(settings.survivors, size)
    return settings.evaluations or size + settings.generations * children


def most_work(settings: Settings, engine: Engine, budget: Budget) -> float | None:
    """Return the work above which a network is not trained but bred again; None: any."""
    timed_before = budget.decided("pace")
    if budget.seconds is None or timed_before is None:
        return None

    def decide() -> float:
        pace = Pace(*timed_before)
        share = _search_seconds(budget) * at_once(settings, engine.capacity) / FEWEST
        share = min(share, SURE * time_limit(settings))
        # Half of it at least: where starting takes longer, as on a busy machine, smaller networks would gain little
        return max(share - pace.overhead, share / 2) * pace.speed

    return budget.decide("most_work", decide)


def population_for(settings: Settings, seconds: float, evaluation: float, workers: int) -> int:
    """Return the population with which evaluations that take so long make a few generations in that time."""
    evaluations = seconds * at_once(settings, workers) / evaluation
    return max(LEAST, min(settings.population, int(evaluations / GENERATIONS)))


def drawn(
    space: SearchSpace,
    cost: Callable[[Individual], float],
    count: int,
    limit: SizeLimit | None,
    refused: Callable[[], object] = lambda: None,
) -> list[tuple[float, Individual]]:
    """Return some networks with their work, the least first, drawn without touching the evolution's stream.

    Args:
        space: The space.
        cost: Returns the work.
        count: How many.
        limit: How large they may be; None: any size.
        refused: Called for each that is too large.
    """
    toolbox = make_toolbox(space, evaluate=cost)
    if limit is not None:
        limit_cost(toolbox, limit.limit, smallest=limit.smallest, refused=refused)
    with protected():
        random.seed(0)
        individuals = toolbox.population(n=count)
    return sorted(((cost(one), one) for one in individuals), key=lambda pair: pair[0])


def timed(individual: Individual, calibrate: Callable[[Individual], Any], engine: Engine) -> Pace:
    """Time a network on all workers at once, as they will work."""
    outcomes = engine.map(calibrate, [individual] * engine.capacity)
    paces = [outcome.value for outcome in outcomes if outcome.status == "ok"]
    if not paces:
        raise BrokenProgram(f"a network that was to be timed could not be trained: {outcomes[0].reason}")
    return Pace(statistics.mean(one.overhead for one in paces), statistics.mean(one.speed for one in paces))


def _population(settings: Settings, space: SearchSpace, objective: Objective, engine: Engine, budget: Budget) -> int:
    cost, calibrate = objective.cost, objective.calibrate
    if cost is None or calibrate is None:
        return settings.population
    sample = drawn(space, cost, DRAWN, size_limit(settings, space, objective))
    pace = Pace(*budget.decide("pace", lambda: list(timed(sample[DRAWN // 2][1], calibrate, engine))))
    typical = seconds_of_evaluation(settings, pace, (work for work, _ in sample))
    return population_for(settings, _search_seconds(budget), typical, engine.capacity)


def _search_seconds(budget: Budget) -> float:
    return max(1.0, SEARCH_SHARE * (budget.seconds or 0.0) - budget.spent)
