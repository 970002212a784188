"""The division of a batch into micro-batches, whose gradients are summed.

The maps of a small micro-batch stay in the processor's cache from one layer to the next. But a convolution via the
frequency domain transforms its kernel again for each micro-batch, and transformed kernels are larger than the maps of a
small one: such convolutions gain more from large micro-batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from deap_nn.networks import LAYERS, LayerSpec
from deap_nn.recipe import Schedule
from deap_nn.training.compiled_tf.convolution import is_spectral
from deap_nn.training.compiled_tf.spectral import MIN_MICRO_BATCH

CACHE = 2 << 20
"""The bytes that the largest maps of a micro-batch may fill if all convolutions are direct."""

SPECTRAL = 128 << 20
"""The bytes that they may fill if one is not: far more would still save time, but cost memory."""


def micro_batch_size(specs: Sequence[LayerSpec], schedule: Schedule) -> int:
    """Return the maximum number of samples in a micro-batch: `schedule.batch_size` if a batch is not divided.

    Batch normalisation needs all samples of a batch together.

    Args:
        specs: The network.
        schedule: The schedule with batch size and precision.
    """
    batch_size = schedule.batch_size
    if any(LAYERS[spec.layer].whole_batch for spec in specs):
        return batch_size
    room = SPECTRAL if has_spectral(specs, schedule.precision) else CACHE
    largest = 4 * max(math.prod(spec.output_shape) for spec in specs)
    count = math.ceil(batch_size / max(MIN_MICRO_BATCH, room // largest))
    return math.ceil(batch_size / count)


def has_spectral(specs: Sequence[LayerSpec], precision: str) -> bool:
    """Tell whether any convolution of a network is computed via the frequency domain."""
    return any(spec.layer == "Conv2D" and is_spectral(spec, precision) for spec in specs)
