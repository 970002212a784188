"""The loop of a search, with its statistics and hooks."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from deap import tools

from deap_nn.evolution import Generation, Individual, OnGeneration
from deap_nn.pruning import Pruner
from deap_nn.random_stream import protected
from deap_nn.runs import Children, Run
from deap_nn.search.breeding import make_breeding
from deap_nn.search.evaluations import Evaluations
from deap_nn.search.in_order import InOrder
from deap_nn.search.outcomes import TIME_IS_OVER, Enough, RunFailed, StopRun
from deap_nn.search.search import Search
from deap_nn.search.statistics import make_statistics
from deap_nn.status import FAILURES, Status


def find_best(
    search: Search,
    evaluations: Evaluations | InOrder,
    pruner: Pruner,
    hooks: Iterable[OnGeneration],
    most_work: float | None = None,
    children: Children | None = None,
) -> tuple[list[Individual], str]:
    """Run the loop.

    Args:
        search: The search to perform.
        evaluations: Evaluates the individuals.
        pruner: The pruner, which learns from each generation, or result, before the hooks see it.
        hooks: The hooks called with each generation; one that returns True stops the run.
        most_work: The cost above which an individual is bred again; None: any.
        children: Of a steady state, the file of the chosen genomes.

    Returns:
        The best individuals, with several objectives the Pareto front, the best first (none whose training has paused,
        unless there are no others), and the reason why the loop was stopped early, "" if it was not.

    Raises:
        RunFailed: If it was stopped before any evaluation had ended.
    """
    run, settings = search.run, search.settings
    toolbox, telemetry, loop, first = make_breeding(search, evaluations, pruner, most_work, children)
    halloffame = tools.ParetoFront() if settings.criteria else tools.HallOfFame(10)
    stopped = ""
    try:
        loop(
            first + toolbox.population(n=settings.population - len(first)),
            toolbox,
            cxpb=1.0,
            mutpb=1.0,
            ngen=settings.most_generations,
            stats=make_statistics(evaluations.counts, halloffame, telemetry.screen_correlation),
            halloffame=halloffame,
            target=settings.stop_at,
            patience=settings.patience,
            on_generation=(partial(_begin, evaluations, pruner), _stopping(tuple(hooks))),
        )
    except StopRun as stop:
        stopped = str(stop)
        _abandon(evaluations, stopped)
        halloffame.update(_front_evaluated(run) if settings.criteria else _best_evaluated(run, halloffame.maxsize))
        if isinstance(stop, Enough):  # as was meant to be
            stopped = ""
    else:
        _abandon(evaluations, stopped)
    if not halloffame:
        raise RunFailed(f"{stopped}, before any evaluation had ended: give the run more time; it is in {run.path}")
    return [one for one in halloffame if one.fitness.status is not Status.PAUSED] or list(halloffame), stopped


def _abandon(evaluations: Evaluations | InOrder, stopped: str) -> None:
    """Drop what a steady state has begun beyond its end; what the clock has cut off may go on another time."""
    if isinstance(evaluations, InOrder):
        evaluations.abandon(for_good=stopped != TIME_IS_OVER)


def _begin(evaluations: Evaluations | InOrder, pruner: Pruner, generation: Generation) -> None:
    """Begin a new count after a generation, from which a pruner learns unless it has from each of its results."""
    evaluations.counts.clear()
    if isinstance(evaluations, Evaluations):
        pruner.learn(generation.population)
    if generation.number == 0:
        _check_any(generation.population)


def _check_any(population: Iterable[Individual]) -> None:
    """Refuse to go on where every evaluation of the first generation failed: the next ones would, too."""
    records = [one.fitness.record for one in population if one.fitness.record is not None]
    reasons = Counter(record.reason for record in records if record.status in FAILURES)
    if records and reasons.total() == len(records):
        reason, count = reasons.most_common(1)[0]
        raise RunFailed(
            f"no evaluation of the first generation succeeded; the most common reason ({count} times): {reason}"
        )


def _stopping(hooks: tuple[OnGeneration, ...]) -> OnGeneration:
    """Return one hook that calls all of them and stops the run, with a reason, if one returns True."""

    def call(generation: Generation) -> None:
        with protected():
            replies = [hook(generation) for hook in hooks]
        if True in replies:
            raise StopRun(f"a hook asked for it after generation {generation.number}")

    return call


def _best_evaluated(run: Run, count: int) -> list[Individual]:
    """Return the best of a run that was stopped within a generation; equally good ones in canonical order."""
    return heapq.nsmallest(count, _evaluated(run), key=lambda one: (-one.fitness.wvalues[0], one.canonical()))


def _front_evaluated(run: Run) -> list[Individual]:
    """Return the Pareto front of a run that was stopped within a generation; equally good ones in canonical order."""
    front = tools.ParetoFront()
    front.update(_evaluated(run))
    return sorted(front, key=lambda one: one.canonical())


def _evaluated(run: Run) -> Iterator[Individual]:
    for individual, values in run.evaluations():
        if not values.record.repetition:  # else of a finalist
            individual.fitness.values = values
            yield individual
