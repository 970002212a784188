"""Portable training: plain Keras, for the JAX and PyTorch backends and for user-defined layers.

It is slower than `deap_nn.training.compiled_tf`, but has the same schedule, loss, metrics and order of samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np

from deap_nn.errors import InputError
from deap_nn.networks import LayerSpec
from deap_nn.tasks import Task
from deap_nn.training.portable.model import build_layers, connect
from deap_nn.training.schedule import Samples, Schedule, Weights


def knows(specs: Sequence[LayerSpec], task: Task, schedule: Schedule) -> bool:
    """Return True: any network can be trained here."""
    return True


class KerasTrainer:
    """A Keras model in training."""

    def __init__(
        self,
        specs: Sequence[LayerSpec],
        task: Task,
        schedule: Schedule,
        training: Samples,
        validation: Samples,
        seed: int,
    ) -> None:
        with _refusals_of_keras():
            self._layers = build_layers(specs, seed, schedule.precision)
            self._model = connect(self._layers, specs)
            compile_model(self._model, task, schedule, len(training))
        self._metrics, self._batch_size = task.metrics, schedule.batch_size
        self._training, self._validation = training, validation

    def epoch(self, order: np.ndarray) -> list[float]:
        """Train on all samples once, in this order."""
        with _refusals_of_keras():
            epoch = self._model.fit(
                self._training.x[order],
                self._training.y[order],
                batch_size=self._batch_size,
                shuffle=False,
                validation_data=(self._validation.x, self._validation.y),
                verbose=0,
            )
        return [epoch.history[name][0] for name in self._metrics]

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        return [layer.get_weights() for layer in self._layers]


@contextmanager
def _refusals_of_keras() -> Iterator[None]:
    """Tell a network that Keras refuses, such as one with a user's layer that does not fit, from a broken program."""
    try:
        yield
    except ValueError as error:
        raise InputError(str(error)) from error


start = KerasTrainer
"""Starts the training of a blueprint's network, see `deap_nn.training.train`."""


def compile_model(model: keras.Model, task: Task, schedule: Schedule, samples: int) -> None:
    """Compile a network for a task, with the optimizer of the schedule, for a training on that many samples."""
    optimizer = keras.optimizers.get(schedule.optimizer)
    if schedule.learning_rate is not None:
        optimizer.learning_rate = schedule.learning_rate
    if schedule.learning_rate_decay == "cosine":
        rate = float(optimizer.learning_rate)
        optimizer.learning_rate = keras.optimizers.schedules.CosineDecay(rate, schedule.steps(samples))
    model.compile(optimizer=optimizer, loss=task.loss, metrics=[task.measure.name])
