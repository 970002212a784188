"""Samples that stay on the device, as bytes where they came as bytes, and are augmented there.

NumPy draws what happens to them, as for all back ends (`deap_nn.training.augmentation`); what it does to a few thousand
images at a time is a handful of kernels.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import torch

from deap_nn.networks import Shape
from deap_nn.training.augmentation import Draws
from deap_nn.training.resolution import means
from deap_nn.training.samples import Samples

_resident: WeakKeyDictionary[Samples, tuple[torch.Tensor, torch.Tensor]] = WeakKeyDictionary()
"""The inputs and targets that are on the device: one training after the other uses the same."""


def sent(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """Return a copy of an array on the device, without waiting for it."""
    tensor = torch.tensor(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


class Resident:
    """Samples on a device: a `deap_nn.training.feed.Store`."""

    def __init__(self, samples: Samples, device: torch.device) -> None:
        if samples not in _resident:
            x = samples.x.astype(np.uint8 if samples.x.dtype == np.uint8 else np.float32, order="C", copy=False)
            _resident[samples] = sent(x, device), sent(samples.y.astype(np.int64, order="C"), device)
        self._x, self._y = _resident[samples]
        self._device = device
        self._scale, self._offset = (sent(np.float32(one), device) for one in (samples.scale, samples.offset))
        self._mean = sent(samples.mean.astype(np.float32), device)

    def take(self, rows: np.ndarray, draws: Draws, cutout: int, shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
        """Return inputs (float32) and targets of these samples, see `deap_nn.training.feed.Store`."""
        places = sent(rows, self._device)
        if draws.shifts is not None and draws.flips is not None:
            x = self._moved(places, sent(draws.shifts, self._device), sent(draws.flips, self._device)).float()
        else:
            x = self._x[places].float()
        if draws.corners is not None:
            x = torch.where(_blots(x, sent(draws.corners, self._device), cutout), self._mean, x)
        x = x * self._scale + self._offset
        if draws.noise is not None:
            x = x + sent(draws.noise, self._device)
        return _resized(x, shape), self._y[places]

    def _moved(self, places: torch.Tensor, shifts: torch.Tensor, flips: torch.Tensor) -> torch.Tensor:
        """Return images shifted and mirrored, as `deap_nn.training.augmentation.moved` does it."""
        height, width = self._x.shape[1:3]
        down = _reflected(height, shifts[:, :1])
        right = _reflected(width, shifts[:, 1:])
        right = torch.where(flips[:, None], right.flip(1), right)
        return self._x[places[:, None, None], down[:, :, None], right[:, None, :]]


def _reflected(size: int, shifts: torch.Tensor) -> torch.Tensor:
    positions = (torch.arange(size, device=shifts.device) + shifts).abs()
    return torch.where(positions < size, positions, 2 * (size - 1) - positions)


def _blots(x: torch.Tensor, corners: torch.Tensor, side: int) -> torch.Tensor:
    """Return whether each pixel lies in its image's square."""
    inside = []
    for axis in (0, 1):
        distance = torch.arange(x.shape[1 + axis], device=x.device) - corners[:, axis : axis + 1]
        inside.append((distance >= 0) & (distance < side))
    return (inside[0][:, :, None] & inside[1][:, None, :])[..., None]


def _resized(x: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Return images at another size, as `deap_nn.training.resolution.resize` does it."""
    if x.shape[1:] == shape:
        return x
    (count, before_height, before_width, channels), (height, width, _) = x.shape, shape
    of_rows, of_columns = (sent(means(*sizes), x.device) for sizes in ((before_height, height), (before_width, width)))
    x = torch.matmul(of_rows, x.reshape(count, before_height, -1))
    return torch.matmul(of_columns, x.reshape(-1, before_width, channels)).reshape(count, *shape)
