"""Fast training: TensorFlow functions that take many steps in one call.

Besides the arithmetic, `model.fit` spends time on tracing dozens of small Keras objects for every network, a Python
call per batch, an input pipeline, the random numbers of dropout, and maps that leave the processor's cache between one
operation and the next. Here the network is traced once from its blueprint (once for each size of its images), one call
takes the steps for many batches, weights are one vector, dropout masks are drawn in advance, and a batch goes through
the network in micro-batches (`deap_nn.training.compiled_tf.micro_batches`), whose gradients are summed.

All randomness (initial weights, order and augmentation of the samples, masks) comes from the training's seed and is
stateless. The same seed gives bit-identical weights in any process with the same number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import tensorflow as tf

from deap_nn.networks import LayerSpec, Shape
from deap_nn.recipe import Schedule
from deap_nn.tasks import Task
from deap_nn.training.compiled_tf.dropout import Masks
from deap_nn.training.compiled_tf.layers import compilable
from deap_nn.training.compiled_tf.losses import LOSSES, MEASURES
from deap_nn.training.compiled_tf.micro_batches import micro_batch_size
from deap_nn.training.compiled_tf.network import Network
from deap_nn.training.compiled_tf.optimizers import OPTIMIZERS, optimizer_of
from deap_nn.training.compiled_tf.steps import (
    Evaluation,
    Setting,
    State,
    Steps,
    evaluation_function,
    steps_function,
)
from deap_nn.training.fed import fed
from deap_nn.training.history import Weights
from deap_nn.training.resolution import network_at
from deap_nn.training.weights import initial_weights


def knows(specs: Sequence[LayerSpec], task: Task, schedule: Schedule) -> bool:
    """Tell whether a network can be trained here, that is, whether everything it needs has a function."""
    known = task.loss in LOSSES and task.measure.name in MEASURES
    return known and compilable(specs) and schedule.optimizer in OPTIMIZERS


class AtSize:
    """The functions of a training for samples of one shape, each compiled when it is first needed."""

    def __init__(self, setting: Setting, specs: tuple[LayerSpec, ...], state: State) -> None:
        self._arguments = setting, specs, state

    @cached_property
    def steps(self) -> Steps:
        """Takes the steps."""
        return steps_function(*self._arguments)

    @cached_property
    def evaluation(self) -> Evaluation:
        """Measures the network."""
        return evaluation_function(*self._arguments)


class CompiledLearner:
    """A network in training, with its weights as TensorFlow tensors."""

    backend = "compiled_tf"

    def __init__(self, specs: Sequence[LayerSpec], task: Task, schedule: Schedule, samples: int, seed: int) -> None:
        self._specs, network = tuple(specs), Network(specs)
        size = micro_batch_size(specs, schedule)
        passes = math.ceil(schedule.batch_size / size) * schedule.steps(samples)
        self._setting = Setting(network, task, schedule, Masks(specs, size, passes, seed), samples)
        vectors = network.vectors(initial_weights(specs, seed, schedule.kernel_initializer))
        self._state = _first_state(*vectors, schedule, network)
        self._sizes: dict[Shape, AtSize] = {}

    def learn(self, x: np.ndarray, y: np.ndarray) -> Sequence[float]:
        """Take a step for each batch of these samples; return the sums of loss and measure."""
        self._state, sums = self._at(x.shape[1:]).steps(self._state, tf.constant(x), tf.constant(y))
        return list(sums.numpy())

    def measure(self, x: np.ndarray, y: np.ndarray, running: bool) -> Sequence[float]:
        """Return the sums of loss and measure over these samples."""
        weights = self._state.running[0] if running else self._state.measured
        sums = self._at(x.shape[1:]).evaluation(weights, self._state.statistics, tf.constant(x), tf.constant(y))
        return list(sums.numpy())

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        return self._setting.network.arrays(self._state.measured, self._state.statistics)

    def state(self) -> list[np.ndarray]:
        """Return everything that the next step depends on."""
        return [tensor.numpy() for tensor in tf.nest.flatten(self._state)]

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Go on from what `state` returned."""
        self._state = tf.nest.pack_sequence_as(self._state, [tf.constant(array) for array in state])

    def skip(self, steps: int) -> None:
        """Pass over steps of the schedule."""
        self._state = self._state._replace(count=self._state.count + steps)

    def _at(self, shape: Shape) -> AtSize:
        if shape not in self._sizes:
            self._sizes = {shape: AtSize(self._setting, network_at(self._specs, shape), self._state)}
        return self._sizes[shape]


start = fed(CompiledLearner)
"""Starts the training of a blueprint's network, see `deap_nn.training.train`."""


def _first_state(trained: tf.Tensor, statistics: tf.Tensor, schedule: Schedule, network: Network) -> State:
    slots = tuple(tf.fill(trained.shape, value) for value in optimizer_of(schedule, network.kernels).slots)
    average = tf.zeros([0]) if schedule.weight_average is None else trained
    running = (trained,) if schedule.running_mean else ()
    return State(trained, statistics, slots, average, running, tf.constant(0))
