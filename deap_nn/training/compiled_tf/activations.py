"""The activations of a blueprint as plain TensorFlow functions, for the compiled training.

Each computes the same as Keras's of that name; those whose backward pass is slow in TensorFlow are written out here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf


@tf.custom_gradient
def _gelu(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Apply GELU (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415) with a faster backward pass."""
    share = 0.5 + 0.5 * tf.math.erf(x * math.sqrt(0.5))

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return upstream * (share + x * tf.exp(-0.5 * tf.square(x)) * (1 / math.sqrt(2 * math.pi)))

    return x * share, gradient


ACTIVATIONS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "linear": lambda x: x,
    "relu": tf.nn.relu,
    "tanh": tf.math.tanh,
    # Not tf.nn.silu: its backward pass computes the sigmoid again, to save memory
    "swish": lambda x: x * tf.math.sigmoid(x),
    "silu": lambda x: x * tf.math.sigmoid(x),
    "elu": tf.nn.elu,
    "selu": tf.nn.selu,
    "gelu": _gelu,
    "leaky_relu": lambda x: tf.nn.leaky_relu(x, alpha=0.2),
    "sigmoid": tf.math.sigmoid,
    "softmax": tf.nn.softmax,
}
