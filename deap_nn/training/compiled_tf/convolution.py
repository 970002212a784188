"""The products of a convolutional layer: directly or via the frequency domain, in either precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.training.compiled_tf import spectral
from deap_nn.training.compiled_tf.precision import multiplies_tiles, product
from deap_nn.training.threads import thread_count

WORTH_ROUNDING = 64
"""The products per map value from which a convolution is faster in bfloat16, including the conversions."""


def is_spectral(spec: LayerSpec, precision: str) -> bool:
    """Tell whether a convolution is computed via the frequency domain.

    That may depend on the number of threads, as the last digits do anyway. If the processor multiplies whole tiles of
    bfloat16 at once, a direct convolution takes hardly longer in bfloat16 than the transforms.

    Args:
        spec: A `Conv2D` layer.
        precision: As in `Schedule`.
    """
    if spec.config["strides"] != 1 or not _on_cpu():
        return False
    kernel_shape = (*(spec.config["kernel_size"],) * 2, spec.input_shape[-1], spec.config["filters"])
    dtype = _dtype(kernel_shape, precision)
    if dtype == "bfloat16" and multiplies_tiles():
        return False
    return spectral.pays(spec.input_shape, kernel_shape, spec.config["padding"], dtype, thread_count())


def convolve(x: tf.Tensor, kernel: tf.Tensor, spec: LayerSpec, precision: str) -> tf.Tensor:
    """Convolve a batch of maps with a layer's kernel; the layer adds bias and activation."""
    strides, padding, dtype = spec.config["strides"], spec.config["padding"], _dtype(kernel.shape, precision)
    if is_spectral(spec, precision):
        return spectral.convolve(x, kernel, padding, dtype)
    return product(lambda x, kernel: tf.nn.conv2d(x, kernel, strides, padding.upper()), x, kernel, dtype)


@tf.custom_gradient
def add_bias(y: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    """Add one number per channel.

    Its gradient, a sum over all places, is a product with ones here: TensorFlow would compute it together with the
    kernel's gradient, which then takes several times as long where a layer has few input channels.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows = tf.reshape(upstream, [-1, upstream.shape[-1]])
        return upstream, tf.linalg.matmul(tf.ones([1, tf.shape(rows)[0]]), rows)[0]

    return tf.nn.bias_add(y, bias), gradient


def _dtype(kernel_shape: Sequence[int], precision: str) -> str:
    return precision if math.prod(kernel_shape[:-1]) >= WORTH_ROUNDING else "float32"


def _on_cpu() -> bool:
    return not tf.config.list_physical_devices("GPU")  # On a GPU, cuDNN chooses the algorithm
