"""The statistics of a generation: a DEAP `Statistics` over individuals with records.

Networks that failed or were pruned are counted, but excluded from mean, spread, minimum and maximum.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from deap import tools

from deap_nn.evolution import OPERATORS, Individual
from deap_nn.search.volume import Volume
from deap_nn.status import FAILURES, LIMITS, Status


def make_statistics(
    counts: Counter[str], halloffame: tools.HallOfFame, screen_correlation: Callable[[], float | None]
) -> tools.Statistics:
    """Return the statistics of a run's logbook.

    Args:
        counts: The counts of `Evaluations` for the generation.
        halloffame: The best individuals so far.
        screen_correlation: Returns that of the generation.

    Returns:
        Statistics with the fields avg, std, min, max (fitness of the individuals trained in full, with several
        objectives the first value; None if there are none) and trained (their number); best (fitness so far); cached,
        pruned, failed (numbers of evaluations in this generation) and limits (the failures caused by a limit or the
        death of a process); diversity (the share of distinct genomes, above 0 and up to 1); seconds (of this
        generation); with several objectives, hypervolume (see `Volume`); new (genomes that had not been evaluated
        before), avoided (children that were copies of what had), too_large (individuals bred again because of a limit);
        since_best (new genomes since the last gain: a new best, or with several objectives one on the Pareto front);
        success_NAME (the share of the new genomes that this operator helped to make which are better than both parents,
        in the first objective; None if it made none); screen_correlation (the rank correlation, -1 to 1, of what a
        screen expected, in the first objective, with what came out; None where that cannot be told).
    """
    statistics = tools.Statistics()
    for name, function in (("avg", np.mean), ("std", np.std), ("min", np.min), ("max", np.max)):
        statistics.register(name, _of_trained, function)
    statistics.register("trained", lambda population: len(_measured(population)))
    statistics.register("best", lambda _: halloffame[0].fitness.values[0])
    counted = {"cached": ("cached",), "pruned": (Status.PRUNED, Status.PAUSED), "failed": FAILURES, "limits": LIMITS}
    for name, statuses in counted.items():
        statistics.register(name, lambda _, statuses=statuses: sum(counts[status] for status in statuses))
    statistics.register("diversity", diversity)
    statistics.register("seconds", _stopwatch())
    if isinstance(halloffame, tools.ParetoFront):
        statistics.register("hypervolume", Volume(halloffame))
    _register_telemetry(statistics, counts)
    statistics.register("screen_correlation", lambda _: screen_correlation())
    return statistics


def _register_telemetry(statistics: tools.Statistics, counts: Counter[str]) -> None:
    """Register what `Telemetry`, and the toolbox's limits, have counted."""
    children = _children()
    statistics.register("new", lambda _: counts["new"])
    # In generations copies are part of the population; one by one, they are counted as they are bred
    statistics.register("avoided", lambda population: max(0, children(population) - counts["new"]) + counts["avoided"])
    for name in ("too_large", "since_best"):
        statistics.register(name, lambda _, name=name: counts[name])
    for name in OPERATORS:
        statistics.register(
            f"success_{name}", lambda _, name=name: _share(counts[f"better {name}"], counts[f"tried {name}"])
        )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _children() -> Callable[[Sequence[Individual]], int]:
    """Return a function that says how many of a population were not in that of its last call."""
    before: Sequence[Individual] = ()

    def count(population: Sequence[Individual]) -> int:
        nonlocal before
        old = set(map(id, before))
        before = population
        return sum(id(individual) not in old for individual in population)

    return count


def diversity(population: list[Individual]) -> float:
    """Return the share of distinct genomes, above 0 and up to 1."""
    return len({individual.canonical() for individual in population}) / len(population)


def _of_trained(function: Callable[[list[float]], float], population: list[Individual]) -> float | None:
    values = _measured(population)
    if not values:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        figure = float(function(values))
        if not math.isfinite(figure):  # Penalties may be as large as floats can be, and their sum larger
            largest = max(map(abs, values))
            figure = float(function([value / largest for value in values])) * largest
    return figure


def _measured(population: list[Individual]) -> list[float]:
    return [individual.fitness.values[0] for individual in population if individual.fitness.status is Status.OK]


def _stopwatch() -> Callable[[object], float]:
    """Return a function that returns the seconds since its last call."""
    since = time.monotonic()

    def lap(_: object) -> float:
        nonlocal since
        now = time.monotonic()
        elapsed, since = now - since, now
        return round(elapsed, 3)

    return lap
