"""One search, from the first draw to the trained winner; `deap_nn.evolution` has its front doors.

A resumed run is played again from its seed, with the journal in place of the trainings that it holds: so every
draw, the order of everything and the state of every operator are what they were, and the rest of the run is what
it would have been. `deap_nn.recording` compares with the checkpoint on the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deap import base, tools

from deap_nn.algorithms import Generation, OnGeneration, eaTruncation, survivor_count
from deap_nn.cache import Cache
from deap_nn.dispatch import EvaluationMap, OnEvaluation, StopRun
from deap_nn.engines import Engine, default_engine, make_engine
from deap_nn.individual import FitnessValues, Individual
from deap_nn.objective import Objective
from deap_nn.race import Race
from deap_nn.random_stream import protected, seeded
from deap_nn.recording import Recorder
from deap_nn.run import Run
from deap_nn.settings import Settings
from deap_nn.space import SearchSpace
from deap_nn.statistics import LIMITS, make_statistics
from deap_nn.toolbox import make_toolbox
from deap_nn.winner import write_winner


@dataclass(frozen=True)
class Hooks:
    """What is called while a run goes on; an evaluation or generation hook that returns True stops the run.

    Attributes:
        on_start: called with the run and the engine before the first evaluation.
        on_evaluation: called with the individual and its fitness values as each evaluation ends.
        on_generation: called with each `Generation`, also those that a resumed run plays again.
    """

    on_start: tuple[Callable[[Run, Engine], object], ...] = ()
    on_evaluation: tuple[OnEvaluation, ...] = ()
    on_generation: tuple[OnGeneration, ...] = ()

    def __add__(self, other: Hooks) -> Hooks:
        """Return the hooks of both, these first."""
        return Hooks(
            self.on_start + other.on_start,
            self.on_evaluation + other.on_evaluation,
            self.on_generation + other.on_generation,
        )


@dataclass(frozen=True)
class Search:
    """A search that is about to run or to go on.

    Attributes:
        run: its directory.
        space: where it searches.
        objective: for what.
        settings: how.
        cache: the file of results shared with other runs, if any.
        retry_failed: evaluate again what a limit or a death ended.
        hooks: called while it goes on.
    """

    run: Run
    space: SearchSpace
    objective: Objective
    settings: Settings
    cache: Path | None = None
    retry_failed: bool = False
    hooks: Hooks = Hooks()


def perform(search: Search) -> Run:
    """Evolve and train the winner; whatever happens, `run.json` tells how it ended."""
    run, settings, hooks = search.run, search.settings, search.hooks
    with ExitStack() as stack:
        journal = stack.enter_context(run.writing())
        stack.enter_context(_status(run))
        engine = stack.enter_context(_engine(run, settings))
        stack.enter_context(seeded(settings.seed))
        recorder = Recorder(run, journal, compare=not search.retry_failed)
        evaluations = EvaluationMap(
            engine,
            journal=_journal(search),
            on_evaluation=(recorder.evaluation, *hooks.on_evaluation),
            cache=stack.enter_context(_cache(search)) if search.cache else None,
            until=None if settings.stop_after is None else time.monotonic() + settings.stop_after,
        )
        run.update(status="running", reason="", settings=settings.to_json(), engine=engine.description)
        for hook in hooks.on_start:
            hook(run, engine)
        best, stopped = _evolve(search, evaluations, recorder)
        engine.clear()
        write_winner(run, best, search.objective, engine)
        run.update(status="stopped" if stopped else "finished", reason=stopped)
    return run


def _engine(run: Run, settings: Settings) -> Engine:
    return make_engine(
        settings.engine or default_engine(),
        workers=settings.workers,
        time_limit=settings.time_limit,
        memory_limit=None if settings.memory_limit is None else int(settings.memory_limit * 2**30),
        threads_per_worker=settings.threads_per_worker,
        workers_per_gpu=settings.workers_per_gpu,
        scheduler_address=settings.dask_scheduler,
        log_dir=run.path / "logs",
    )


def _journal(search: Search) -> dict[str, FitnessValues]:
    entries = {individual.canonical(): values for individual, values in search.run.evaluations()}
    if search.retry_failed:
        return {key: values for key, values in entries.items() if (values.record or {}).get("status") not in LIMITS}
    return entries


def _evolve(search: Search, evaluations: EvaluationMap, recorder: Recorder) -> tuple[Individual, str]:
    """Run the loop; return the best individual and why it was stopped early, "" if it was not."""
    run, settings = search.run, search.settings
    toolbox = make_toolbox(
        search.space,
        evaluate=search.objective.evaluate,
        map=evaluations.map,
        crossover=settings.crossover,
        mutation_probability=settings.mutation_probability,
    )
    own: list[OnGeneration] = [lambda _: evaluations.counts.clear()]
    if settings.race:
        own.append(_race(search, toolbox, recorder))
    starters = [Individual.from_json(genome) for genome in run.info["start_with"]]
    halloffame = tools.HallOfFame(10)
    stopped = ""
    try:
        eaTruncation(
            starters + toolbox.population(n=settings.population - len(starters)),
            toolbox,
            cxpb=1.0,
            mutpb=1.0,
            ngen=settings.generations,
            stats=make_statistics(evaluations.counts, halloffame),
            halloffame=halloffame,
            survivors=settings.survivors,
            target=settings.target,
            on_generation=(*own, _stopping((recorder.generation, *search.hooks.on_generation))),
        )
    except StopRun as stop:
        stopped = str(stop)
        halloffame.update(_evaluated(run))
    if not halloffame:
        raise ValueError(f"{stopped}, before any evaluation had ended: give the run more time; it is in {run.path}")
    return halloffame[0], stopped


def _race(search: Search, toolbox: base.Toolbox, recorder: Recorder) -> OnGeneration:
    """Return the hook that sets the next generation's thresholds; they are part of the checkpoint."""
    race = Race(
        toolbox, search.objective.evaluate, survivor_count(search.settings.survivors, search.settings.population)
    )

    def call(generation: Generation) -> None:
        race(generation)
        recorder.state["thresholds"] = list(race.thresholds)

    return call


def _stopping(hooks: tuple[OnGeneration, ...]) -> OnGeneration:
    """Return one hook that calls all and stops the run, with a reason, if one of them says so."""

    def call(generation: Generation) -> None:
        with protected():
            replies = [hook(generation) for hook in hooks]
        if True in replies:
            raise StopRun(f"a hook asked for it after generation {generation.number}")

    return call


def _evaluated(run: Run) -> list[Individual]:
    """Return the evaluated individuals of a run that was stopped within a generation, in an order of their own."""
    individuals = []
    for individual, values in run.evaluations():
        individual.fitness.values = values
        individuals.append(individual)
    return sorted(individuals, key=Individual.canonical)


@contextmanager
def _cache(search: Search) -> Iterator[Cache]:
    info = search.run.info
    circumstances: dict[str, Any] = {
        "space": info["space"],
        "objective": search.objective.essence,
        "training_seed": search.settings.seed_of_trainings,
        "threads": search.settings.threads_per_worker,
        "versions": {name: info["versions"][name] for name in ("deap_nn", "backend", "keras", "numpy", "tensorflow")},
    }
    cache = Cache(search.cache or Path(), circumstances)
    try:
        yield cache
    finally:
        cache.close()


@contextmanager
def _status(run: Run) -> Iterator[None]:
    """Have `run.json` tell the truth when a search ends with an exception."""
    try:
        yield
    except KeyboardInterrupt:
        run.update(status="stopped", reason="interrupted")
        raise
    except BaseException as error:
        reason = (str(error) or repr(error)).splitlines()[0]
        with suppress(OSError):  # the directory may be what failed
            run.update(status="failed", reason=reason)
        raise
