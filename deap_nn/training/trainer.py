"""The training loop of all back ends: epochs, each with the samples in random order, until it is time to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from deap_nn.networks import LayerSpec
from deap_nn.status import Status
from deap_nn.tasks import Task
from deap_nn.training.schedule import OnEpoch, Samples, Schedule, Training, Weights


class Trainer(Protocol):
    """A network in training on a back end; creating the trainer starts the training."""

    def epoch(self, order: np.ndarray) -> Sequence[float]:
        """Train on all samples once, in this order, and return the epoch's `Task.metrics`."""

    def weights(self) -> Weights:
        """Return the weights as they are now."""


Start = Callable[[Sequence[LayerSpec], Task, Schedule, Samples, Samples, int], Trainer]
"""`(specs, task, schedule, training, validation, seed) -> trainer`: a function that each back end provides."""


def run(
    trainer: Trainer,
    task: Task,
    epochs: int,
    samples: int,
    seed: int,
    on_epoch: OnEpoch | None = None,
) -> Training:
    """Train for a number of epochs, or until there is a reason to stop.

    Args:
        trainer: A trainer that has just been created.
        task: What is learnt.
        epochs: The number of epochs, at least 1.
        samples: The number of training samples.
        seed: The seed for the order of the samples.
        on_epoch: A function that stops the training as pruned by returning True.
    """
    rng = np.random.default_rng([seed, 1])
    training = Training({name: [] for name in task.metrics})
    while training.epochs < epochs and training.status is Status.OK:
        training.add(trainer.epoch(rng.permutation(samples)))
        _judge(training, task, on_epoch)
    training.weights = trainer.weights()
    return training


def _judge(training: Training, task: Task, on_epoch: OnEpoch | None) -> None:
    """Set status and reason if the training should stop after its latest epoch."""
    latest = {name: values[-1] for name, values in training.history.items()}
    if not np.all(np.isfinite(list(latest.values()))):
        training.status, training.reason = Status.FAILED, f"diverged in epoch {training.epochs}"
    elif on_epoch is not None and on_epoch(training.epochs, latest[task.validation_measure]):
        training.status, training.reason = Status.PRUNED, f"pruned in epoch {training.epochs}"
