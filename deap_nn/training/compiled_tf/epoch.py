"""An epoch as one TensorFlow function: steps on the training samples, then an evaluation on the validation samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from deap_nn.tasks import Task
from deap_nn.training.compiled_tf.dropout import Masks
from deap_nn.training.compiled_tf.layers import Pass, forward
from deap_nn.training.compiled_tf.losses import LOSSES, MEASURES
from deap_nn.training.compiled_tf.micro_batches import micro_batch_size
from deap_nn.training.compiled_tf.network import Network
from deap_nn.training.compiled_tf.optimizers import OPTIMIZERS, Slots, rate_function
from deap_nn.training.schedule import Schedule

State = tuple[tf.Tensor, tf.Tensor, Slots, tf.Tensor]
"""Trained weights, moving statistics, the optimizer's slots, number of steps done."""

Data = tuple[tf.Tensor, tf.Tensor]
"""Inputs and targets of all samples."""

EpochFunction = Callable[[State, tf.Tensor], tuple[State, tf.Tensor]]
"""`(state, order of the samples) -> (state, sums)`: the metrics before division by the number of samples."""

Gradient = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]
"""`(trained, statistics, rows, step) -> (gradient of the mean loss, statistics, sums)`."""


def epoch_function(
    network: Network, task: Task, schedule: Schedule, training: Data, validation: Data, seed: int, state: State
) -> EpochFunction:
    """Return the function that runs an epoch on these data."""
    samples = len(training[0])
    step = _step_function(network, task, schedule, training, seed)
    evaluate = _evaluation_function(network, task, schedule, validation)

    def epoch(state: State, order: tf.Tensor) -> tuple[State, tf.Tensor]:
        def body(start: tf.Tensor, state: State, sums: tf.Tensor) -> tuple[tf.Tensor, State, tf.Tensor]:
            state, added = step(state, order[start : start + schedule.batch_size])
            return start + schedule.batch_size, state, sums + added

        _, state, sums = _while(samples, body, state, tf.zeros(2))
        return state, tf.concat([sums, evaluate(state)], axis=0)

    order = tf.TensorSpec([samples], tf.int32)
    compiled: EpochFunction = tf.function(epoch, autograph=False).get_concrete_function(state, order)
    return compiled


def _while(end: int | tf.Tensor, body: Callable[..., tuple[Any, ...]], *values: Any) -> tuple[Any, ...]:
    return tuple(tf.while_loop(lambda start, *_: start < end, body, (0, *values), parallel_iterations=1))


def _step_function(
    network: Network, task: Task, schedule: Schedule, training: Data, seed: int
) -> Callable[[State, tf.Tensor], tuple[State, tf.Tensor]]:
    optimizer, rate = OPTIMIZERS[schedule.optimizer], rate_function(schedule, len(training[0]))
    gradient_of = _gradient_function(network, task, schedule, training, seed)

    def step(state: State, rows: tf.Tensor) -> tuple[State, tf.Tensor]:
        trained, statistics, slots, count = state
        gradient, statistics, sums = gradient_of(trained, statistics, rows, count)
        trained, slots = optimizer.update(trained, gradient, slots, count + 1, rate(count))
        return (trained, statistics, slots, count + 1), sums

    return step


def _gradient_function(network: Network, task: Task, schedule: Schedule, training: Data, seed: int) -> Gradient:
    x, y = training
    size = micro_batch_size(network.specs, schedule)
    count = math.ceil(schedule.batch_size / size)
    masks = Masks(network.specs, size, count * schedule.steps(len(x)), seed)

    def of_micro_batch(trained: tf.Tensor, statistics: tf.Tensor, rows: tf.Tensor, number: tf.Tensor) -> Any:
        run = Pass(masks.dropout(number), statistics={}, precision=schedule.precision)
        with tf.GradientTape() as tape:
            tape.watch(trained)
            outputs = forward(network.specs, network.weights(trained, statistics), tf.gather(x, rows), run)
            targets = tf.gather(y, rows)
            losses = LOSSES[task.loss](outputs, targets)
            loss = tf.reduce_sum(losses)
        return tape.gradient(loss, trained), run.moved(statistics), _sums(task, losses, outputs, targets)

    def of_batch(trained: tf.Tensor, statistics: tf.Tensor, rows: tf.Tensor, step: tf.Tensor) -> Any:
        def body(start: tf.Tensor, gradient: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            number = step * count + start // size
            more, _, added = of_micro_batch(trained, statistics, rows[start : start + size], number)
            return start + size, gradient + more, sums + added

        _, gradient, sums = _while(tf.size(rows), body, tf.zeros_like(trained), tf.zeros(2))
        return gradient, statistics, sums

    def mean(*arguments: tf.Tensor) -> Any:
        gradient, statistics, sums = (of_micro_batch if count == 1 else of_batch)(*arguments)
        return gradient / tf.cast(tf.size(arguments[2]), tf.float32), statistics, sums

    return mean


def _sums(task: Task, losses: tf.Tensor, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    measured = MEASURES[task.measure.name](outputs, targets)
    return tf.stack([tf.reduce_sum(losses), tf.reduce_sum(measured)])


def _evaluation_function(
    network: Network, task: Task, schedule: Schedule, validation: Data
) -> Callable[[State], tf.Tensor]:
    """Return `state -> (sum of losses, sum of measures)` on all samples, micro-batch by micro-batch."""
    x, y = validation
    size = micro_batch_size(network.specs, schedule)
    run = Pass(precision=schedule.precision)

    def evaluate(state: State) -> tf.Tensor:
        weights = network.weights(state[0], state[1])

        def body(start: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            targets = y[start : start + size]
            outputs = forward(network.specs, weights, x[start : start + size], run)
            losses = LOSSES[task.loss](outputs, targets)
            return start + size, sums + _sums(task, losses, outputs, targets)

        return _while(len(x), body, tf.zeros(2))[1]

    return evaluate
