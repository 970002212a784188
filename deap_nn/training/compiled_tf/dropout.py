"""Dropout whose random numbers are drawn once per training.

Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html.

Drawing a number for every value of every batch makes Keras's `Dropout` expensive on a CPU: up to half of the training
time of a small convolutional network. Here each layer gets, before the first step, a pool of mask values (0, or
1/(1-rate) with probability 1-rate) longer than its mask, and every pass uses a window of it. The start of each window
is drawn at random, never the same twice, so that no two passes see the same mask, and whether a value is dropped does
not depend on whether it is dropped in any other pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from deap_nn.networks import LayerSpec

Dropout = Callable[[tf.Tensor, int], tf.Tensor]
"""`(x, index of the layer) -> x` with some values dropped."""

MIN_PLACES = 1 << 19
"""The minimum number of places where a window may begin. A pool has that many more values than a mask, so that its
share of zeros equals the rate to within a fraction of a percent even for the smallest layers."""


class Masks:
    """The masks of all dropout layers of a training.

    Args:
        specs: The network.
        samples: The maximum number of samples in a pass.
        passes: The number of passes in the whole training.
        seed: The seed of the random numbers.
    """

    def __init__(self, specs: Sequence[LayerSpec], samples: int, passes: int, seed: int) -> None:
        rng = np.random.default_rng([seed, 2])
        places = max(passes, MIN_PLACES)
        self._starts = tf.constant(rng.choice(places, passes, replace=False).astype(np.int32))
        self._pools = {
            index: _pool(rng, samples * math.prod(spec.output_shape) + places, spec.config["rate"])
            for index, spec in enumerate(specs)
            if spec.layer == "Dropout"
        }

    def dropout(self, number: tf.Tensor) -> Dropout:
        """Return the dropout of pass `number`, counted from 0."""
        if not self._pools:
            return lambda x, index: x
        start = self._starts[number]

        def dropout(x: tf.Tensor, index: int) -> tf.Tensor:
            shape = tf.shape(x)
            window = tf.slice(self._pools[index], [start], [tf.reduce_prod(shape)])
            return x * tf.reshape(window, shape)

        return dropout


def _pool(rng: np.random.Generator, size: int, rate: float) -> tf.Tensor:
    kept = rng.random(size, dtype=np.float32) >= rate
    return tf.constant(kept * np.float32(1 / (1 - rate)))
