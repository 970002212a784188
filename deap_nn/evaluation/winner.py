"""The final training of a search: that of the best individual, measured once on the test split."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from deap_nn.data import load
from deap_nn.evaluation.problem import Problem, genome_seed, samples_of
from deap_nn.evolution import Individual
from deap_nn.networks import blueprint
from deap_nn.status import Status


@dataclass(frozen=True)
class Winner:
    """The trained best network.

    Attributes:
        model: The content of its `.keras` file.
        layers: One line per layer.
        trained_on: "training + validation" or, if that training failed, "training".
        report: Its results on the test split, see `Task.report`.
        seconds: The time that it took.
    """

    model: bytes
    layers: list[str]
    trained_on: str
    report: dict[str, Any]
    seconds: float


def train_winner(individual: Individual, with_validation: bool, problem: Problem) -> Winner:
    """Train an individual a final time and measure it on the test split.

    Args:
        individual: The best individual of a search.
        with_validation: Whether to train on training and validation data; otherwise, or if that training diverges,
            the search's training is repeated from its seed, on the training data.
        problem: The space, data and seed of the search.

    Returns:
        The network as it is saved, with its results on the test split.
    """
    from deap_nn.training import Schedule, layer_lines, model_bytes, train, trained_model

    started = time.monotonic()
    splits = problem.splits()
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    data = problem.data_of(0, specs)
    training, validation = samples_of(data)
    fit = partial(
        train,
        specs,
        splits.task,
        Schedule.from_genes(individual[-1].genes, problem.precision).with_steps(len(training), problem.min_steps),
        validation=validation,
        seed=genome_seed(problem.training_seed, individual),
    )
    both = replace(training, x=np.concatenate([training.x, validation.x]), y=np.concatenate([training.y, validation.y]))
    trained_on, result = "training + validation", fit(both) if with_validation else None
    if result is None or result.status is not Status.OK:
        trained_on, result = "training", fit(training)
    taken_in = load(data)
    model = trained_model(specs, result.weights, taken_in.scale, taken_in.offset)
    report = splits.task.report(splits.y_test, model.predict(splits.x_test, batch_size=500, verbose=0))
    return Winner(model_bytes(model), layer_lines(model), trained_on, report, time.monotonic() - started)
