"""What a search maximises: the function that engines ship, and what has to be known about it.

Usually the validation accuracy of Keras networks on a data set; or any function of a user's own, which needs no
data and has no winner to train.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deap_nn.data import DataSpec, load, save_arrays
from deap_nn.evaluation import Problem, Winner, evaluate, train_winner
from deap_nn.evolution import Individual
from deap_nn.networks import blueprint, check_space, multiply_adds
from deap_nn.search.settings import Settings
from deap_nn.space import SearchSpace

Data = str | os.PathLike[str] | tuple[np.ndarray, ...]
Evaluate = Callable[[Individual], Any]
TrainWinner = Callable[[Individual, bool], Winner]


@dataclass(frozen=True)
class Objective:
    """An objective.

    Attributes:
        evaluate: `individual -> fitness values`, picklable.
        info: what `run.json` says of it; a run only goes on with an objective of the same.
        train_winner: `(individual, with_validation) -> Winner`, picklable; None where there is nothing to train.
        cost: `individual -> what its evaluation is expected to take`, in any unit; None where nobody knows.
        chance: the accuracy that takes no learning, for the race; None where there are no networks to race.
    """

    evaluate: Evaluate
    info: Mapping[str, Any]
    train_winner: TrainWinner | None = None
    cost: Callable[[Individual], float] | None = None
    chance: float | None = None

    @property
    def essence(self) -> str:
        """What results depend on: a data set is what it holds, wherever it lies."""
        return self.info["data"]["fingerprint"] if "data" in self.info else self.info["evaluate"]


def keras_objective(space: SearchSpace, data: DataSpec, settings: Settings) -> Objective:
    """Return the objective "validation accuracy of a Keras network on this data".

    Raises:
        ValueError: if the data is malformed or does not fit the space.
    """
    splits = load(data)
    check_space(space, splits.input_shape)
    problem = Problem(space, data, settings.seed_of_trainings, settings.precision)
    info = {
        "data": {
            "source": data.source,
            "fingerprint": splits.fingerprint,
            "input_shape": list(splits.input_shape),
            "classes": splits.classes,
            "note": splits.note,
        }
    }
    # a user's own layers could only be asked by making them, which takes TensorFlow
    countable = all(block.kind.build is None for block in space.blocks)
    cost = partial(_cost, space=space, input_shape=splits.input_shape, classes=splits.classes) if countable else None
    return Objective(
        partial(evaluate, problem=problem),
        info,
        partial(train_winner, problem=problem),
        cost,
        chance_level(splits.y_validation),
    )


def chance_level(labels: np.ndarray) -> float:
    """Return the accuracy of naming the commonest class always, from the class indices of a validation split."""
    return float(np.bincount(labels).max() / len(labels))


def _cost(individual: Individual, space: SearchSpace, input_shape: tuple[int, ...], classes: int) -> float:
    """Return the multiply-adds of a training, up to a factor."""
    specs = blueprint(space, individual, input_shape, classes)
    return multiply_adds(specs, input_shape) * individual[-1].genes["epochs"]


def user_objective(function: Evaluate) -> Objective:
    """Return the objective of a user's own function, a module-level one (or a `functools.partial` of one)."""
    named = function
    while isinstance(named, partial):
        named = named.func
    return Objective(function, {"evaluate": f"{named.__module__}:{named.__qualname__}"})


def data_spec(data: Data, run_dir: Path, settings: Settings) -> DataSpec:
    """Return where the data of a run lies; arrays from Python are written to its directory first."""
    if isinstance(data, tuple):
        save_arrays(run_dir / "data.npz", *data)
        data = run_dir / "data.npz"
    return DataSpec(os.fspath(data), settings.train_samples, settings.seed)
