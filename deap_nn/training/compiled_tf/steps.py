"""A training's steps, and its evaluations, each as one TensorFlow function of a few megabytes of samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.recipe import Schedule
from deap_nn.tasks import Task
from deap_nn.training.compiled_tf.dropout import Masks
from deap_nn.training.compiled_tf.layers import Pass, forward
from deap_nn.training.compiled_tf.losses import LOSSES, MEASURES, Loss
from deap_nn.training.compiled_tf.micro_batches import micro_batch_size
from deap_nn.training.compiled_tf.network import Network
from deap_nn.training.compiled_tf.optimizers import Slots, optimizer_of


class State(NamedTuple):
    """All that a step changes.

    Attributes:
        trained: The trained weights.
        statistics: The moving statistics.
        slots: The optimizer's.
        average: The average of the trained weights; empty without `Schedule.weight_average`.
        running: Their running mean, one tensor; none without `Schedule.running_mean`.
        count: The number of steps done.
    """

    trained: tf.Tensor
    statistics: tf.Tensor
    slots: Slots
    average: tf.Tensor
    running: tuple[tf.Tensor, ...]
    count: tf.Tensor

    @property
    def measured(self) -> tf.Tensor:
        """The weights that are measured and kept."""
        return self.average if self.average.shape == self.trained.shape else self.trained


Steps = Callable[[State, tf.Tensor, tf.Tensor], tuple[State, tf.Tensor]]
"""`(state, x, y) -> (state, sums of loss and measure)`."""

Evaluation = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""`(trained, statistics, x, y) -> sums of loss and measure`."""


class Setting(NamedTuple):
    """What the functions of one training have in common.

    Attributes:
        network: The network.
        task: What is learnt.
        schedule: The settings of the training.
        masks: The masks of its dropout layers.
        samples: The number of its training samples.
    """

    network: Network
    task: Task
    schedule: Schedule
    masks: Masks
    samples: int

    @property
    def loss(self) -> Loss:
        """The loss function."""
        return LOSSES[self.task.loss](self.schedule)

    def sums(self, losses: tf.Tensor, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Return the sums of losses and measures."""
        measured = MEASURES[self.task.measure.name](outputs, targets)
        return tf.stack([tf.reduce_sum(losses), tf.reduce_sum(measured)])


def signature(specs: tuple[LayerSpec, ...], task: Task) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    """Return the shapes and types of samples, however many."""
    return tf.TensorSpec([None, *specs[0].input_shape], tf.float32), tf.TensorSpec([None], task.dtype)


def steps_function(setting: Setting, specs: tuple[LayerSpec, ...], state: State) -> Steps:
    """Return the function that takes a step for each batch of some samples, in their order.

    Args:
        setting: The training.
        specs: The network at the size that the samples have.
        state: A state, for its shapes.
    """
    step = _step_function(setting, specs)
    batch_size = setting.schedule.batch_size

    def steps(state: State, x: tf.Tensor, y: tf.Tensor) -> tuple[State, tf.Tensor]:
        def body(start: tf.Tensor, state: State, sums: tf.Tensor) -> tuple[tf.Tensor, State, tf.Tensor]:
            batch = slice(start, start + batch_size)
            state, added = step(state, x[batch], y[batch])
            return start + batch_size, state, sums + added

        _, state, sums = _while(len_(y), body, state, tf.zeros(2))
        return state, sums

    compiled: Steps = tf.function(steps, autograph=False).get_concrete_function(state, *signature(specs, setting.task))
    return compiled


def evaluation_function(setting: Setting, specs: tuple[LayerSpec, ...], state: State) -> Evaluation:
    """Return the function that measures a network on some samples, micro-batch by micro-batch."""
    size = micro_batch_size(specs, setting.schedule)
    run = Pass(precision=setting.schedule.precision)
    loss = setting.loss

    def evaluate(trained: tf.Tensor, statistics: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        weights = setting.network.weights(trained, statistics)

        def body(start: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            targets = y[start : start + size]
            outputs = forward(specs, weights, x[start : start + size], run)
            return start + size, sums + setting.sums(loss(outputs, targets), outputs, targets)

        return _while(len_(y), body, tf.zeros(2))[1]

    compiled: Evaluation = tf.function(evaluate, autograph=False).get_concrete_function(
        state.trained, state.statistics, *signature(specs, setting.task)
    )
    return compiled


def len_(values: tf.Tensor) -> tf.Tensor:
    """Return how many samples there are, which is known only when the function runs."""
    return tf.shape(values)[0]


def _while(end: tf.Tensor, body: Callable[..., tuple[Any, ...]], *values: Any) -> tuple[Any, ...]:
    return tuple(tf.while_loop(lambda start, *_: start < end, body, (0, *values), parallel_iterations=1))


def _step_function(
    setting: Setting, specs: tuple[LayerSpec, ...]
) -> Callable[[State, tf.Tensor, tf.Tensor], tuple[State, tf.Tensor]]:
    schedule = setting.schedule
    optimizer = optimizer_of(schedule, setting.network.kernels)
    rates = tf.constant(optimizer.learning_rate * schedule.rates(setting.samples))
    momenta = tf.constant(schedule.running_momentum(setting.samples))
    gradient_of = _gradient_function(setting, specs)

    def step(state: State, x: tf.Tensor, y: tf.Tensor) -> tuple[State, tf.Tensor]:
        gradient, statistics, sums = gradient_of(state.trained, state.statistics, x, y, state.count)
        done = state.count + 1
        trained, slots = optimizer.update(state.trained, gradient, state.slots, done, rates[state.count])
        average = _averaged(schedule, state, trained)
        running = tuple(_between(mean, trained, momenta[state.count]) for mean in state.running)
        return State(trained, statistics, slots, average, running, done), sums

    return step


def _averaged(schedule: Schedule, state: State, trained: tf.Tensor) -> tf.Tensor:
    """Return the average after a step, in Keras's manner: after the first it is the weights themselves."""
    if schedule.weight_average is None:
        return state.average
    momentum = tf.where(state.count == 0, 0.0, schedule.weight_average)
    return _between(state.average, trained, momentum)


def _between(mean: tf.Tensor, latest: tf.Tensor, momentum: tf.Tensor) -> tf.Tensor:
    return momentum * mean + (1 - momentum) * latest


def _gradient_function(setting: Setting, specs: tuple[LayerSpec, ...]) -> Callable[..., Any]:
    """Return `(trained, statistics, x, y, step) -> (gradient of the mean loss, statistics, sums)` of a batch."""
    schedule, loss = setting.schedule, setting.loss
    size = micro_batch_size(specs, schedule)
    count = math.ceil(schedule.batch_size / size)

    def of_micro_batch(trained: tf.Tensor, statistics: tf.Tensor, x: tf.Tensor, y: tf.Tensor, number: tf.Tensor) -> Any:
        run = Pass(setting.masks.dropout(number), statistics={}, precision=schedule.precision)
        with tf.GradientTape() as tape:
            tape.watch(trained)
            outputs = forward(specs, setting.network.weights(trained, statistics), x, run)
            losses = loss(outputs, y)
            total = tf.reduce_sum(losses)
        return tape.gradient(total, trained), run.moved(statistics), setting.sums(losses, outputs, y)

    def of_batch(trained: tf.Tensor, statistics: tf.Tensor, x: tf.Tensor, y: tf.Tensor, step: tf.Tensor) -> Any:
        def body(start: tf.Tensor, gradient: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            part, number = slice(start, start + size), step * count + start // size
            more, _, added = of_micro_batch(trained, statistics, x[part], y[part], number)
            return start + size, gradient + more, sums + added

        _, gradient, sums = _while(len_(y), body, tf.zeros_like(trained), tf.zeros(2))
        return gradient, statistics, sums

    def mean(*arguments: tf.Tensor) -> Any:
        gradient, statistics, sums = (of_micro_batch if count == 1 else of_batch)(*arguments)
        return gradient / tf.cast(len_(arguments[3]), tf.float32), statistics, sums

    return mean
