"""Augmentation: training samples that differ from epoch to epoch, as their class does not.

Everything is drawn from the training's seed and the number of the epoch, so that no state is kept. NumPy does it for
all back ends alike, on raw samples: a batch of bytes is a quarter of its size as float32.
"""

from __future__ import annotations

import numpy as np

from deap_nn.recipe import Schedule
from deap_nn.training.samples import Samples

DRAWS, SIDES = 3, 4
"""The purposes of random streams, after initial weights (none), the order of samples (1) and dropout (2)."""


class Augmentation:
    """The augmentation of one epoch.

    Args:
        schedule: Which kinds there are, and how strong.
        samples: The training samples.
        seed: The seed of the training.
        epoch: The number of the epoch, from 0.
    """

    def __init__(self, schedule: Schedule, samples: Samples, seed: int, epoch: int) -> None:
        self._schedule, self._samples = schedule, samples
        self._rng = np.random.default_rng([seed, DRAWS, epoch])
        sides = np.random.default_rng([seed, SIDES]).integers(0, 2, len(samples)) ^ (epoch & 1)
        self._sides: np.ndarray = sides.astype(bool)

    def raw(self, rows: np.ndarray) -> np.ndarray:
        """Return these samples, drawn anew; to be asked for all rows of the epoch in their order."""
        x: np.ndarray = self._samples.x[rows]
        if x.ndim != 4:
            return x
        if self._schedule.shift or self._schedule.flip != "none":
            x = moved(x, self._shifts(len(rows)), self._flips(rows))
        if self._schedule.cutout:
            self._blot_out(x)
        return x

    def scaled(self, rows: np.ndarray) -> np.ndarray:
        """Return these samples, drawn anew, as networks take them in."""
        x = self._samples.scaled(self.raw(rows))
        if x.ndim == 2 and self._schedule.noise:
            x += np.float32(self._schedule.noise) * self._rng.standard_normal(x.shape, np.float32)
        return x

    def _shifts(self, count: int) -> np.ndarray:
        """Draw rows and columns by which images move, no further than a reflection reaches."""
        furthest = np.minimum(self._schedule.shift, np.array(self._samples.x.shape[1:3]) - 1)
        shifts: np.ndarray = self._rng.integers(-furthest, furthest + 1, (count, 2))
        return shifts

    def _flips(self, rows: np.ndarray) -> np.ndarray:
        if self._schedule.flip == "alternating":
            return np.asarray(self._sides[rows])
        if self._schedule.flip == "random":
            return self._rng.integers(0, 2, len(rows)).astype(bool)
        return np.zeros(len(rows), bool)

    def _blot_out(self, x: np.ndarray) -> None:
        """Replace, in place, a square of each image by the mean colour; at the edges, part of it lies outside."""
        sides = np.array(x.shape[1:3])
        low = self._rng.integers(0, sides, (len(x), 2)) - self._schedule.cutout // 2
        for image, (top, left) in zip(x, low, strict=True):
            bottom, right = top + self._schedule.cutout, left + self._schedule.cutout
            image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = self._samples.mean


def moved(x: np.ndarray, shifts: np.ndarray, flips: np.ndarray) -> np.ndarray:
    """Return images shifted, with reflections (without the edge itself) where nothing was, then mirrored.

    Args:
        x: The images (N, height, width, channels).
        shifts: The rows and columns (N, 2) by which the content moves up and left; negative: down and right. Less than
            the sides.
        flips: Which images (N) are mirrored left to right.
    """
    count, height, width, channels = x.shape
    pixels, result = x.reshape(count, -1, channels), np.empty_like(x)
    # Few different moves among many images: one list of pixels serves all images that move alike
    distinct, group = np.unique(np.column_stack([shifts, flips]), axis=0, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(group.ravel(), minlength=len(distinct)))
    for (down, right, flip), members in zip(distinct, np.split(order, ends[:-1]), strict=True):
        columns = _reflected(width, right)[:: -1 if flip else 1]
        places = _reflected(height, down)[:, None] * width + columns
        result[members] = pixels[members].take(places.ravel(), axis=1).reshape(-1, *x.shape[1:])
    return result


def _reflected(size: int, shift: int) -> np.ndarray:
    """Return the positions `shift, shift + 1, ...` folded into `0 ... size - 1`."""
    positions = np.abs(np.arange(size) + shift)
    return np.where(positions < size, positions, 2 * (size - 1) - positions)
