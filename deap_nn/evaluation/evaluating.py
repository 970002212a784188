"""The one function that engines ship: an individual in, its fitness and the record of its training out.

`evaluate` builds the network, trains it on the training split and measures it on the validation split.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from typing import Any

from deap_nn.data import Splits, load
from deap_nn.evaluation.problem import Problem, genome_seed, samples_of
from deap_nn.evolution import WORST_FITNESS, FitnessValues, Individual
from deap_nn.networks import LayerSpec, blueprint, parameters
from deap_nn.pruning import hopeless


def evaluate(individual: Individual, problem: Problem, thresholds: Sequence[float] = ()) -> FitnessValues:
    """Train the network of an individual and return its validation accuracy after the last epoch.

    Args:
        individual: the genome.
        problem: space, data and seed.
        thresholds: the training is given up where its best validation accuracy so far is below these, see
            `deap_nn.pruning.race`; none to train in full.

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
    training, validation = samples_of(problem.data)
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
