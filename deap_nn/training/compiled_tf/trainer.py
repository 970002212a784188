"""The fast training: one TensorFlow function for a whole epoch, with the data in memory.

What costs time in `model.fit` besides the arithmetic: tracing dozens of small Keras objects for every network, a
Python call per batch, an input pipeline, the random numbers of dropout, and maps that leave the processor's cache
between one operation and the next. Here the network is traced once from its blueprint, an epoch (training and
validation) is one call, weights are one vector, dropout masks are drawn in advance, and a batch goes through the
network in parts (`deap_nn.training.compiled_tf.micro_batches`), whose gradients are added up.

All randomness comes from the training's seed and is stateless: initial weights, order of the samples, masks. The
same seed gives bit-equal weights in any process with as many threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.training.compiled_tf.dropout import Masks
from deap_nn.training.compiled_tf.layers import Pass, compilable, forward, initial_weights
from deap_nn.training.compiled_tf.micro_batches import part_size
from deap_nn.training.compiled_tf.network import Network, vectors
from deap_nn.training.compiled_tf.optimizers import OPTIMIZERS, Slots, rate_function
from deap_nn.training.schedule import OnEpoch, Samples, Schedule, Training, verdict

State = tuple[tf.Tensor, tf.Tensor, Slots, tf.Tensor]
"""Trained weights, moving statistics, the optimizer's slots, steps done."""

Gradient = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]
"""`(trained, statistics, rows, step) -> (gradient of the mean loss, statistics, sums)`."""

_copies: WeakKeyDictionary[Samples, tuple[tf.Tensor, tf.Tensor]] = WeakKeyDictionary()


def knows(specs: Sequence[LayerSpec], schedule: Schedule) -> bool:
    """Say whether a network can be trained here: whether its layers and its optimizer have their functions."""
    return compilable(specs) and schedule.optimizer in OPTIMIZERS


def train(
    specs: Sequence[LayerSpec],
    input_shape: tuple[int, ...],
    schedule: Schedule,
    training: Samples,
    validation: Samples,
    seed: int,
    on_epoch: OnEpoch | None = None,
) -> Training:
    """Train the network of a blueprint; see `deap_nn.training.train`."""
    weights = initial_weights(specs, input_shape, seed)
    network = Network(specs, weights)
    state = _start(*vectors(weights), schedule)
    epoch = _epoch_function(network, schedule, training, validation, seed, state)
    rng = np.random.default_rng([seed, 1])
    counts = np.repeat([len(training), len(validation)], 2)
    result = Training()
    while result.epochs < schedule.epochs and not result.stopped:
        order = tf.constant(rng.permutation(len(training)).astype(np.int32))
        state, sums = epoch(state, order)
        # divided here, in double precision: 0.9 is to be 0.9 where somebody asks for a target of 0.9
        result.add(*(sums.numpy().astype(float) / counts))
        result.stopped = verdict(result, on_epoch)
    result.weights = network.arrays(*state[:2])
    return result


def _start(trained: tf.Tensor, statistics: tf.Tensor, schedule: Schedule) -> State:
    slots = tuple(tf.fill(trained.shape, value) for value in OPTIMIZERS[schedule.optimizer].slots)
    return trained, statistics, slots, tf.constant(0)


def _epoch_function(
    network: Network, schedule: Schedule, training: Samples, validation: Samples, seed: int, state: State
) -> Callable[[State, tf.Tensor], tuple[State, tf.Tensor]]:
    """Return `(state, order of the samples) -> (state, sums)`, the metrics before their division by the samples."""
    step = _step_function(network, schedule, training, seed)
    evaluate = _evaluation_function(network, validation, schedule)

    def epoch(state: State, order: tf.Tensor) -> tuple[State, tf.Tensor]:
        def body(start: tf.Tensor, state: State, sums: tf.Tensor) -> tuple[tf.Tensor, State, tf.Tensor]:
            state, added = step(state, order[start : start + schedule.batch_size])
            return start + schedule.batch_size, state, sums + added

        _, state, sums = _while(len(training), body, state, tf.zeros(2))
        return state, tf.concat([sums, evaluate(state)], axis=0)

    order = tf.TensorSpec([len(training)], tf.int32)
    return tf.function(epoch, autograph=False).get_concrete_function(state, order)


def _while(end: int | tf.Tensor, body: Callable[..., tuple], *values: Any) -> tuple:
    return tf.while_loop(lambda start, *_: start < end, body, (0, *values), parallel_iterations=1)


def _step_function(
    network: Network, schedule: Schedule, training: Samples, seed: int
) -> Callable[[State, tf.Tensor], tuple[State, tf.Tensor]]:
    optimizer, rate = OPTIMIZERS[schedule.optimizer], rate_function(schedule, len(training))
    gradient_of = _gradient_function(network, schedule, training, seed)

    def step(state: State, rows: tf.Tensor) -> tuple[State, tf.Tensor]:
        trained, statistics, slots, count = state
        gradient, statistics, sums = gradient_of(trained, statistics, rows, count)
        trained, slots = optimizer.update(trained, gradient, slots, count + 1, rate(count))
        return (trained, statistics, slots, count + 1), sums

    return step


def _gradient_function(network: Network, schedule: Schedule, training: Samples, seed: int) -> Gradient:
    x, y = _tensors(training)
    size = part_size(network.specs, x.shape[1:], schedule)
    parts = math.ceil(schedule.batch_size / size)
    masks = Masks(network.specs, size, parts * schedule.steps(len(training)), seed)

    def of_part(trained: tf.Tensor, statistics: tf.Tensor, rows: tf.Tensor, number: tf.Tensor) -> Any:
        run = Pass(masks.dropout(number), statistics={}, precision=schedule.precision)
        with tf.GradientTape() as tape:
            tape.watch(trained)
            logits = forward(network.specs, network.weights(trained, statistics), tf.gather(x, rows), run)
            labels = tf.gather(y, rows)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_sum(losses)
        return tape.gradient(loss, trained), run.moved(statistics), _sums(losses, logits, labels)

    def of_batch(trained: tf.Tensor, statistics: tf.Tensor, rows: tf.Tensor, step: tf.Tensor) -> Any:
        def body(start: tf.Tensor, gradient: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, ...]:
            number = step * parts + start // size
            more, _, added = of_part(trained, statistics, rows[start : start + size], number)
            return start + size, gradient + more, sums + added

        _, gradient, sums = _while(tf.size(rows), body, tf.zeros_like(trained), tf.zeros(2))
        return gradient, statistics, sums

    def mean(*arguments: tf.Tensor) -> Any:
        gradient, statistics, sums = (of_part if parts == 1 else of_batch)(*arguments)
        return gradient / tf.cast(tf.size(arguments[2]), tf.float32), statistics, sums

    return mean


def _tensors(samples: Samples) -> tuple[tf.Tensor, tf.Tensor]:
    """Return inputs and labels as tensors: copied once, however many networks are trained on them."""
    if samples not in _copies:
        _copies[samples] = tf.constant(samples.x, tf.float32), tf.constant(samples.y, tf.int32)
    return _copies[samples]


def _sums(losses: tf.Tensor, logits: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    right = tf.cast(tf.equal(tf.argmax(logits, -1, tf.int32), y), tf.float32)
    return tf.stack([tf.reduce_sum(losses), tf.reduce_sum(right)])


def _evaluation_function(network: Network, samples: Samples, schedule: Schedule) -> Callable[[State], tf.Tensor]:
    """Return `state -> (sum of losses, number of right answers)` on `samples`, part by part."""
    x, y = _tensors(samples)
    size = part_size(network.specs, x.shape[1:], schedule)
    run = Pass(precision=schedule.precision)

    def evaluate(state: State) -> tf.Tensor:
        weights = network.weights(state[0], state[1])

        def body(start: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            labels = y[start : start + size]
            logits = forward(network.specs, weights, x[start : start + size], run)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            return start + size, sums + _sums(losses, logits, labels)

        return _while(len(samples), body, tf.zeros(2))[1]

    return evaluate
