"""Images at another size, for trainings in which they grow (`deap_nn.networks.growing`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from deap_nn.networks import LayerSpec, Shape, resized


def network_at(specs: Sequence[LayerSpec], shape: Shape) -> tuple[LayerSpec, ...]:
    """Return the network for samples of a shape that `Feed` gives it."""
    other = tuple(specs) if shape == specs[0].input_shape else resized(specs, shape)
    if other is None:
        raise RuntimeError(f"samples have the shape {shape}, expected {specs[0].input_shape}")
    return other


def resize(x: np.ndarray, shape: Shape) -> np.ndarray:
    """Return images (N, height, width, channels) of float32 at another size, at most their own.

    As `keras.ops.image.resize` with antialiasing: each pixel of the result is a mean of those it covers, weighted by a
    triangle.
    """
    if x.shape[1:] == shape:
        return x
    (height, width, channels), count = shape, len(x)
    x = np.matmul(means(x.shape[1], height), x.reshape(count, x.shape[1], -1))
    # Columns and channels at once: one large product instead of many small ones
    both = np.kron(means(x.shape[2] // channels, width).T, np.eye(channels, dtype=np.float32))
    small: np.ndarray = x.reshape(count * height, -1) @ both
    return small.reshape(count, *shape)


@cache
def means(size: int, smaller: int) -> np.ndarray:
    """Return the weights (smaller, size) with which the pixels along one side make those of a smaller image."""
    ratio = size / smaller
    centres = (np.arange(smaller)[:, None] + 0.5) * ratio
    weights = np.maximum(0, 1 - np.abs(np.arange(size) + 0.5 - centres) / ratio)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
