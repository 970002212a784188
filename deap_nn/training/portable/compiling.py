"""The compilation of a Keras model: the optimizer and loss that a schedule describes, from Keras's own parts."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from deap_nn.recipe import Schedule
from deap_nn.tasks import Task


def compile_model(model: keras.Model, task: Task, schedule: Schedule, samples: int) -> None:
    """Compile a network for a task, as a schedule says, for a training on that many samples."""
    optimizer = _optimizer(schedule, samples)
    if schedule.weight_decay is not None:
        small = [variable for variable in model.trainable_variables if len(variable.shape) < 2]
        optimizer.exclude_from_weight_decay(var_list=small)  # biases and normalisations
    model.compile(optimizer=optimizer, loss=_loss(task, schedule), metrics=[task.measure.name])


def _optimizer(schedule: Schedule, samples: int) -> keras.optimizers.Optimizer:
    default = keras.optimizers.get(schedule.optimizer)
    settings: dict[str, Any] = {}
    if schedule.learning_rate is not None:
        settings["learning_rate"] = schedule.learning_rate
    if schedule.momentum and schedule.optimizer == "sgd":
        settings |= {"momentum": schedule.momentum, "nesterov": True}
    if schedule.weight_decay is not None:
        settings["weight_decay"] = schedule.weight_decay
    if schedule.gradient_clipping is not None:
        settings["global_clipnorm"] = schedule.gradient_clipping
    optimizer = type(default).from_config({**default.get_config(), **settings})
    shares = schedule.rates(samples)
    if np.any(shares != 1):
        optimizer.learning_rate = Rates(float(optimizer.learning_rate) * shares)
    return optimizer


def _loss(task: Task, schedule: Schedule) -> Any:
    if schedule.label_smoothing == 0 or task.loss != "sparse_categorical_crossentropy":
        return task.loss
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=schedule.label_smoothing)

    def loss(labels: Any, outputs: Any) -> Any:
        return smoothed(keras.ops.one_hot(labels, task.outputs), outputs)

    return loss


class Rates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate for each step, from an array."""

    def __init__(self, rates: np.ndarray) -> None:
        self._rates = rates.astype(np.float32)

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step; of the last for any after it."""
        last = len(self._rates) - 1
        return keras.ops.take(keras.ops.convert_to_tensor(self._rates), keras.ops.minimum(step, last))

    def get_config(self) -> dict[str, Any]:
        """Return the array, as Keras asks of every schedule."""
        return {"rates": self._rates}
