"""`resume`, which continues a search that ended early or adds generations to one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from deap_nn.data import DataSpec, load
from deap_nn.engines import refuse_in_worker
from deap_nn.errors import InputError
from deap_nn.evolution import Criterion, Individual
from deap_nn.runs import DATA, RUN, Run
from deap_nn.search.call_forms import data_of
from deap_nn.search.hooks import Hooks
from deap_nn.search.objective import Data, Evaluate, Objective, data_spec, keras_objective, user_objective
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.search.settings import TRUNCATION, Settings, all_settings
from deap_nn.space import SearchSpace

BEFORE_THERE_WAS_A_CHOICE = {"algorithm": TRUNCATION}
"""The settings of runs that were begun before these were settings."""


def resume(
    run_dir: str | os.PathLike[str],
    *,
    space: SearchSpace | None = None,
    data: Any = None,
    evaluate: Evaluate | None = None,
    cache: str | os.PathLike[str] | None = None,
    retry_failed: bool = False,
    objectives: Sequence[str | Criterion] | str | None = None,
    hooks: Hooks | None = None,
    progress: bool = True,
    **changes: Any,
) -> Run:
    """Continue a run as if it had not been interrupted; finished evaluations are not repeated.

    Args:
        run_dir: The directory of the run.
        space: Must be the run's. By default, the one that the run describes, if all its layers are the package's own.
        data: If given, must be the run's; by default, it is read from the source that the run used.
        evaluate: The run's function, if it was started with one of your own.
        cache: As for `evolve`.
        retry_failed: Whether to repeat evaluations that a limit or the death of their process ended; the run's results
            may then differ.
        objectives: Must be the run's; needed if one of them is a `Criterion`, whose function the run does not hold.
        hooks: The hooks called during the run.
        progress: Whether to show the progress on standard output: a bar on a terminal, else a line per generation.
        **changes: Settings that a resumed run may change: generations, stop_at, engine, workers, ... What a Dask
            scheduler sends runs here as code, so `dask_scheduler` is not taken from the run.

    Raises:
        InputError: If the run cannot be read, is in use or was made with another space, data or function, or if a
            fixed setting is changed.
    """
    refuse_in_worker("resume")
    run = Run(Path(run_dir))
    recorded = _recorded_settings(run)
    data = None if data is None else data_of(data)
    settings = _with_objectives(run, _changed(run, recorded, changes), objectives)
    own = SearchSpace.from_json(run.info["space"]) if space is None else space
    if own.to_json() != run.info["space"]:
        raise InputError(
            f"{run.path} searches the space {run.info['space']['name']!r}, not this {own.name!r}: go on with the "
            "script that began it, or start a new run"
        )
    objective = _same_objective(run, own, data, evaluate, settings)
    file = Path(cache).expanduser() if cache else None
    return perform(Search(run, own, objective, settings, file, retry_failed, hooks or Hooks(), progress=progress))


def _recorded_settings(run: Run) -> Settings:
    """Return the settings of a run whose `run.json` has all that a resume needs."""
    try:
        settings = Settings(**{**BEFORE_THERE_WAS_A_CHOICE, **run.info["settings"]})
        _ = run.info["data"]["fingerprint"] if "data" in run.info else run.info["evaluate"]
        _ = run.info["space"]["name"], [Individual.from_json(genome) for genome in run.info["start_with"]]
    except (KeyError, TypeError, InputError) as error:
        raise InputError(
            f"{run.path / RUN} is damaged ({error!r}): restore it from a copy, or start a new run"
        ) from error
    return settings


def _changed(run: Run, recorded: Settings, changes: Mapping[str, Any]) -> Settings:
    fixed = [name for name in changes if name not in all_settings() or not all_settings()[name].resumable]
    if fixed:
        free = ", ".join(name for name, setting in all_settings().items() if setting.resumable)
        raise InputError(f"a resumed run keeps its {', '.join(fixed)}; only {free} may change")
    settings = replace(recorded, **{"dask_scheduler": None, **changes})
    if settings.engine == "dask" and recorded.dask_scheduler is not None and "dask_scheduler" not in changes:
        raise InputError(
            f"{run.path} used the Dask scheduler {recorded.dask_scheduler}, which a run directory alone is no reason "
            "to trust: name it, or another, as dask_scheduler (--dask-scheduler)"
        )
    _check_not_less(run, settings)
    return settings


def _with_objectives(run: Run, settings: Settings, objectives: Sequence[str | Criterion] | str | None) -> Settings:
    """Return the settings with the objectives that are given, which must be those of the run."""
    again = settings if objectives is None else replace(settings, objectives=cast(Any, objectives))
    if again.to_json() != settings.to_json():
        raise InputError(
            f"a resumed run keeps its objectives: {run.path} has {_names(settings)}, received {_names(again)}; give "
            "the same, or none"
        )
    if missing := [one.name for one in again.criteria if one.of is None]:
        raise InputError(
            f"{run.path} has the objective {missing[0]}, whose function a run directory does not hold: give the "
            "objectives again, as objectives="
        )
    return again


def _names(settings: Settings) -> str:
    return ", ".join([str(settings.objectives[0]), *(one.name for one in settings.criteria)])


def _check_not_less(run: Run, settings: Settings) -> None:
    """Refuse to end a search before what it has done already."""
    done = run.checkpoint["generation"] if run.checkpoint else 0
    name, asked = "generations", settings.most_generations
    if settings.evaluations is not None:
        name, asked = "evaluations", settings.evaluations
        done = sum(row["nevals"] - row["cached"] for row in run.logbook)
    if asked < done:
        raise InputError(f"{name} is {asked}, but {run.path} has {done} already: give as many or more")


def _data_again(run: Run, data: Data | None, settings: Settings) -> DataSpec:
    """Return the specification of the data; given arrays are only compared, and never replace the run's."""
    if isinstance(data, tuple):
        with TemporaryDirectory() as folder:
            given = load(data_spec(data, Path(folder), settings)).fingerprint
        if given != run.info["data"]["fingerprint"]:
            raise InputError(f"{run.path} was made with other data than these arrays: give the same, or none")
        data = None
    inside = run.path / DATA  # arrays from Python, wherever the directory has been moved
    source = inside if inside.exists() else run.info["data"]["source"]
    return data_spec(source if data is None else data, run.path, settings)


def _same_objective(
    run: Run, space: SearchSpace, data: Data | None, evaluate: Evaluate | None, settings: Settings
) -> Objective:
    if evaluate is not None:
        objective = user_objective(evaluate, settings)
    elif "data" in run.info:
        objective = keras_objective(space, _data_again(run, data, settings), settings)
    else:
        raise InputError(f"{run.path} was made with {run.info['evaluate']}: give this function as evaluate=")
    before = replace(objective, info={name: run.info[name] for name in ("data", "evaluate") if name in run.info})
    if objective.essence != before.essence:
        raise InputError(
            f"{run.path} was made with {dict(before.info)}; received {dict(objective.info)}: restore the first, or "
            "start a new run"
        )
    return objective
