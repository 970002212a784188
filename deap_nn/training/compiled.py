"""The fast training: one TensorFlow function for a whole epoch, with the data in memory.

What costs time in `model.fit` besides the arithmetic: tracing dozens of small Keras objects for every network, a
Python call per batch, an input pipeline, and the random numbers of dropout. Here the network is traced once from
its blueprint, an epoch (training and validation) is one call, weights are one vector, and dropout masks are slices
of a buffer of random bytes that is drawn once per training.

All randomness comes from the training's seed and is stateless: initial weights, order of the samples, the bytes of
dropout and where they are sliced. The same seed gives bit-equal weights in any process with as many threads.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from deap_nn.blueprint import LayerSpec
from deap_nn.training.layers import Pass, forward, initial_weights
from deap_nn.training.optimizers import OPTIMIZERS, Slots
from deap_nn.training.schedule import OnEpoch, Samples, Schedule, Training, Weights, verdict

State = tuple[tf.Tensor, tf.Tensor, Slots, tf.Tensor]
"""Trainable weights, moving statistics, the optimizer's slots, steps done."""

VALIDATION_BATCH = 500
MEMORY_OF_BYTES = 1 << 20
"""Random bytes beyond the largest mask: the number of places where a slice may begin."""


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
    network = _Network(specs, initial_weights(specs, input_shape, seed))
    epoch = _epoch_function(network, schedule, training, validation, seed)
    state = network.start(schedule)
    rng = np.random.default_rng([seed, 1])
    result = Training()
    while result.epochs < schedule.epochs and not result.stopped:
        order = tf.constant(rng.permutation(len(training)).astype(np.int32))
        state, metrics = epoch(state, order)
        result.add(*metrics.numpy())
        result.stopped = verdict(result, on_epoch)
    result.weights = network.arrays(state)
    return result


class _Network:
    """A network's weights as two vectors, the trained ones and the moving statistics, and how to cut them up."""

    def __init__(self, specs: Sequence[LayerSpec], weights: Weights) -> None:
        self.specs = specs
        self.initial = weights
        self.shapes = [[array.shape for array in arrays] for arrays in weights]

    def _trained(self, index: int) -> slice:
        """BatchNormalization trains its first two arrays and keeps statistics in the others."""
        return slice(0, 2)

    def start(self, schedule: Schedule) -> State:
        theta = _vector([array for arrays in self.initial for array in arrays[:2]])
        statistics = _vector([array for arrays in self.initial for array in arrays[2:]])
        slots = tuple(tf.fill(tf.shape(theta), value) for value in OPTIMIZERS[schedule.optimizer].slots)
        return theta, statistics, slots, tf.constant(0, tf.int32)

    def weights(self, theta: tf.Tensor, statistics: tf.Tensor) -> list[list[tf.Tensor]]:
        trained = iter(_pieces(theta, [shape for shapes in self.shapes for shape in shapes[:2]]))
        kept = iter(_pieces(statistics, [shape for shapes in self.shapes for shape in shapes[2:]]))
        return [
            [*itertools.islice(trained, len(shapes[:2])), *itertools.islice(kept, len(shapes[2:]))]
            for shapes in self.shapes
        ]

    def arrays(self, state: State) -> Weights:
        return [[array.numpy() for array in arrays] for arrays in self.weights(state[0], state[1])]


def _vector(arrays: list[np.ndarray]) -> tf.Tensor:
    return tf.constant(np.concatenate([array.ravel() for array in arrays] or [np.zeros(0, np.float32)]))


def _pieces(vector: tf.Tensor, shapes: list[tuple[int, ...]]) -> list[tf.Tensor]:
    if not shapes:
        return []
    parts = tf.split(vector, [math.prod(shape) for shape in shapes])
    return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]


def _epoch_function(
    network: _Network, schedule: Schedule, training: Samples, validation: Samples, seed: int
) -> Callable[[State, tf.Tensor], tuple[State, tf.Tensor]]:
    """Return `(state, order of the samples) -> (state, the four metrics)`, compiled on its first call."""
    x, y = tf.constant(training.x), tf.constant(training.y)
    step = _step_function(network, schedule, seed)
    evaluate = _evaluation_function(network, validation)

    def epoch(state: State, order: tf.Tensor) -> tuple[State, tf.Tensor]:
        def body(start: tf.Tensor, state: State, sums: tf.Tensor) -> tuple[tf.Tensor, State, tf.Tensor]:
            rows = order[start : start + schedule.batch_size]
            state, batch_sums = step(state, tf.gather(x, rows), tf.gather(y, rows))
            return start + schedule.batch_size, state, sums + batch_sums

        _, state, sums = tf.while_loop(
            lambda start, *_: start < len(training), body, (0, state, tf.zeros(2)), parallel_iterations=1
        )
        means = tf.concat([sums / len(training), evaluate(state)], axis=0)
        return state, means

    return tf.function(epoch, autograph=False)


def _step_function(
    network: _Network, schedule: Schedule, seed: int
) -> Callable[[State, tf.Tensor, tf.Tensor], tuple[State, tf.Tensor]]:
    optimizer = OPTIMIZERS[schedule.optimizer]
    rate = optimizer.learning_rate if schedule.learning_rate is None else schedule.learning_rate
    masks = _dropout_masks(network.specs, schedule.batch_size, seed)

    def step(state: State, x: tf.Tensor, y: tf.Tensor) -> tuple[State, tf.Tensor]:
        theta, statistics, slots, count = state
        run = Pass(masks(count), statistics={})
        with tf.GradientTape() as tape:
            tape.watch(theta)
            logits = forward(network.specs, network.weights(theta, statistics), x, run)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
            loss = tf.reduce_mean(losses)
        gradient = tape.gradient(loss, theta)
        theta, slots = optimizer.update(theta, gradient, slots, count + 1, rate)
        return (theta, _joined(run, statistics), slots, count + 1), _sums(losses, logits, y)

    return step


def _joined(run: Pass, statistics: tf.Tensor) -> tf.Tensor:
    moved = run.statistics or {}
    return tf.concat([part for index in sorted(moved) for part in moved[index]], 0) if moved else statistics


def _sums(losses: tf.Tensor, logits: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    right = tf.cast(tf.equal(tf.argmax(logits, -1, tf.int32), y), tf.float32)
    return tf.stack([tf.reduce_sum(losses), tf.reduce_sum(right)])


def _evaluation_function(network: _Network, samples: Samples) -> Callable[[State], tf.Tensor]:
    """Return `state -> (mean loss, accuracy)` on `samples`, in batches that bound the memory."""
    x, y = tf.constant(samples.x), tf.constant(samples.y)

    def evaluate(state: State) -> tf.Tensor:
        weights = network.weights(state[0], state[1])

        def body(start: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            stop = start + VALIDATION_BATCH
            logits = forward(network.specs, weights, x[start:stop], Pass())
            labels = y[start:stop]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            return stop, sums + _sums(losses, logits, labels)

        _, sums = tf.while_loop(
            lambda start, _: start < len(samples), body, (0, tf.zeros(2)), parallel_iterations=1
        )
        return sums / len(samples)

    return evaluate


def _dropout_masks(
    specs: Sequence[LayerSpec], batch_size: int, seed: int
) -> Callable[[tf.Tensor], Callable[[tf.Tensor, float, int], tf.Tensor]]:
    """Return `step -> dropout function`: inverted dropout with byte-wide decisions.

    A rate is rounded to a multiple of 1/256, and what is kept is scaled by exactly the share that is kept. A mask
    is a slice of one long buffer of random bytes, at a place that is drawn anew for every step and layer.
    """
    largest = max([math.prod(s.output_shape) for s in specs if s.layer == "Dropout"], default=0) * batch_size
    if not largest:
        return lambda step: lambda x, rate, index: x
    places = MEMORY_OF_BYTES
    random_bytes = np.random.default_rng([seed, 2]).integers(0, 256, largest + places, dtype=np.uint8)
    pool = tf.constant(random_bytes)

    def at_step(step: tf.Tensor) -> Callable[[tf.Tensor, float, int], tf.Tensor]:
        starts = tf.random.stateless_uniform(
            [len(specs)], tf.stack([seed & 0x7FFFFFFF, step]), maxval=places, dtype=tf.int32
        )

        def dropout(x: tf.Tensor, rate: float, index: int) -> tf.Tensor:
            dropped = round(rate * 256)
            chosen = tf.reshape(tf.slice(pool, [starts[index]], [tf.size(x)]), tf.shape(x))
            kept = tf.cast(chosen >= tf.constant(dropped, tf.uint8), tf.float32)
            return x * (kept * (256 / (256 - dropped)))

        return dropout

    return at_step
