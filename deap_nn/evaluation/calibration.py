"""What a training costs on the machine where it runs: measured on a few epochs of a network, before a search."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import NamedTuple

from deap_nn.evaluation.problem import Problem, samples_of
from deap_nn.evaluation.work import epoch_work
from deap_nn.evolution import Individual
from deap_nn.networks import blueprint
from deap_nn.recipe import Schedule

BATCHES = 12
"""The number of batches that an epoch of the measurement has at most."""


class Pace(NamedTuple):
    """What a training takes.

    Attributes:
        overhead: The seconds that it takes besides its epochs: building the network, compiling.
        speed: The multiply-adds per second of its epochs.
    """

    overhead: float
    speed: float

    def seconds(self, work: float) -> float:
        """Return the time of a training with that much work."""
        return self.overhead + work / self.speed


def calibrate(individual: Individual, problem: Problem) -> Pace:
    """Train an individual for three short epochs and return what it took."""
    from deap_nn.training import train

    splits = problem.splits()
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    training, validation = samples_of(problem.data_of(0, specs))
    of_genome = problem.schedule(individual, len(training))
    few = BATCHES * of_genome.batch_size
    some, watched = (replace(one, x=one.x[:few], y=one.y[:few]) for one in (training, validation))
    schedule: Schedule = replace(of_genome, epochs=3, start_resolution=1.0)
    ends = [time.monotonic()]

    def on_epoch(*_: object) -> bool:
        ends.append(time.monotonic())
        return False

    train(specs, splits.task, schedule, some, watched, seed=0, on_epoch=on_epoch, trainer=problem.trainer)
    first, *others = (after - before for before, after in itertools.pairwise(ends))
    fastest = max(min(others), 1e-4)
    (work, *_) = epoch_work(specs, schedule, len(some), len(watched))
    return Pace(max(0.0, first - fastest), work / fastest)
