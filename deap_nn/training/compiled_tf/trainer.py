"""Fast training: one TensorFlow function for a whole epoch, with the data in memory.

Besides the arithmetic, `model.fit` spends time on tracing dozens of small Keras objects for every network, a Python
call per batch, an input pipeline, the random numbers of dropout, and maps that leave the processor's cache between one
operation and the next. Here the network is traced once from its blueprint, an epoch (training and validation) is one
call, weights are one vector, dropout masks are drawn in advance, and a batch goes through the network in micro-batches
(`deap_nn.training.compiled_tf.micro_batches`), whose gradients are summed.

All randomness (initial weights, order of the samples, masks) comes from the training's seed and is stateless. The same
seed gives bit-identical weights in any process with the same number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.tasks import Task
from deap_nn.training.compiled_tf.epoch import State, epoch_function
from deap_nn.training.compiled_tf.layers import compilable
from deap_nn.training.compiled_tf.losses import LOSSES, MEASURES
from deap_nn.training.compiled_tf.network import Network
from deap_nn.training.compiled_tf.optimizers import OPTIMIZERS
from deap_nn.training.schedule import Samples, Schedule, Weights
from deap_nn.training.weights import initial_weights

_copies: WeakKeyDictionary[Samples, tuple[tf.Tensor, tf.Tensor]] = WeakKeyDictionary()


def knows(specs: Sequence[LayerSpec], task: Task, schedule: Schedule) -> bool:
    """Tell whether a network can be trained here, that is, whether everything it needs has a function."""
    known = task.loss in LOSSES and task.measure.name in MEASURES
    return known and compilable(specs) and schedule.optimizer in OPTIMIZERS


class CompiledTrainer:
    """A network in training, with its weights as TensorFlow tensors."""

    def __init__(
        self,
        specs: Sequence[LayerSpec],
        task: Task,
        schedule: Schedule,
        training: Samples,
        validation: Samples,
        seed: int,
    ) -> None:
        self._network = Network(specs)
        self._state = _first_state(*self._network.vectors(initial_weights(specs, seed)), schedule)
        data = tensors(training), tensors(validation)
        self._epoch = epoch_function(self._network, task, schedule, *data, seed, self._state)
        self._counts = np.repeat([len(training), len(validation)], 2)

    def epoch(self, order: np.ndarray) -> list[float]:
        """Train on all samples once, in this order."""
        self._state, sums = self._epoch(self._state, tf.constant(order.astype(np.int32)))
        # Divided here, in double precision, so that 0.9 is exactly 0.9 for a run that stops at 0.9.
        metrics: list[float] = (sums.numpy().astype(float) / self._counts).tolist()
        return metrics

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        return self._network.arrays(*self._state[:2])


start = CompiledTrainer
"""Starts the training of a blueprint's network, see `deap_nn.training.train`."""


def tensors(samples: Samples) -> tuple[tf.Tensor, tf.Tensor]:
    """Return inputs and targets as tensors, copied only once however many networks are trained on them."""
    if samples not in _copies:
        _copies[samples] = tf.constant(samples.x, tf.float32), tf.constant(samples.y)
    return _copies[samples]


def _first_state(trained: tf.Tensor, statistics: tf.Tensor, schedule: Schedule) -> State:
    slots = tuple(tf.fill(trained.shape, value) for value in OPTIMIZERS[schedule.optimizer].slots)
    return trained, statistics, slots, tf.constant(0)
