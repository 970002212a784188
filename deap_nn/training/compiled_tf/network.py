"""A network's weights as two long vectors, the trained ones and the moving statistics, and how to cut them up."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.training.schedule import Weights

TRAINED = 2
"""Of each layer's arrays the first two are trained (kernel and bias, gamma and beta), the others are statistics."""


class Network:
    """A blueprint with the shapes of its weights.

    Args:
        specs: the blueprint.
        weights: the initial ones, per layer.
    """

    def __init__(self, specs: Sequence[LayerSpec], weights: Weights) -> None:
        self.specs = specs
        self._shapes = [[array.shape for array in arrays] for arrays in weights]

    def weights(self, trained: tf.Tensor, statistics: tf.Tensor) -> list[list[tf.Tensor]]:
        """Return the arrays of each layer."""
        first = _cut(trained, [shapes[:TRAINED] for shapes in self._shapes])
        others = _cut(statistics, [shapes[TRAINED:] for shapes in self._shapes])
        return [a + b for a, b in zip(first, others, strict=True)]

    def arrays(self, trained: tf.Tensor, statistics: tf.Tensor) -> Weights:
        """Return the arrays of each layer as NumPy's."""
        return [[array.numpy() for array in arrays] for arrays in self.weights(trained, statistics)]


def vectors(weights: Weights) -> tuple[tf.Tensor, tf.Tensor]:
    """Return all trained arrays and all statistics, each laid end to end."""
    return (
        _joined([array for arrays in weights for array in arrays[:TRAINED]]),
        _joined([array for arrays in weights for array in arrays[TRAINED:]]),
    )


def _joined(arrays: list[np.ndarray]) -> tf.Tensor:
    return tf.constant(np.concatenate([np.zeros(0, np.float32), *(array.ravel() for array in arrays)]))


def _cut(vector: tf.Tensor, shapes: list[list[tuple[int, ...]]]) -> list[list[tf.Tensor]]:
    sizes = [math.prod(shape) for layer in shapes for shape in layer]
    parts = iter(tf.split(vector, sizes) if sizes else ())
    return [[tf.reshape(next(parts), shape) for shape in layer] for layer in shapes]
