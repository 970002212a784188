"""Fast training with PyTorch: the samples are on the device, and a step is one captured graph.

What Keras does for every step in Python (layers, gradients, an optimizer's dozen operations for every array) takes
longer than a GPU needs to compute a small network. Here the whole step is recorded once for each size of batch and
image, which takes as long as a few steps of Keras, and replayed; nothing waits for the GPU before the end of an epoch,
and nothing is compiled. Weights are one vector. On a CPU the same functions are called one by one.

All randomness comes from the training's seed: initial weights, order and augmentation of the samples as on the other
back ends, dropout from PyTorch's generator. Only algorithms that repeat are used, so that the same seed gives the same
weights on the same kind of device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch

from deap_nn.networks import LayerSpec, Shape
from deap_nn.recipe import Schedule
from deap_nn.tasks import Task
from deap_nn.training.compiled_torch.graphs import Function, repeated, room
from deap_nn.training.compiled_torch.layers import compilable
from deap_nn.training.compiled_torch.losses import LOSSES, MEASURES
from deap_nn.training.compiled_torch.network import Network
from deap_nn.training.compiled_torch.optimizers import OPTIMIZERS
from deap_nn.training.compiled_torch.resident import Resident
from deap_nn.training.compiled_torch.steps import (
    evaluation_function,
    first_state,
    setting_of,
    step_function,
)
from deap_nn.training.feed import Feed
from deap_nn.training.history import Weights
from deap_nn.training.resolution import network_at
from deap_nn.training.samples import Samples
from deap_nn.training.weights import initial_weights

MEASURED = 500
"""The number of samples that are measured at once."""


def knows(specs: Sequence[LayerSpec], task: Task, schedule: Schedule) -> bool:
    """Tell whether a network can be trained here, that is, whether everything it needs has a function."""
    known = task.loss in LOSSES and task.measure.name in MEASURES
    return known and compilable(specs) and schedule.optimizer in OPTIMIZERS


def finds_gpu() -> bool:
    """Tell whether PyTorch can use a GPU."""
    return bool(torch.cuda.is_available())


class TorchTrainer:
    """A network in training, with its weights and samples on a GPU if there is one."""

    def __init__(
        self,
        specs: Sequence[LayerSpec],
        task: Task,
        schedule: Schedule,
        training: Samples,
        validation: Samples,
        seed: int,
    ) -> None:
        self._specs, self._device = tuple(specs), torch.device("cuda" if finds_gpu() else "cpu")
        self.backend = f"compiled_torch {self._device.type}"  # their random numbers differ
        network = Network(specs, schedule.precision, self._device)
        self._setting, self._samples = setting_of(network, task, schedule, len(training)), len(training)
        vectors = network.vectors(initial_weights(specs, seed, schedule.kernel_initializer))
        self._state = first_state(self._setting, *vectors)
        self._feed = Feed(specs, schedule, training, validation, seed, partial(Resident, device=self._device))
        self._functions: dict[tuple[Shape, str], Function] = {}
        self._room = room(self._device)
        torch.manual_seed(seed)

    def train(self, epoch: int) -> list[float]:
        """Take the steps of an epoch; return the means of loss and measure."""
        size = self._setting.schedule.batch_size
        with _repeating():
            for x, y in self._feed.training(epoch):
                for batch in zip(x.split(size), y.split(size), strict=True):
                    self._function("step", *batch)(*batch)
        return self._means(self._samples)

    def evaluate(self, epoch: int, running: bool = False) -> list[float]:
        """Return the means of loss and measure over the validation samples."""
        count = size = 0
        with _repeating():
            for x, y in self._feed.validation(epoch):
                for part in zip(x.split(MEASURED), y.split(MEASURED), strict=True):
                    size = size or len(part[1])  # the first part is the largest
                    arguments = _filled_up(*part, size)
                    self._function("running" if running else "evaluation", *arguments)(*arguments)
                    count += len(part[1])
        return self._means(count)

    def weights(self) -> Weights:
        """Return the weights as they are now."""
        return self._setting.network.arrays(self._state.measured, self._state.statistics)

    def state(self) -> list[np.ndarray]:
        """Return everything that the next step depends on."""
        random_state = torch.cuda.get_rng_state() if self._device.type == "cuda" else torch.get_rng_state()
        return [*(tensor.cpu().numpy().copy() for tensor in self._state.tensors), random_state.numpy()]

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Go on from what `state` returned."""
        *values, random_state = (torch.tensor(array) for array in state)
        for tensor, value in zip(self._state.tensors, values, strict=True):
            tensor.copy_(value)
        (torch.cuda.set_rng_state if self._device.type == "cuda" else torch.set_rng_state)(random_state)

    def skip(self, steps: int) -> None:
        """Pass over steps of the schedule."""
        self._state.count.add_(steps)

    def _function(self, name: str, *arguments: torch.Tensor) -> Function:
        """Return the function for arguments of these shapes; those for images of other sizes are dropped."""
        shape = tuple(arguments[0].shape)
        if (shape, name) not in self._functions:
            if any(of_shape[1:] != shape[1:] for of_shape, _ in self._functions):
                self._functions, self._room = {}, room(self._device)
            self._functions[shape, name] = repeated(self._made(name, network_at(self._specs, shape[1:])), self._room)
        return self._functions[shape, name]

    def _made(self, name: str, specs: tuple[LayerSpec, ...]) -> Function:
        if name == "step":
            return step_function(self._setting, specs, self._state)
        weights = self._state.running[0] if name == "running" else self._state.measured
        return evaluation_function(self._setting, specs, weights, self._state.statistics)

    def _means(self, count: int) -> list[float]:
        means: list[float] = (self._setting.sums / count).tolist()
        self._setting.sums.zero_()
        return means


def _filled_up(x: torch.Tensor, y: torch.Tensor, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return that many samples, and which of them count."""
    missing = size - len(y)
    counted = torch.ones(size, device=x.device)
    counted[len(y) :] = 0
    return torch.cat([x, x.new_zeros(missing, *x.shape[1:])]), torch.cat([y, y.new_zeros(missing)]), counted


@contextmanager
def _repeating() -> Iterator[None]:
    """Let cuDNN use only algorithms that repeat, and not try out which is the fastest."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=True):
        yield


start = TorchTrainer
"""Starts the training of a blueprint's network, see `deap_nn.training.train`."""
