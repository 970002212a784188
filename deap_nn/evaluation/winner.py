"""The last training of a search: the best individual, for good, measured on the test split once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from deap_nn.data import load
from deap_nn.evaluation.problem import Problem, genome_seed, samples_of
from deap_nn.evolution import Individual
from deap_nn.networks import blueprint


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
    from deap_nn.training import Samples, Schedule, layer_lines, model_bytes, train, trained_model

    started = time.monotonic()
    splits = load(problem.data)
    specs = blueprint(problem.space, individual, splits.input_shape, splits.classes)
    training, validation = samples_of(problem.data)
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
