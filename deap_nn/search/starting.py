"""`evolve`, which starts a search; `deap_nn.search.resuming` continues one."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from deap_nn.engines import refuse_in_worker
from deap_nn.errors import InputError
from deap_nn.evolution import Individual
from deap_nn.runs import Run, read_genomes, run_info
from deap_nn.search.call_forms import data_of, settings_of, space_for, space_of
from deap_nn.search.hooks import Hooks
from deap_nn.search.limits import size_limit
from deap_nn.search.objective import Data, Evaluate, Objective, data_spec, keras_objective, user_objective
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.search.settings import NONE, Settings
from deap_nn.space import SearchSpace

PACKAGES = ("deap_nn", "deap", "keras", "numpy")


def evolve(
    space: SearchSpace | str | None = None,
    data: Any = None,
    *,
    evaluate: Evaluate | None = None,
    run_dir: str | os.PathLike[str] | None = None,
    start_with: str | os.PathLike[str] | Sequence[Individual] = (),
    cache: str | os.PathLike[str] | None = None,
    hooks: Hooks | None = None,
    progress: bool = True,
    **settings: Any,
) -> Run:
    """Search a space for the network with the highest validation accuracy, and train the best one found.

    Args:
        space: The search space: which networks may exist; or the name of a preset. None: `vision` for images,
            `tabular` for features.
        data: A data set's name ("digits", "cifar10", ...), an .npz file with x_train, y_train and, if there is a
            test split, x_test, y_test; or these arrays as a tuple in this order, as a dict with these names, or as the
            two pairs that Keras's `load_data` returns.
        evaluate: Your own function in place of data: `individual -> (fitness,)`, to be maximised (with `minimize=True`
            minimised), defined at the top level of a module or script. No winner is then trained.
        run_dir: The run directory; must not hold a run yet. By default, a new directory under `runs/`.
        start_with: Individuals for the first generation, at most as many as it holds, or a file of genomes
            (see `deap_nn.runs.warm_start`). Those that the space knows follow, with mutants; the rest are drawn.
        cache: A file of results shared with other runs, created if it does not exist.
        hooks: The hooks called during the run.
        progress: Whether to show the progress on standard output: a bar on a terminal, else a line per generation.
        **settings: See `deap_nn.search.settings.Settings`. In `objectives`, a `Criterion` is one of your own.

    Returns:
        The run: `run.best` holds the results of the winner, `run.path / "best.keras"` its network.

    Raises:
        InputError: If a setting is out of range, the data is malformed or does not fit the space.
        RunFailed: If an evaluation raised, or all were lost; finished evaluations are in the run's journal.
        OSError: If the run directory can no longer be written; the run can be resumed from what it holds.
    """
    refuse_in_worker("evolve")
    if (data is None) == (evaluate is None):
        raise InputError("expected either data to train networks on, or evaluate=, a function of your own; give one")
    data = None if data is None else data_of(data)
    if space is None and data is None:
        raise InputError("a function of your own needs a search space, which says what it is a function of: give one")
    space = space_for(data) if space is None and data is not None else space_of(space)
    chosen = settings_of(({"pruner": NONE} if evaluate is not None else {}) | settings)
    starters = _starters(start_with, space, chosen.population)
    if evaluate is not None and chosen.pruner != NONE:
        raise InputError(
            f"pruner {chosen.pruner} needs the learning curves of networks; give data, or leave pruner out"
        )
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    info = run_info(chosen.to_json(), space.to_json(), {}, starters, versions(), started)
    run = Run.create_named(space.name, info) if run_dir is None else Run.create(run_dir, info)
    try:
        objective = _objective(space, data, evaluate, run.path, chosen)
        if (limit := size_limit(chosen, space, objective, starters)) is not None:
            limit.check()
        run.update(**objective.info)
        file = Path(cache).expanduser() if cache else None
        return perform(Search(run, space, objective, chosen, file, hooks=hooks or Hooks(), progress=progress))
    except InputError:
        run.withdraw()  # Nothing has happened yet: the corrected call may use the directory
        raise


def _objective(
    space: SearchSpace, data: Data | None, evaluate: Evaluate | None, run_dir: Path, settings: Settings
) -> Objective:
    if evaluate is not None or data is None:
        return user_objective(cast(Evaluate, evaluate), settings)
    return keras_objective(space, data_spec(data, run_dir, settings), settings)


def versions() -> dict[str, str]:
    """Return the versions that a run's results depend on.

    Raises:
        InputError: If Keras's backend (the one that KERAS_BACKEND names, or TensorFlow) is not installed.
    """
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    try:
        backend_version = version(backend)
    except PackageNotFoundError:
        raise InputError(
            f"received {backend} as Keras's backend, but no package of that name is installed; install it, or set the "
            "environment variable KERAS_BACKEND to tensorflow, jax or torch, whichever is"
        ) from None
    return {
        "python": platform.python_version(),
        "backend": backend,
        **{name: version(name) for name in PACKAGES},
        backend: backend_version,
    }


def _starters(
    start_with: str | os.PathLike[str] | Sequence[Individual], space: SearchSpace, population: int
) -> list[Individual]:
    if isinstance(start_with, str | os.PathLike):
        starters = read_genomes(Path(start_with).expanduser(), space)
    else:
        starters = list(start_with)
        for individual in starters:
            space.validate(individual)
    if len(starters) > population:
        raise InputError(
            f"received {len(starters)} genomes to start with, expected at most the population of {population}: "
            "give fewer, or enlarge the population"
        )
    return starters
