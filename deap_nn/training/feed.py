"""The way of samples into a network: in which order, augmented, scaled and resized, a few megabytes at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from deap_nn.networks import LayerSpec, Shape, growing
from deap_nn.recipe import Schedule
from deap_nn.training.augmentation import Augmentation, Draws, augmented
from deap_nn.training.resolution import resize
from deap_nn.training.samples import Samples

PART = 32 << 20
"""The bytes of scaled samples that are made at a time."""

ORDER = 1
"""The purpose of a random stream, see `augmentation`."""

Parts = Iterator[tuple[Any, Any]]
"""Scaled inputs and targets, some whole batches at a time."""


class Store(Protocol):
    """Samples where a back end wants them."""

    def take(self, rows: np.ndarray, draws: Draws, cutout: int, shape: Shape) -> tuple[Any, Any]:
        """Return inputs, augmented, scaled and at the size of `shape`, and targets of these samples."""


class InMemory:
    """Samples in this computer's memory, for back ends that NumPy hands them to."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def take(self, rows: np.ndarray, draws: Draws, cutout: int, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and targets of these samples, see `Store`."""
        return resize(augmented(self._samples, rows, draws, cutout), shape), self._samples.y[rows]


class Feed:
    """The samples of a training, epoch by epoch.

    Args:
        specs: The network.
        schedule: Batch size, augmentation, image sizes.
        training: The samples that it is trained on.
        validation: The samples that it is measured on.
        seed: The seed of the training.
        store: Puts samples where they are wanted.
    """

    def __init__(
        self,
        specs: Sequence[LayerSpec],
        schedule: Schedule,
        training: Samples,
        validation: Samples,
        seed: int,
        store: Callable[[Samples], Store] = InMemory,
    ) -> None:
        self._schedule, self._training, self._validation, self._seed = schedule, training, validation, seed
        self._stores = store(training), store(validation)
        networks = growing(specs, schedule.epochs, schedule.start_resolution)
        self._shapes = [network[0].input_shape for network in networks]
        self._orders, self._drawn = np.random.default_rng([seed, ORDER]), 0

    def training(self, epoch: int) -> Parts:
        """Yield the training samples of an epoch, from 0 and later than those before, in random order."""
        augmentation = Augmentation(self._schedule, self._training, self._seed, epoch)
        shape, cutout = self._shapes[epoch], self._schedule.cutout
        for rows in self._parts(self._order(epoch), shape):
            yield self._stores[0].take(rows, augmentation.draws(rows), cutout, shape)

    def validation(self, epoch: int) -> Parts:
        """Yield the validation samples at the size that images have in this epoch."""
        shape = self._shapes[epoch]
        for rows in self._parts(np.arange(len(self._validation)), shape):
            yield self._stores[1].take(rows, Draws(), 0, shape)

    def _order(self, epoch: int) -> np.ndarray:
        while self._drawn < epoch:
            self._orders.permutation(len(self._training))
            self._drawn += 1
        self._drawn += 1
        return self._orders.permutation(len(self._training))

    def _parts(self, rows: np.ndarray, shape: Shape) -> Iterator[np.ndarray]:
        batches = max(1, PART // (4 * math.prod(shape) * self._schedule.batch_size))
        size = batches * self._schedule.batch_size
        return (rows[start : start + size] for start in range(0, len(rows), size))
