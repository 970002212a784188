"""The work of a training, by arithmetic: what it costs in relation to others, before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from deap_nn.evaluation.problem import Problem
from deap_nn.evolution import Individual
from deap_nn.networks import LayerSpec, blueprint, growing, multiply_adds, parameters
from deap_nn.recipe import Schedule

BACKWARD = 2
"""The backward pass costs as much as this many forward passes."""

VALUE = 50
"""The multiply-adds that take as long as a value that a layer without a kernel puts out: it waits for the memory."""

LAYER_STEP = 1_000_000
"""The multiply-adds that take as long as what a layer costs in each step, however small it is."""


def epoch_work(specs: Sequence[LayerSpec], schedule: Schedule, samples: int, measured: int) -> list[float]:
    """Return the work of each epoch of a training, in multiply-adds; user-defined layers count as free of charge.

    Args:
        specs: The network.
        schedule: The settings of the training.
        samples: The number of samples that it is trained on.
        measured: The number of samples that it is measured on after each epoch.
    """
    passes = (1 + BACKWARD) * samples + measured
    fixed = LAYER_STEP * len(specs) * schedule.steps(samples) / schedule.epochs
    networks = growing(specs, schedule.epochs, schedule.start_resolution)
    costs = {network[0].input_shape: _of_sample(network) for network in {id(one): one for one in networks}.values()}
    return [passes * costs[network[0].input_shape] + fixed for network in networks]


def _of_sample(network: Sequence[LayerSpec]) -> float:
    moved = sum(math.prod(spec.output_shape) for spec in network if spec.multiply_adds == 0)
    return multiply_adds(network) + VALUE * moved


class Size(NamedTuple):
    """How large a network is.

    Attributes:
        parameters: Its weights, trainable and not.
        multiply_adds: The multiply-adds of one sample's forward pass.
    """

    parameters: int
    multiply_adds: int


def size_of(individual: Individual, problem: Problem) -> Size:
    """Return the size of an individual's network; user-defined layers count as 0."""
    specs = _network(individual, problem)
    return Size(parameters(specs) or 0, multiply_adds(specs))


def _network(individual: Individual, problem: Problem) -> tuple[LayerSpec, ...]:
    splits = problem.splits()
    return blueprint(problem.space, individual, splits.input_shape, splits.task)


def planned_work(individual: Individual, problem: Problem) -> float:
    """Return the work of an individual's evaluation, in multiply-adds."""
    splits, specs = problem.splits(), _network(individual, problem)
    schedule = problem.schedule(individual, len(splits.y_train))
    return sum(epoch_work(specs, schedule, len(splits.y_train), len(splits.y_validation)))
