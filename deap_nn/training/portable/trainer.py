"""Portable training: plain Keras, for the JAX and PyTorch backends and for user-defined layers.

It is slower than `deap_nn.training.compiled_tf`, but has the same schedule, loss, metrics and order of samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np

from deap_nn.errors import InputError
from deap_nn.models import build_layers, connect
from deap_nn.networks import LayerSpec, Shape
from deap_nn.recipe import Schedule
from deap_nn.tasks import Task
from deap_nn.training.fed import fed
from deap_nn.training.history import Weights
from deap_nn.training.portable.compiling import compile_model
from deap_nn.training.resolution import network_at
from deap_nn.training.weights import IDENTITY, with_identities


def knows(specs: Sequence[LayerSpec], task: Task, schedule: Schedule) -> bool:
    """Return True: any network can be trained here."""
    return True


@contextmanager
def _refusals_of_keras() -> Iterator[None]:
    """Tell a network that Keras refuses, such as one with a user's layer that does not fit, from a broken program."""
    try:
        yield
    except ValueError as error:
        raise InputError(str(error)) from error


class KerasLearner:
    """A Keras model in training."""

    backend = "portable"

    @_refusals_of_keras()
    def __init__(self, specs: Sequence[LayerSpec], task: Task, schedule: Schedule, samples: int, seed: int) -> None:
        keras.utils.set_random_seed(seed)  # for user-defined layers
        self._specs, self._task, self._schedule = tuple(specs), task, schedule
        passes = schedule.kernel_initializer == IDENTITY
        drawn_as = "glorot_uniform" if passes else schedule.kernel_initializer
        self._layers = build_layers(specs, seed, schedule.precision, drawn_as)
        self._model = connect(self._layers, specs)
        if passes:
            weights = with_identities(specs, [layer.get_weights() for layer in self._layers])
            for layer, its_own in zip(self._layers, weights, strict=True):
                layer.set_weights(its_own)
        compile_model(self._model, task, schedule, samples)
        self._average: list[np.ndarray] = []
        self._running = self._trained() if schedule.running_mean else []
        self._momenta = schedule.running_momentum(samples)

    @_refusals_of_keras()
    def learn(self, x: np.ndarray, y: np.ndarray) -> Sequence[float]:
        """Take a step for each batch of these samples; return the sums of loss and measure."""
        self._take(x.shape[1:])
        if self._schedule.weight_average is not None or self._schedule.running_mean:
            return self._averaging(x, y)
        history = self._model.fit(x, y, batch_size=self._schedule.batch_size, shuffle=False, verbose=0).history
        return self._sums({name: values[0] for name, values in history.items()}, len(y))

    @_refusals_of_keras()
    def measure(self, x: np.ndarray, y: np.ndarray, running: bool) -> Sequence[float]:
        """Return the sums of loss and measure over these samples."""
        self._take(x.shape[1:])
        with self._in_place(self._running if running else self._average):
            means = self._model.evaluate(x, y, batch_size=self._schedule.batch_size, verbose=0, return_dict=True)
        return self._sums(means, len(y))

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        with self._in_place(self._average):
            return [layer.get_weights() for layer in self._layers]

    def state(self) -> list[np.ndarray]:
        """Return everything that the next step depends on."""
        return [*(keras.ops.convert_to_numpy(one) for one in self._variables), *self._average, *self._running]

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Go on from what `state` returned."""
        self._model.optimizer.build(self._model.trainable_variables)
        variables = self._variables
        for variable, value in zip(variables, state, strict=False):
            variable.assign(value)
        means = state[len(variables) :]
        self._average = list(means[: len(means) - len(self._running)])
        self._running = list(means[len(self._average) :])

    def skip(self, steps: int) -> None:
        """Pass over steps of the schedule."""
        self._model.optimizer.iterations.assign_add(steps)

    @property
    def _variables(self) -> list[keras.Variable]:
        """Weights, what dropout draws from, and the optimizer's."""
        return [*self._model.variables, *self._model.optimizer.variables]

    def _sums(self, means: dict[str, float], count: int) -> list[float]:
        return [count * means[name] for name in ("loss", self._task.measure.name)]

    def _take(self, shape: Shape) -> None:
        """Let the same layers, weights and optimizer take in samples of another shape."""
        if shape == self._model.input_shape[1:]:
            return
        before = self._model
        self._model = connect(self._layers, network_at(self._specs, shape))
        self._model.compile(optimizer=before.optimizer, loss=before.loss, metrics=[self._task.measure.name])

    def _averaging(self, x: np.ndarray, y: np.ndarray) -> Sequence[float]:
        """Take the steps one by one and average the weights after each, as the schedule says.

        Keras's `use_ema` would put the average in the place of the weights after each call, and go on from there.
        """
        sums = np.zeros(2)
        for start in range(0, len(y), self._schedule.batch_size):
            batch = slice(start, start + self._schedule.batch_size)
            sums += self._sums(self._model.train_on_batch(x[batch], y[batch], return_dict=True), len(y[batch]))
            latest, done = self._trained(), int(self._model.optimizer.iterations)
            if (momentum := self._schedule.weight_average) is not None:
                self._average = _between(self._average or latest, latest, momentum)
            if self._schedule.running_mean:
                self._running = _between(self._running, latest, self._momenta[done - 1])
        return list(sums)

    def _trained(self) -> list[np.ndarray]:
        return [keras.ops.convert_to_numpy(variable).copy() for variable in self._model.trainable_variables]

    @contextmanager
    def _in_place(self, means: list[np.ndarray]) -> Iterator[None]:
        """Put means of the weights, if there are any, in the place of the latest weights."""
        latest = self._trained() if means else []
        for variable, mean in zip(self._model.trainable_variables, means, strict=False):
            variable.assign(mean)
        yield
        for variable, value in zip(self._model.trainable_variables, latest, strict=False):
            variable.assign(value)


def _between(means: list[np.ndarray], latest: list[np.ndarray], momentum: float) -> list[np.ndarray]:
    return [momentum * mean + (1 - momentum) * values for mean, values in zip(means, latest, strict=True)]


start = fed(KerasLearner)
"""Starts the training of a blueprint's network, see `deap_nn.training.train`."""
