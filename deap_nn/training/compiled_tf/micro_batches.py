"""How many samples of a batch go through the network together; the gradients of its micro-batches are added up.

Small micro-batches leave their maps in the processor's cache from one layer to the next. But a convolution by way of
the frequency domain transforms its kernel anew for each of them, and there kernels are larger than the maps of a small
one: it gains more from large ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from deap_nn.networks import LAYERS, LayerSpec
from deap_nn.training.compiled_tf.convolution import is_spectral
from deap_nn.training.schedule import MIN_MICRO_BATCH, Schedule

CACHE = 2 << 20
"""Bytes that the largest map of a micro-batch may fill where all convolutions are direct."""

SPECTRAL = 128 << 20
"""Bytes that it may fill where one is not: time is won far beyond, but memory lost."""


def micro_batch_size(specs: Sequence[LayerSpec], schedule: Schedule) -> int:
    """Return how many samples a micro-batch has, at most: `schedule.batch_size` where a batch goes whole.

    Batch normalisation needs all samples together.

    Args:
        specs: The network.
        schedule: Its batch size and precision.
    """
    batch_size = schedule.batch_size
    if any(LAYERS[spec.layer].whole_batch for spec in specs):
        return batch_size
    room = SPECTRAL if has_spectral(specs, schedule.precision) else CACHE
    largest = 4 * max(math.prod(spec.output_shape) for spec in specs)
    count = math.ceil(batch_size / max(MIN_MICRO_BATCH, room // largest))
    return math.ceil(batch_size / count)


def has_spectral(specs: Sequence[LayerSpec], precision: str) -> bool:
    """Say whether any convolution of a network goes by way of the frequency domain."""
    return any(spec.layer == "Conv2D" and is_spectral(spec, precision) for spec in specs)
