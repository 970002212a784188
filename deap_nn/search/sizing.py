"""How large a search may be in the time that it has: a few networks are timed before the first generation."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from deap_nn.engines import Engine
from deap_nn.evaluation import Pace
from deap_nn.evolution import Individual
from deap_nn.random_stream import protected
from deap_nn.search.budget import Budget
from deap_nn.search.objective import Objective
from deap_nn.search.outcomes import BrokenProgram
from deap_nn.search.settings import Settings
from deap_nn.space import SearchSpace

SEARCH_SHARE = 0.5
"""The share of the time after which no network is trained any more but the finalists and the winner."""

GENERATIONS = 4
"""The generations, the first included, that a search should have at least."""

LEAST = 5
"""The smallest population that is worth it."""

FEWEST = 12
"""The trainings that a search should have at least: one that would take more than its share of them is not done."""

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
    if objective.cost is not None and objective.calibrate is not None:
        population = budget.decide("population", lambda: _population(settings, space, objective, engine, budget))
    return replace(settings, population=population, generations=max(settings.generations, 10**6))


def most_work(engine: Engine, budget: Budget) -> float | None:
    """Return the work above which a network is not trained but bred again; None: any."""
    if budget.seconds is None or not budget.decided("pace"):
        return None

    def decide() -> float:
        pace = Pace(*budget.decide("pace", lambda: []))
        return max(0.0, (_search_seconds(budget) * engine.capacity / FEWEST - pace.overhead) * pace.speed)

    return budget.decide("most_work", decide)


def _population(settings: Settings, space: SearchSpace, objective: Objective, engine: Engine, budget: Budget) -> int:
    works = _works(space, objective.cost or (lambda _: 0.0))
    middle = works[len(works) // 2][1]
    pace = Pace(*budget.decide("pace", lambda: list(_pace(middle, objective.calibrate, engine))))
    typical = statistics.mean(pace.seconds(work) for work, _ in works)
    trainings = _search_seconds(budget) * engine.capacity / typical
    return max(LEAST, min(settings.population, int(trainings / GENERATIONS)))


def _search_seconds(budget: Budget) -> float:
    return max(1.0, SEARCH_SHARE * (budget.seconds or 0.0) - budget.spent)


def _works(space: SearchSpace, cost: Callable[[Individual], float]) -> list[tuple[float, Individual]]:
    """Return some networks with their work, drawn without touching the evolution's stream."""
    with protected():
        random.seed(0)
        drawn = [Individual(space.sample()) for _ in range(DRAWN)]
    return sorted(((cost(one), one) for one in drawn), key=lambda pair: pair[0])


def _pace(individual: Individual, calibrate: Any, engine: Engine) -> Pace:
    """Time a network on all workers at once, as they will work."""
    outcomes = engine.map(calibrate, [individual] * engine.capacity)
    paces = [outcome.value for outcome in outcomes if outcome.status == "ok"]
    if not paces:
        raise BrokenProgram(f"a network that was to be timed could not be trained: {outcomes[0].reason}")
    return Pace(statistics.mean(one.overhead for one in paces), statistics.mean(one.speed for one in paces))
