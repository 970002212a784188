"""The final training of a search: that of the best individual, measured once on the test split."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deap_nn.data import load
from deap_nn.evaluation.problem import Problem, genome_seed, samples_of
from deap_nn.evaluation.work import epoch_work
from deap_nn.evolution import Individual
from deap_nn.networks import LayerSpec, blueprint
from deap_nn.runs import write_atomic
from deap_nn.space import widened
from deap_nn.status import Status

WATCHED = 200
"""The number of validation samples on which a training on all samples is watched, to see whether it diverges."""


class FinalPlan(NamedTuple):
    """How a final training is to be done.

    Attributes:
        epochs: The number of epochs, at least 1; None for those of the genome.
        with_validation: Whether to train on training and validation data.
        seconds: The time in which it has to be over; None for any.
        checkpoint: The file in which its state is kept; None for none.
        views: How many views of each image the network is to judge, see `deap_nn.recipe.views`.
        width: How many times as wide as its genome says the network is to be, within the limits of the space.
    """

    epochs: int | None = None
    with_validation: bool = True
    seconds: float | None = None
    checkpoint: str | None = None
    views: int = 1
    width: float = 1.0


@dataclass(frozen=True)
class Winner:
    """The trained best network.

    Attributes:
        model: The content of its `.keras` file.
        layers: One line per layer.
        trained_on: "training + validation", or "training".
        epochs: The number of epochs that it was trained for.
        threads: The number of threads that trained it, on which its last digits depend.
        views: How many views of each image it judges.
        width: How many times as wide as its genome says it is.
        report: Its results on the test split, see `Task.report`.
        seconds: The time that it took.
    """

    model: bytes
    layers: list[str]
    trained_on: str
    epochs: int
    threads: int
    views: int
    width: float
    report: dict[str, Any]
    seconds: float

    @property
    def training(self) -> dict[str, Any]:
        """How it was trained, as plain data."""
        return {name: getattr(self, name) for name in ("trained_on", "epochs", "threads", "views", "width")}


class Diverged(RuntimeError):  # noqa: N818 - what happened, not whose error
    """A final training that came to nothing."""


def train_winner(individual: Individual, plan: FinalPlan, problem: Problem) -> Winner:
    """Train an individual a final time and measure it on the test split.

    Args:
        individual: The individual.
        plan: How it is to be trained.
        problem: The space, data and seed of the search.

    Raises:
        Diverged: If its loss became infinite or NaN; the test split has not been used then.
    """
    from deap_nn.models import layer_lines, model_bytes, outputs_of, trained_model
    from deap_nn.training import Course, thread_count, train

    started = time.monotonic()
    splits, individual = problem.splits(), Individual(widened(problem.space, individual, plan.width))
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    training, watched = _samples(problem, specs, plan.with_validation)
    of_genome = problem.schedule(individual, len(training))
    schedule = replace(of_genome, epochs=plan.epochs or of_genome.epochs)
    path = None if plan.checkpoint is None else Path(plan.checkpoint)
    costs = epoch_work(specs, schedule, len(training), len(watched))
    course = Course(costs, math.ceil(len(training) / schedule.batch_size), path, plan.seconds, write_atomic)
    seed = genome_seed(problem.training_seed, individual)
    result = train(specs, splits.task, schedule, training, watched, seed, course=course, trainer=problem.trainer)
    if result.status is not Status.OK:
        raise Diverged(result.reason)
    taken_in = load(problem.data_of(0, specs))
    model = trained_model(specs, result.weights, taken_in.scale, taken_in.offset, plan.views)
    return Winner(
        model_bytes(model),
        layer_lines(model),
        "training + validation" if plan.with_validation else "training",
        result.epochs,
        thread_count(),
        plan.views,
        plan.width,
        splits.task.report(splits.y_test, outputs_of(model, splits.x_test)),
        time.monotonic() - started,
    )


def _samples(problem: Problem, specs: Sequence[LayerSpec], with_validation: bool) -> tuple[Any, Any]:
    training, validation = samples_of(problem.data_of(0, specs))
    if not with_validation:
        return training, validation
    both = replace(training, x=np.concatenate([training.x, validation.x]), y=np.concatenate([training.y, validation.y]))
    return both, replace(validation, x=validation.x[:WATCHED], y=validation.y[:WATCHED])
