"""Everything wired together: `evolve` runs a search from nothing, `resume` goes on with one that ended early.

A resumed run is played again from its seed, with the journal in place of the trainings that it holds: so every
draw, the order of everything and the state of every operator are what they were, and the rest of the run is what
it would have been. The checkpoint is compared on the way.
"""

from __future__ import annotations

import os
import platform
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from deap import tools

from deap_nn import plots
from deap_nn.algorithms import Generation, OnGeneration, eaTruncation
from deap_nn.blueprint import check_input_shape
from deap_nn.data import DataSpec, load, save_arrays
from deap_nn.dispatch import BrokenProgram, EvaluationMap, OnEvaluation, StopRun
from deap_nn.engines import Engine, default_engine, make_engine
from deap_nn.evaluation import Problem, Winner, evaluate, train_winner
from deap_nn.files import JsonLines
from deap_nn.individual import FitnessValues, Individual
from deap_nn.run import Run
from deap_nn.settings import Settings, meanings
from deap_nn.space import SearchSpace
from deap_nn.statistics import make_statistics
from deap_nn.toolbox import make_toolbox

Data = str | os.PathLike[str] | tuple[np.ndarray, ...]
PACKAGES = ("deap_nn", "deap", "keras", "numpy", "tensorflow")


@dataclass(frozen=True)
class Hooks:
    """What is called while a run goes on; a hook that returns True stops the run.

    Attributes:
        on_start: called with the run and the engine before the first evaluation.
        on_evaluation: called with the individual and its fitness values as each evaluation ends.
        on_generation: called with each `Generation`, also those that a resumed run plays again.
    """

    on_start: tuple[Callable[[Run, Engine], object], ...] = ()
    on_evaluation: tuple[OnEvaluation, ...] = ()
    on_generation: tuple[OnGeneration, ...] = ()


def evolve(
    space: SearchSpace,
    data: Data,
    *,
    run_dir: str | os.PathLike[str] | None = None,
    hooks: Hooks | None = None,
    **settings: Any,
) -> Run:
    """Search a space for the network with the highest validation accuracy, and train the best one found.

    Args:
        space: which networks may exist.
        data: a data set's name ("digits", "cifar10", ...), an .npz file with x_train, y_train and, if there is a
            test split, x_test, y_test; or these arrays as a tuple in this order.
        run_dir: where the run is written; must not hold a run yet. By default a new directory under `runs/`.
        hooks: called while the run goes on.
        **settings: see `deap_nn.settings.Settings`.

    Returns:
        The run: `run.best` holds the figures of the winner, `run.path / "best.keras"` its network.

    Raises:
        ValueError: if a setting is out of range, the data is malformed or does not fit the space.
        BrokenProgram: if an evaluation raised; what had finished is in the run's journal.
    """
    chosen = Settings(**settings)
    path = Path(run_dir) if run_dir is not None else default_run_dir(space.name)
    Run.check_free(path)
    problem = Problem(space, _data_spec(data, path, chosen), chosen.seed)
    splits = load(problem.data)
    check_input_shape(space, splits.input_shape)
    run = Run.create(
        path,
        {
            "settings": chosen.to_json(),
            "space": space.to_json(),
            "data": {
                "source": problem.data.source,
                "fingerprint": splits.fingerprint,
                "input_shape": splits.input_shape,
                "classes": splits.classes,
                "note": splits.note,
            },
            "versions": versions(),
            "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        },
    )
    return _search(run, problem, chosen, hooks or Hooks())


def resume(run_dir: str | os.PathLike[str], *, hooks: Hooks | None = None, **changes: Any) -> Run:
    """Go on with a run as if nothing had happened; finished evaluations are not repeated.

    Args:
        run_dir: the directory of the run.
        hooks: called while the run goes on.
        **changes: settings that a resumed run may change: generations, target, engine, workers, stop_after.

    Raises:
        ValueError: if the run cannot be read, is in use, was made from other data, or another setting is changed.
    """
    run = Run(Path(run_dir))
    settings = _changed(Settings(**run.info["settings"]), changes)
    space = SearchSpace.from_json(run.info["space"])
    source = run.info["data"]["source"]
    problem = Problem(space, DataSpec(source, settings.train_samples, settings.seed), settings.seed)
    if load(problem.data).fingerprint != run.info["data"]["fingerprint"]:
        raise ValueError(
            f"the data in {source} is not that of the run {run.path}: restore the file, or start a new run"
        )
    return _search(run, problem, settings, hooks or Hooks())


def default_run_dir(name: str) -> Path:
    """Return a directory under `runs/` that does not exist yet, named after the space and the time."""
    stem = f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    candidates = [Path("runs") / stem, *(Path("runs") / f"{stem}-{i}" for i in range(2, 100))]
    return next(path for path in candidates if not path.exists())


def versions() -> dict[str, str]:
    """Return the versions that a run's results depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _data_spec(data: Data, path: Path, settings: Settings) -> DataSpec:
    if isinstance(data, tuple):
        path.mkdir(parents=True, exist_ok=True)
        save_arrays(path / "data.npz", *data)
        data = path / "data.npz"
    return DataSpec(os.fspath(data), settings.train_samples, settings.seed)


def _changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    fixed = [name for name in changes if not meanings()[name].resumable]
    if fixed:
        free = ", ".join(name for name, meaning in meanings().items() if meaning.resumable)
        raise ValueError(f"a resumed run keeps its {', '.join(fixed)}; only {free} may change")
    return replace(settings, **changes)


def _search(run: Run, problem: Problem, settings: Settings, hooks: Hooks) -> Run:
    """Evolve and train the winner; whatever happens, `run.json` tells how it ended."""
    engine_name = settings.engine or default_engine()
    with (
        run.writing() as journal,
        _status(run),
        make_engine(
            engine_name,
            workers=settings.workers,
            time_limit=settings.time_limit,
            log_dir=run.path / "logs",
        ) as engine,
        _random_stream(settings.seed),
    ):
        run.update(status="running", settings=settings.to_json(), engine=engine.description)
        for hook in hooks.on_start:
            hook(run, engine)
        stopped = _evolve(run, journal, problem, settings, engine, hooks)
        _train_winner(run, problem, engine)
        run.update(status="stopped" if stopped else "finished", reason=stopped)
    return run


def _evolve(run: Run, journal: JsonLines, problem: Problem, settings: Settings, engine: Engine, hooks: Hooks) -> str:
    """Run the loop; return why it was stopped early, "" if it was not."""
    until = None if settings.stop_after is None else time.monotonic() + settings.stop_after
    evaluations = EvaluationMap(
        engine,
        journal={individual.canonical(): values for individual, values in run.evaluations()},
        on_evaluation=(partial(_write_down, journal), *hooks.on_evaluation),
        until=until,
    )
    toolbox = make_toolbox(
        problem.space,
        evaluate=partial(evaluate, problem=problem),
        map=evaluations.map,
        crossover=settings.crossover,
        mutation_probability=settings.mutation_probability,
    )
    halloffame = tools.HallOfFame(10)
    keeper = _Keeper(run, evaluations)
    try:
        eaTruncation(
            toolbox.population(n=settings.population),
            toolbox,
            cxpb=1.0,
            mutpb=1.0,
            ngen=settings.generations,
            stats=make_statistics(evaluations.counts, halloffame),
            halloffame=halloffame,
            survivors=settings.survivors,
            target=settings.target,
            on_generation=(keeper, *hooks.on_generation),
        )
    except StopRun as stop:
        engine.clear()
        return str(stop)
    return ""


def _write_down(journal: JsonLines, individual: Individual, values: FitnessValues) -> None:
    journal.append({"genome": individual.to_json(), "fitness": list(values), "record": values.record})


class _Keeper:
    """The hook that writes logbook, checkpoint and picture after each generation.

    A generation that is played again keeps the seconds it once took, and must agree with the checkpoint.
    """

    def __init__(self, run: Run, evaluations: EvaluationMap) -> None:
        self._run, self._evaluations = run, evaluations
        self._before = run.logbook
        self._checkpoint = run.checkpoint

    def __call__(self, generation: Generation) -> None:
        """Write down what a generation was."""
        self._evaluations.counts.clear()
        if generation.number < len(self._before):
            generation.logbook[-1]["seconds"] = self._before[generation.number]["seconds"]
        content = _checkpoint(generation)
        if self._checkpoint is not None and generation.number <= self._checkpoint["generation"]:
            self._compare(content)
            return
        self._run.write_logbook(generation.logbook)
        self._run.write_checkpoint(content)
        plots.save(plots.plot_fitness(generation.logbook), self._run.path / "plots" / "fitness.png")

    def _compare(self, content: dict[str, Any]) -> None:
        past = self._checkpoint or {}
        if content["generation"] == past["generation"] and content["population"] != past["population"]:
            raise ValueError(
                f"generation {content['generation']} of {self._run.path} comes out differently than the first time, "
                "so this run cannot go on: was a file in it edited, or deap_nn exchanged? (run.json names versions)"
            )


def _checkpoint(generation: Generation) -> dict[str, Any]:
    def plain(individuals: Iterable[Individual]) -> list[dict[str, Any]]:
        return [{"genome": ind.to_json(), "fitness": list(ind.fitness.values)} for ind in individuals]

    return {
        "generation": generation.number,
        "population": plain(generation.population),
        "halloffame": plain(generation.halloffame or ()),
        "logbook": list(generation.logbook),
        "random_state": random.getstate(),
    }


def _train_winner(run: Run, problem: Problem, engine: Engine) -> None:
    best = run.best_individual
    (outcome,) = engine.map(partial(train_winner, problem=problem), [best])
    if outcome.status != "ok":
        raise BrokenProgram(
            f"the training of the winner ended as {outcome.status}: {outcome.reason}\n{outcome.traceback}"
        )
    winner: Winner = outcome.value
    run.write_best(
        winner.model,
        {
            "genome": best.to_json(),
            "search_validation_accuracy": best.fitness.values[0],
            "test_accuracy": winner.test_accuracy,
            "trained_on": winner.trained_on,
            "test_evaluations": (run.best or {}).get("test_evaluations", 0) + 1,
            "class_accuracy": winner.class_accuracy,
            "confusion_matrix": winner.confusion_matrix,
            "layers": winner.layers,
        },
    )


@contextmanager
def _status(run: Run) -> Iterator[None]:
    """Have `run.json` tell the truth when a search ends with an exception."""
    try:
        yield
    except KeyboardInterrupt:
        run.update(status="stopped", reason="interrupted")
        raise
    except BaseException as error:
        run.update(status="failed", reason=str(error).splitlines()[0] if str(error) else repr(error))
        raise


@contextmanager
def _random_stream(seed: int) -> Iterator[None]:
    """Seed the stdlib's `random`, from which all of evolution draws; afterwards it is as it was."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)
