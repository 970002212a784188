"""The samples of a training, as they lie in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Samples:
    """Raw inputs and targets (of the task's dtype), samples first; scaled only on their way into a network.

    Attributes:
        x: The raw inputs, of any numeric dtype: images stay bytes.
        y: The targets.
        scale: The factor that, with `offset`, makes of raw inputs what networks take in; a number, or one per feature.
        offset: The summand.
    """

    x: np.ndarray
    y: np.ndarray
    scale: float | np.ndarray = 1.0
    offset: float | np.ndarray = 0.0

    def __len__(self) -> int:
        return len(self.y)

    def scaled(self, raw: np.ndarray) -> np.ndarray:
        """Return raw inputs as networks take them in, `raw * scale + offset`: float32."""
        x = raw.astype(np.float32)
        x *= np.float32(self.scale)
        x += np.float32(self.offset)
        return x

    @cached_property
    def mean(self) -> np.ndarray:
        """The mean raw value of each channel or feature, of the first thousand samples."""
        some = self.x[:1000]
        return np.asarray(some.mean(axis=tuple(range(some.ndim - 1))), self.x.dtype)
