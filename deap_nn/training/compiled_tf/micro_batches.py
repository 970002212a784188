"""How many samples of a batch go through the network together; the gradients of a batch's parts are added up.

Small parts leave their maps in the processor's cache from one layer to the next. But a convolution by way of the
frequency domain transforms its kernel anew for each part, and there kernels are larger than the maps of a small part:
it gains more from large ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from deap_nn.networks import NETWORK_INPUT, LayerSpec
from deap_nn.training.compiled_tf.convolution import is_spectral
from deap_nn.training.schedule import MIN_PART, Schedule

CACHE = 2 << 20
"""Bytes that the largest map of a part may fill where all convolutions are direct."""

SPECTRAL = 128 << 20
"""Bytes that it may fill where one is not: time is won far beyond, but memory lost."""


def part_size(specs: Sequence[LayerSpec], input_shape: Sequence[int], schedule: Schedule) -> int:
    """Return into parts of how many samples a batch is cut, at most: `schedule.batch_size` for one part.

    Batch normalisation needs all samples together.

    Args:
        specs: the network.
        input_shape: of one sample.
        schedule: its batch size and precision.
    """
    batch_size = schedule.batch_size
    if any(spec.layer == "BatchNormalization" for spec in specs):
        return batch_size
    room = SPECTRAL if has_spectral(specs, input_shape, schedule.precision) else CACHE
    largest = 4 * max(math.prod(spec.output_shape) for spec in specs)
    parts = math.ceil(batch_size / max(MIN_PART, room // largest))
    return math.ceil(batch_size / parts)


def has_spectral(specs: Sequence[LayerSpec], input_shape: Sequence[int], precision: str) -> bool:
    """Say whether any convolution of a network goes by way of the frequency domain."""
    shapes = {NETWORK_INPUT: input_shape} | {index: spec.output_shape for index, spec in enumerate(specs)}
    return any(spec.layer == "Conv2D" and is_spectral(spec, shapes[spec.inputs[0]], precision) for spec in specs)
