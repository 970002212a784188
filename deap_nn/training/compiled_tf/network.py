"""The weights of a network as two long vectors (trained weights, moving statistics), and how to split them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.training.history import Weights


class Network:
    """A blueprint with the shapes of its weights. In each layer, the trained arrays come first.

    Args:
        specs: The blueprint.
    """

    def __init__(self, specs: Sequence[LayerSpec]) -> None:
        self.specs = specs
        rows = [spec.weights or () for spec in specs]
        self._trained = [[weight.shape for weight in row if weight.trained] for row in rows]
        self._statistics = [[weight.shape for weight in row if not weight.trained] for row in rows]

    @property
    def kernels(self) -> np.ndarray:
        """1 where a trained weight is part of a kernel, else 0: biases and normalisations, which never decay."""
        shapes = [shape for layer in self._trained for shape in layer]
        parts = [np.full(math.prod(shape), len(shape) > 1, np.float32) for shape in shapes]
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def vectors(self, weights: Weights) -> tuple[tf.Tensor, tf.Tensor]:
        """Return all trained arrays and all statistics, each laid end to end."""
        layers = list(zip(weights, self._trained, strict=True))
        return (
            _joined([array for arrays, trained in layers for array in arrays[: len(trained)]]),
            _joined([array for arrays, trained in layers for array in arrays[len(trained) :]]),
        )

    def weights(self, trained: tf.Tensor, statistics: tf.Tensor) -> list[list[tf.Tensor]]:
        """Return the arrays of each layer."""
        layers = zip(_cut(trained, self._trained), _cut(statistics, self._statistics), strict=True)
        return [first + others for first, others in layers]

    def arrays(self, trained: tf.Tensor, statistics: tf.Tensor) -> Weights:
        """Return the arrays of each layer as NumPy arrays."""
        return [[array.numpy() for array in arrays] for arrays in self.weights(trained, statistics)]


def _joined(arrays: list[np.ndarray]) -> tf.Tensor:
    return tf.constant(np.concatenate([np.zeros(0, np.float32), *(array.ravel() for array in arrays)]))


def _cut(vector: tf.Tensor, shapes: list[list[tuple[int, ...]]]) -> list[list[tf.Tensor]]:
    sizes = [math.prod(shape) for layer in shapes for shape in layer]
    pieces = iter(tf.split(vector, sizes) if sizes else ())
    return [[tf.reshape(next(pieces), shape) for shape in layer] for layer in shapes]
