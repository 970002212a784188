"""The objective of a search: the function to maximise and its properties.

It is usually the validation accuracy of Keras networks on a data set; or any user-defined function, which needs no
data and has no winner to train.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from deap_nn.data import DataSpec, load, save_arrays
from deap_nn.errors import InputError
from deap_nn.evaluation import (
    MEASURED,
    TRAINERS,
    Ensemble,
    FinalPlan,
    Problem,
    Size,
    Winner,
    calibrate,
    evaluate,
    join_winners,
    planned_work,
    size_of,
    train_winner,
)
from deap_nn.evolution import FIRST, Individual, selTruncation, survivor_count
from deap_nn.networks import check_space
from deap_nn.pruning import FrontRace, Halving, NoPruning, Pruner, Race, RaceInOrder
from deap_nn.runs import DATA
from deap_nn.search.settings import HALVING, NONE, STEADY_STATE, Settings
from deap_nn.space import SearchSpace, widened
from deap_nn.tasks import TASKS, Task

SIZES = Size._fields
"""The objectives that are known of a network before it is trained."""

Data = str | os.PathLike[str] | tuple[np.ndarray, ...]
Evaluate = Callable[[Individual], Any]
TrainWinner = Callable[[Individual, FinalPlan], Winner]
Join = Callable[[Sequence[bytes]], Ensemble]


@dataclass(frozen=True)
class Objective:
    """The objective of a search.

    Attributes:
        evaluate: `individual -> fitness values`, picklable.
        evaluate_again: The same for finalists, which are also asked whether several views of an image would help them;
            None where there is no final training to choose for.
        info: The objective's entry in `run.json`; a run can only be resumed if the `essence` is the same.
        label: What is maximised, in words.
        worst: The fitness of an individual that could not be measured, its first value if there are several.
        task: What the networks learn; None without networks.
        train_winner: `(individual, plan) -> Winner`, picklable; None if there is nothing to train.
        join_winners: `models -> Ensemble`, picklable; None if there is nothing to train.
        cost: `individual -> expected cost of its evaluation`, in multiply-adds; None if it is unknown.
        size: `individual -> the size of its network`; None if it is unknown.
        calibrate: `individual -> Pace`, picklable: what a training costs where it runs; None if nothing is trained.
        make_pruner: `() -> pruner`, called once per session.
        widen: `(individual, factor) -> individual`: the same network, so many times as wide; None without networks.
        samples: The number of samples for training and validation.
        test_samples: The number of samples of the test split.
    """

    evaluate: Evaluate
    info: Mapping[str, Any]
    label: str = "fitness"
    worst: float = 0.0
    task: Task | None = None
    evaluate_again: Evaluate | None = None
    train_winner: TrainWinner | None = None
    join_winners: Join | None = None
    cost: Callable[[Individual], float] | None = None
    size: Callable[[Individual], Size] | None = None
    calibrate: Callable[[Individual], Any] | None = None
    make_pruner: Callable[[], Pruner] = NoPruning
    widen: Callable[[Individual, float], Individual] | None = None
    samples: int = 0
    test_samples: int = 0

    @property
    def essence(self) -> str:
        """What results depend on: the content of a data set, wherever it is, or the name of a function."""
        essence: str = self.info["data"]["fingerprint"] if "data" in self.info else self.info["evaluate"]
        return essence


def keras_objective(space: SearchSpace, data: DataSpec, settings: Settings) -> Objective:
    """Return the objective "validation measure of a Keras network on this data".

    Raises:
        InputError: If the data is malformed or does not fit the space.
    """
    if settings.minimize:
        raise InputError("minimize is for functions of your own; of networks the measure says what is better")
    if settings.stop_at is not None:
        TASKS[data.task].measure.check("stop_at", settings.stop_at)
    splits = load(data)
    task = splits.task
    check_space(space, splits.input_shape)
    _check_trainer(settings.trainer)
    problem = Problem(
        space,
        data,
        settings.seed_of_trainings,
        settings.precision,
        splits.fingerprint,
        settings.min_steps,
        settings.trainer,
    )
    info = {
        "source": data.source,
        "fingerprint": splits.fingerprint,
        "input_shape": list(splits.input_shape),
        **task.to_json(),
        "note": splits.note,
    }
    # User-defined layers would have to be built to count their multiply-adds, which requires TensorFlow.
    countable = all(block.kind.build is None for block in space.blocks)
    _check_objectives(settings, task.measure.name, countable)
    return Objective(
        partial(evaluate, problem=problem, measured=measured_of(settings)),
        {"data": info},
        f"validation {task.measure.name}",
        task.measure.worst,
        task,
        partial(evaluate, problem=problem, views=True, measured=measured_of(settings)),
        partial(train_winner, problem=problem),
        partial(join_winners, problem=problem),
        partial(planned_work, problem=problem) if countable else None,
        partial(size_of, problem=problem) if countable else None,
        partial(calibrate, problem=problem) if countable else None,
        partial(make_pruner, task, task.naive_score(splits.y_validation), settings),
        lambda individual, factor: Individual(widened(space, individual, factor)),
        len(splits.y_train) + len(splits.y_validation),
        len(splits.y_test),
    )


def measured_of(settings: Settings) -> tuple[str, ...]:
    """Return what evaluations are asked to measure besides."""
    return tuple(one.name for one in settings.criteria if one.name in MEASURED)


def _check_objectives(settings: Settings, measure: str, countable: bool) -> None:
    if settings.objectives[0] != measure:
        raise InputError(f"the first objective is {settings.objectives[0]!r}, expected {measure!r} for networks")
    if settings.train_front and not settings.criteria:
        raise InputError("train_front is for several objectives: name them, such as objectives accuracy,parameters")
    if settings.pruner == HALVING and (settings.criteria or not settings.is_steady):
        raise InputError(
            f"pruner is {HALVING!r}, which is for algorithm {STEADY_STATE} with one objective: leave it out, or change "
            "these"
        )
    counted = [one.name for one in settings.criteria if one.name in SIZES]
    if counted and not countable:
        raise InputError(
            f"received the objective {counted[0]}, but the space has layers of your own, whose size nobody can work "
            "out: leave it out"
        )


def _check_trainer(trainer: str | None) -> None:
    package = None if trainer is None else TRAINERS[trainer]
    if package is not None and find_spec(package) is None:
        raise InputError(
            f"trainer {trainer!r} needs the package {package}, which is not installed: pip install {package}"
        )


def make_pruner(task: Task, naive_score: float, settings: Settings) -> Pruner:
    """Return the pruner of a search."""
    if settings.pruner == NONE:
        return NoPruning()
    if settings.pruner == HALVING:
        return Halving(task)
    keep = survivor_count(settings.survivors, settings.population)
    if settings.criteria:
        names = [one.name for one in settings.criteria]
        return FrontRace(task, naive_score, keep, names if {*names} <= {*SIZES} else None)
    if settings.is_steady:
        return RaceInOrder(task, naive_score, keep)
    return Race(task, naive_score, keep, selTruncation)


def user_objective(function: Evaluate, settings: Settings) -> Objective:
    """Return the objective of a user-defined function, at module level (or a `functools.partial` of one)."""
    named: Any = function
    while isinstance(named, partial):
        named = named.func
    if not hasattr(named, "__qualname__"):  # an object that can be called
        named = type(named)
    if settings.criteria and settings.objectives[0] != FIRST[1]:
        raise InputError(
            f"the first objective is {settings.objectives[0]!r}, expected {FIRST[1]!r} for a function of your own, "
            "which returns that; the others are read from its record"
        )
    if settings.train_front:
        raise InputError("train_front is for networks; a function of your own has none to train: leave it out")
    # Below everything that the function can return, so that what was not measured is never the best
    worst = sys.float_info.max if settings.minimize else -sys.float_info.max
    return Objective(function, {"evaluate": f"{named.__module__}:{named.__qualname__}"}, worst=worst)


def data_spec(data: Data, run_dir: Path, settings: Settings) -> DataSpec:
    """Return the specification of a run's data; arrays from Python are first written to its directory."""
    source = run_dir / DATA if isinstance(data, tuple) else data
    shared = {field.name for field in fields(DataSpec)} & settings.to_json().keys()
    spec = DataSpec(os.fspath(source), **{name: getattr(settings, name) for name in shared})
    if isinstance(data, tuple):
        save_arrays(source, *data, kind=TASKS[spec.task])
    return spec
