"""The views of an image that a saved network may judge: its mirror image, and both shifted by a pixel.

It answers with the mean of its outputs. What is learnt with mirrored and shifted images should not depend on side and
place, but does a little; the mean of several views depends on them less (Krizhevsky et al. 2012,
https://papers.nips.cc/paper/4824; Jordan 2024, https://arxiv.org/abs/2404.00498, whose six views these are).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import keras

SHIFTS = (0, 1, -1)
"""The pixels by which an image moves up and to the left; negative: down and to the right."""

VIEWS = {
    1: [(0, False)],
    2: list(product(SHIFTS[:1], (False, True))),
    3: list(product(SHIFTS, (False,))),
    6: list(product(SHIFTS, (False, True))),
}
"""The shift of each view, and whether it is mirrored left to right, by the number of views."""


def views(images: keras.KerasTensor, number: int) -> Iterator[keras.KerasTensor]:
    """Yield the views of a batch of images, the images themselves first.

    Args:
        images: Images of at least two rows and columns, (N, height, width, channels).
        number: How many views, one of `VIEWS`.
    """
    for shift, mirrored in VIEWS[number]:
        moved = _moved(images, shift) if shift else images
        yield keras.ops.flip(moved, axis=2) if mirrored else moved


def _moved(images: keras.KerasTensor, shift: int) -> keras.KerasTensor:
    """Shift images; what comes in is a reflection, without the edge itself, as in training."""
    for axis in (1, 2):
        last = images.shape[axis] - 1
        places = [abs(place + shift) for place in range(last + 1)]
        images = keras.ops.take(images, [min(place, 2 * last - place) for place in places], axis=axis)
    return images
