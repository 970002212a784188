"""The views of an image, as operations of Keras within a saved network."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from deap_nn.recipe import VIEWS, reflected


def views(images: keras.KerasTensor, number: int) -> Iterator[keras.KerasTensor]:
    """Yield the views of a batch of images, the images themselves first.

    Args:
        images: Images of at least two rows and columns, (N, height, width, channels).
        number: How many views, one of `deap_nn.recipe.VIEWS`.
    """
    for shift, mirrored in VIEWS[number]:
        moved = _moved(images, shift) if shift else images
        yield keras.ops.flip(moved, axis=2) if mirrored else moved


def _moved(images: keras.KerasTensor, shift: int) -> keras.KerasTensor:
    """Shift images; what comes in is a reflection, without the edge itself, as in training."""
    for axis in (1, 2):
        images = keras.ops.take(images, reflected(images.shape[axis], shift).tolist(), axis=axis)
    return images
