"""A convolutional layer's products: directly or by way of the frequency domain, and in which precision."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.training.compiled_tf import spectral
from deap_nn.training.compiled_tf.precision import multiplies_tiles, product

WORTH_ROUNDING = 64
"""Products per value of a map from which a convolution in bfloat16 is quicker, its conversions included."""


def is_spectral(spec: LayerSpec, precision: str) -> bool:
    """Say whether a convolution goes by way of the frequency domain.

    Where tiles of bfloat16 are multiplied at once, a direct convolution in it hardly takes longer than the transforms.

    Args:
        spec: A layer `Conv2D`.
        precision: As in `Schedule`.
    """
    if spec.config["strides"] != 1 or not _on_cpu():
        return False
    kernel_shape = (*(spec.config["kernel_size"],) * 2, spec.input_shape[-1], spec.config["filters"])
    dtype = _dtype(kernel_shape, precision)
    if dtype == "bfloat16" and multiplies_tiles():
        return False
    return spectral.pays(spec.input_shape, kernel_shape, spec.config["padding"], dtype)


def convolve(x: tf.Tensor, kernel: tf.Tensor, spec: LayerSpec, precision: str) -> tf.Tensor:
    """Convolve a batch of maps with a layer's kernel; bias and activation are left to the layer."""
    strides, padding, dtype = spec.config["strides"], spec.config["padding"], _dtype(kernel.shape, precision)
    if is_spectral(spec, precision):
        return spectral.convolve(x, kernel, padding, dtype)
    return product(lambda x, kernel: tf.nn.conv2d(x, kernel, strides, padding.upper()), x, kernel, dtype)


def _dtype(kernel_shape: Sequence[int], precision: str) -> str:
    return precision if math.prod(kernel_shape[:-1]) >= WORTH_ROUNDING else "float32"


def _on_cpu() -> bool:
    return not tf.config.list_physical_devices("GPU")  # there, cuDNN makes a choice of its own
