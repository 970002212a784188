"""Augmentation: training samples that differ from epoch to epoch, as their class does not.

Everything is drawn from the training's seed and the number of the epoch, so that no state is kept; NumPy draws for all
back ends alike. What was drawn is applied to raw samples, by NumPy here (a batch of bytes is a quarter of its size as
float32) or on a device that the samples lie on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deap_nn.recipe import Schedule, reflected
from deap_nn.training.samples import Samples

DRAWS, SIDES = 3, 4
"""The purposes of random streams, after initial weights (none), the order of samples (1) and dropout (2)."""


class Draws(NamedTuple):
    """What was drawn for some samples; None for what does not happen to them.

    Attributes:
        shifts: The rows and columns by which each image's content moves up and left: int, samples first, two columns.
        flips: Whether each image is mirrored left to right: bool.
        corners: The row and column of each blot's upper left corner, which may lie outside: int, two columns.
        noise: What is added to each scaled feature: float32.
    """

    shifts: np.ndarray | None = None
    flips: np.ndarray | None = None
    corners: np.ndarray | None = None
    noise: np.ndarray | None = None


class Augmentation:
    """The draws of one epoch.

    Args:
        schedule: Which kinds there are, and how strong.
        samples: The training samples.
        seed: The seed of the training.
        epoch: The number of the epoch, from 0.
    """

    def __init__(self, schedule: Schedule, samples: Samples, seed: int, epoch: int) -> None:
        self._schedule, self._shape = schedule, samples.x.shape[1:]
        self._rng = np.random.default_rng([seed, DRAWS, epoch])
        sides = np.random.default_rng([seed, SIDES]).integers(0, 2, len(samples)) ^ (epoch & 1)
        self._sides: np.ndarray = sides.astype(bool)

    def draws(self, rows: np.ndarray) -> Draws:
        """Draw anew for these samples; to be asked for all rows of the epoch in their order."""
        if len(self._shape) != 3:
            return Draws(noise=self._noise(len(rows)))
        shifts = flips = corners = None
        if self._schedule.shift or self._schedule.flip != "none":
            shifts, flips = self._shifts(len(rows)), self._flips(rows)
        if self._schedule.cutout:
            corners = self._rng.integers(0, self._shape[:2], (len(rows), 2)) - self._schedule.cutout // 2
        return Draws(shifts, flips, corners)

    def _shifts(self, count: int) -> np.ndarray:
        """Draw rows and columns by which images move, no further than a reflection reaches."""
        furthest = np.minimum(self._schedule.shift, np.array(self._shape[:2]) - 1)
        shifts: np.ndarray = self._rng.integers(-furthest, furthest + 1, (count, 2))
        return shifts

    def _flips(self, rows: np.ndarray) -> np.ndarray:
        if self._schedule.flip == "alternating":
            return np.asarray(self._sides[rows])
        if self._schedule.flip == "random":
            return self._rng.integers(0, 2, len(rows)).astype(bool)
        return np.zeros(len(rows), bool)

    def _noise(self, count: int) -> np.ndarray | None:
        if not self._schedule.noise or len(self._shape) != 1:
            return None
        noise: np.ndarray = self._schedule.noise * self._rng.standard_normal((count, *self._shape), np.float32)
        return noise


def augmented(samples: Samples, rows: np.ndarray, draws: Draws, cutout: int) -> np.ndarray:
    """Return samples, augmented, as networks take them in.

    Args:
        samples: The samples.
        rows: Which of them.
        draws: What was drawn for these.
        cutout: The side of blots, in pixels.
    """
    x: np.ndarray = samples.x[rows]
    if draws.shifts is not None and draws.flips is not None:
        x = moved(x, draws.shifts, draws.flips)
    if draws.corners is not None:
        _blot_out(x, draws.corners, cutout, samples.mean)
    x = samples.scaled(x)
    return x if draws.noise is None else x + draws.noise


def _blot_out(x: np.ndarray, corners: np.ndarray, side: int, colour: np.ndarray) -> None:
    """Replace, in place, a square of each image by a colour; at the edges, part of it lies outside."""
    for image, (top, left) in zip(x, corners, strict=True):
        image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = colour


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
        columns = reflected(width, right)[:: -1 if flip else 1]
        places = reflected(height, down)[:, None] * width + columns
        result[members] = pixels[members].take(places.ravel(), axis=1).reshape(-1, *x.shape[1:])
    return result
