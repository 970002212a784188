"""Trainers to which NumPy hands the samples, a few megabytes at a time: those whose samples stay in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import numpy as np

from deap_nn.networks import LayerSpec
from deap_nn.recipe import Schedule
from deap_nn.tasks import Task
from deap_nn.training.feed import Feed, Parts
from deap_nn.training.history import Weights
from deap_nn.training.samples import Samples
from deap_nn.training.state import Resumable
from deap_nn.training.trainer import Start


class Learner(Resumable, Protocol):
    """A network in training that takes whatever samples it is given.

    The shape of the samples may change from call to call, see `deap_nn.networks.growing`.
    """

    def learn(self, x: np.ndarray, y: np.ndarray) -> Sequence[float]:
        """Take a step for each batch of these samples, in this order; return the sums of loss and measure."""

    def measure(self, x: np.ndarray, y: np.ndarray, running: bool) -> Sequence[float]:
        """Return the sums of loss and measure over these samples, without learning from them.

        With `running`, those of the running mean of the weights.
        """

    def weights(self) -> Weights:
        """Return the weights as they are now."""


class Fed:
    """A learner with its samples: a `deap_nn.training.trainer.Trainer`."""

    def __init__(self, learner: Learner, feed: Feed) -> None:
        self.learner, self._feed = learner, feed
        self.backend, self.weights, self.state = learner.backend, learner.weights, learner.state
        self.restore, self.skip = learner.restore, learner.skip

    def train(self, epoch: int) -> list[float]:
        """Take the steps of an epoch; return the means of loss and measure."""
        return _means(self.learner.learn, self._feed.training(epoch))

    def evaluate(self, epoch: int, running: bool = False) -> list[float]:
        """Return the means of loss and measure over the validation samples."""
        return _means(partial(self.learner.measure, running=running), self._feed.validation(epoch))


def fed(make: Callable[[Sequence[LayerSpec], Task, Schedule, int, int], Learner]) -> Start:
    """Return the start function of a back end whose learners are made by `make(specs, task, schedule, samples, seed)`.

    There, `samples` is the number of training samples.
    """

    def start(
        specs: Sequence[LayerSpec], task: Task, schedule: Schedule, training: Samples, validation: Samples, seed: int
    ) -> Fed:
        learner = make(specs, task, schedule, len(training), seed)
        return Fed(learner, Feed(specs, schedule, training, validation, seed))

    return start


def _means(of_part: Callable[[np.ndarray, np.ndarray], Sequence[float]], parts: Parts) -> list[float]:
    """Return the mean loss and measure of a sample."""
    sums, count = np.zeros(2), 0
    for x, y in parts:
        sums += of_part(x, y)
        count += len(y)
    # Divided here, in double precision, so that 0.9 is exactly 0.9 for a run that stops at 0.9.
    means: list[float] = (sums / count).tolist()
    return means
