"""The training loop of all back ends: epochs, each with the samples in random order, until it is time to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from deap_nn.networks import LayerSpec
from deap_nn.recipe import Schedule
from deap_nn.status import Status
from deap_nn.tasks import Task
from deap_nn.training.course import Course
from deap_nn.training.history import OnEpoch, Training, Weights
from deap_nn.training.part import Part
from deap_nn.training.samples import Samples
from deap_nn.training.state import Resumable


class Trainer(Resumable, Protocol):
    """A network in training on a back end, with its samples; creating the trainer starts the training."""

    def train(self, epoch: int) -> Sequence[float]:
        """Take the steps of an epoch, from 0 and later than those before; return the means of loss and measure."""

    def evaluate(self, epoch: int, running: bool = False) -> Sequence[float]:
        """Return the means of loss and measure over the validation samples, at the size they have in this epoch.

        With `running`, of the running mean of the weights, which there is with `Schedule.running_mean`.
        """

    def weights(self) -> Weights:
        """Return the weights as they are now."""


Start = Callable[[Sequence[LayerSpec], Task, Schedule, Samples, Samples, int], Trainer]
"""`(specs, task, schedule, training, validation, seed) -> trainer`: a function that each back end provides."""


def run(
    trainer: Trainer,
    task: Task,
    epochs: int,
    on_epoch: OnEpoch | None = None,
    course: Course | Part | None = None,
    running: bool = False,
) -> Training:
    """Train for a number of epochs, or until there is a reason to stop.

    Args:
        trainer: A trainer that has just been created.
        task: What is learnt.
        epochs: The number of epochs, at least 1.
        on_epoch: A function that stops the training as pruned by returning True.
        course: What keeps its state and its time, or the part of it that this is; None: neither.
        running: Whether `on_epoch` is told what the running mean of the weights is worth, not the weights themselves.
    """
    judged = task.running_measure if running else task.validation_measure
    training = Training({name: [] for name in dict.fromkeys([*task.metrics, judged])})
    epoch = 0 if course is None else course.begin(trainer, training)
    while epoch < epochs and training.status is Status.OK:
        metrics = [*trainer.train(epoch), *trainer.evaluate(epoch)]
        training.add([*metrics, trainer.evaluate(epoch, running=True)[1]] if running else metrics)
        _judge(training, judged, on_epoch)
        epoch = epoch + 1 if course is None else course.after(epoch + 1, trainer, training)
    training.weights = trainer.weights()
    return training


def _judge(training: Training, measure: str, on_epoch: OnEpoch | None) -> None:
    """Set status and reason if the training should stop after its latest epoch."""
    latest = {name: values[-1] for name, values in training.history.items()}
    if not np.all(np.isfinite(list(latest.values()))):
        training.status, training.reason = Status.FAILED, f"diverged in epoch {training.epochs}"
    elif on_epoch is not None and on_epoch(training.epochs, latest[measure]):
        training.status, training.reason = Status.PRUNED, f"pruned in epoch {training.epochs}"
