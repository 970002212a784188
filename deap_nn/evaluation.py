"""The one function that engines ship: an individual in, its fitness and the record of its training out.

`evaluate` builds the network, trains it on the training split and measures it on the validation split.
`train_winner` trains one individual on both and opens the test split, once per search.
"""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from deap_nn.blueprint import LayerSpec, blueprint, parameters
from deap_nn.data import DataSpec, Splits, load
from deap_nn.individual import WORST_FITNESS, FitnessValues, Individual
from deap_nn.race import hopeless
from deap_nn.space import SearchSpace


@dataclass(frozen=True)
class Problem:
    """What every evaluation of a run has in common: small and picklable, since each task carries it.

    Attributes:
        space: the search space.
        data: which data, how much of it and how it is split.
        training_seed: from which, with the genome, each training's own seed is derived.
        precision: of the numbers that convolutions multiply, "float32" or "bfloat16".
    """

    space: SearchSpace
    data: DataSpec
    training_seed: int = 0
    precision: str = "float32"


@dataclass(frozen=True)
class Winner:
    """The trained best network.

    Attributes:
        model: the content of its `.keras` file.
        layers: one line per layer.
        trained_on: "training + validation" or, where that training failed, "training".
        confusion_matrix: test samples by true class (rows) and predicted class (columns).
        seconds: what it took.
    """

    model: bytes
    layers: list[str]
    trained_on: str
    confusion_matrix: list[list[int]]
    seconds: float

    @property
    def test_accuracy(self) -> float:
        """The share of the test samples that is classified right, 0 to 1."""
        matrix = np.array(self.confusion_matrix)
        return float(np.trace(matrix) / matrix.sum())

    @property
    def class_accuracy(self) -> list[float]:
        """For each class the share of its test samples that is classified right, 0 to 1."""
        matrix = np.array(self.confusion_matrix)
        return (np.diag(matrix) / np.maximum(matrix.sum(axis=1), 1)).tolist()


def genome_seed(training_seed: int, individual: Individual) -> int:
    """Return the seed of one training, 0 to 2**31 - 1: a digest of the run's seed and the genome."""
    text = f"{training_seed}:{individual.canonical()}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") >> 1


def evaluate(individual: Individual, problem: Problem, thresholds: Sequence[float] = ()) -> FitnessValues:
    """Train the network of an individual and return its validation accuracy after the last epoch.

    Args:
        individual: the genome.
        problem: space, data and seed.
        thresholds: the training is given up where its best validation accuracy so far is below these, see
            `deap_nn.race`; none to train in full.

    Returns:
        The fitness, 0 to 1, with the record. A network that cannot be built, whose loss is no longer finite or
        that the framework has no memory for gets `WORST_FITNESS`, and so does one that was given up.

    Raises:
        Exception: whatever a broken program raises; poor networks raise nothing.
    """
    started = time.monotonic()
    splits = load(problem.data)
    record: dict[str, Any] = {
        "status": "ok",
        "reason": "",
        "seed": genome_seed(problem.training_seed, individual),
        "worker": f"{platform.node()}:{os.getpid()}",
        "device": os.environ.get("CUDA_VISIBLE_DEVICES") or "cpu",
        "seconds": {"load": time.monotonic() - started},
    }
    try:
        specs = blueprint(problem.space, individual, splits.input_shape, splits.classes)
        record |= {"network": [str(spec) for spec in specs], "parameters": parameters(specs)}
        accuracy = _train_and_validate(individual, specs, splits, problem, thresholds, record)
    except ValueError as error:
        return _failed(record, f"cannot be built: {error}")
    except MemoryError as error:
        return _failed(record, f"out of memory: {error}")
    if record["status"] != "ok":
        return FitnessValues((WORST_FITNESS,), record)
    return FitnessValues((accuracy,), record)


def _failed(record: dict[str, Any], reason: str) -> FitnessValues:
    return FitnessValues((WORST_FITNESS,), record | {"status": "failed", "reason": " ".join(reason.split())})


def _train_and_validate(
    individual: Individual,
    specs: Sequence[LayerSpec],
    splits: Splits,
    problem: Problem,
    thresholds: Sequence[float],
    record: dict[str, Any],
) -> float:
    from deap_nn.training import Schedule, train

    started = time.monotonic()
    training, validation = _samples(problem.data)
    result = train(
        specs,
        splits.input_shape,
        Schedule.from_genes(individual[-1].genes, problem.precision),
        training,
        validation,
        record["seed"],
        hopeless(thresholds, individual[-1].genes["epochs"]),
    )
    record["seconds"]["train"] = time.monotonic() - started
    record |= {"history": result.history, "epochs": result.epochs}
    if result.stopped:
        status = {"diverged": "failed"}.get(result.stopped, result.stopped)
        record |= {"status": status, "reason": f"{result.stopped} in epoch {result.epochs}"}
    return result.history["val_accuracy"][-1]


def train_winner(individual: Individual, with_validation: bool, problem: Problem) -> Winner:
    """Train an individual for good and measure it on the test split.

    Args:
        individual: the best of a search.
        with_validation: train on training and validation data; otherwise, or if that training diverges, the one
            of the search is repeated from its seed, on the training data.
        problem: space, data and seed of the search.

    Returns:
        The network as it is saved, with its figures on the test split.
    """
    from deap_nn.model import layer_lines, model_bytes, trained_model
    from deap_nn.training import Samples, Schedule, train

    started = time.monotonic()
    splits = load(problem.data)
    specs = blueprint(problem.space, individual, splits.input_shape, splits.classes)
    training, validation = _samples(problem.data)
    fit = partial(
        train,
        specs,
        splits.input_shape,
        Schedule.from_genes(individual[-1].genes, problem.precision),
        validation=validation,
        seed=genome_seed(problem.training_seed, individual),
    )
    both = Samples(np.concatenate([training.x, validation.x]), np.concatenate([training.y, validation.y]))
    trained_on, result = "training + validation", fit(both) if with_validation else None
    if result is None or result.stopped:
        trained_on, result = "training", fit(training)
    model = trained_model(specs, result.weights, splits.input_shape, splits.scale, splits.offset)
    predicted = np.argmax(model.predict(splits.x_test, batch_size=500, verbose=0), axis=1)
    matrix = np.zeros((splits.classes, splits.classes), int)
    np.add.at(matrix, (splits.y_test, predicted), 1)
    return Winner(model_bytes(model), layer_lines(model), trained_on, matrix.tolist(), time.monotonic() - started)


@lru_cache(maxsize=1)
def _samples(data: DataSpec) -> tuple[Any, Any]:
    """Scale training and validation split once per process."""
    from deap_nn.training import Samples

    splits = load(data)
    return (
        Samples(splits.scaled(splits.x_train), splits.y_train.astype(np.int32)),
        Samples(splits.scaled(splits.x_validation), splits.y_validation.astype(np.int32)),
    )
