"""Images that grow in the course of a training: small ones cost less, and what they taught is not lost.

Tan and Le 2021, https://arxiv.org/abs/2104.00298, section 3.3. A training has three phases: the size it starts with,
the one halfway, and the full one, for two, two and three sevenths of its epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from deap_nn.networks import LayerSpec, Shape, resized
from deap_nn.training.schedule import Schedule

PHASES = (2 / 7, 4 / 7)
"""The shares of the epochs after which the second and the last phase begin."""


def shapes(specs: Sequence[LayerSpec], schedule: Schedule) -> list[Shape]:
    """Return the shape that samples have in each epoch.

    It is always the full one where smaller images would change the network's weights: without global pooling, or with
    user-defined layers.
    """
    full = specs[0].input_shape
    if schedule.start_resolution == 1 or len(full) != 3:
        return [full] * schedule.epochs
    halfway = (1 + schedule.start_resolution) / 2
    smaller = [(*(round(side * share) for side in full[:2]), full[2]) for share in (schedule.start_resolution, halfway)]
    if any(min(shape) < 1 or resized(specs, shape) is None for shape in smaller):
        return [full] * schedule.epochs
    phases = [sum(epoch >= begin * schedule.epochs for begin in PHASES) for epoch in range(schedule.epochs)]
    return [[*smaller, full][phase] for phase in phases]


def resize(x: np.ndarray, shape: Shape) -> np.ndarray:
    """Return images (N, height, width, channels) of float32 at another size, at most their own.

    As `keras.ops.image.resize` with antialiasing: each pixel of the result is a mean of those it covers, weighted by a
    triangle.
    """
    if x.shape[1:] == shape:
        return x
    (height, width, channels), count = shape, len(x)
    x = np.matmul(_means(x.shape[1], height), x.reshape(count, x.shape[1], -1))
    # Columns and channels at once: one large product instead of many small ones
    both = np.kron(_means(x.shape[2] // channels, width).T, np.eye(channels, dtype=np.float32))
    small: np.ndarray = x.reshape(count * height, -1) @ both
    return small.reshape(count, *shape)


@cache
def _means(size: int, smaller: int) -> np.ndarray:
    ratio = size / smaller
    centres = (np.arange(smaller)[:, None] + 0.5) * ratio
    weights = np.maximum(0, 1 - np.abs(np.arange(size) + 0.5 - centres) / ratio)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
