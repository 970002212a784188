"""Products in bfloat16 on every processor.

A processor with bfloat16 instructions multiplies twice as many numbers in bfloat16 as in float32. On one without them,
TensorFlow's convolutions take 3 to 19 times as long in bfloat16 as in float32; there, the numbers are rounded to
bfloat16 but multiplied in float32. Both methods sum in float32 and round the sums once, so that results differ no more
than from one processor to another, and a search can continue on a different machine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import tensorflow as tf

Product = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def product(multiply: Product, a: tf.Tensor, b: tf.Tensor, dtype: str) -> tf.Tensor:
    """Return `multiply(a, b)` as float32, with both factors, the product and their gradients rounded.

    Args:
        multiply: A matrix product or a convolution.
        a: The first factor, float32.
        b: The second factor, float32.
        dtype: The type that they are rounded to, `float32` or `bfloat16`.
    """
    working = dtype if multiplies_bfloat16() else "float32"
    y = multiply(*(tf.cast(tf.cast(factor, dtype), working) for factor in (a, b)))
    return tf.cast(tf.cast(y, dtype), "float32")


@cache
def multiplies_bfloat16() -> bool:
    """Tell whether this machine has instructions for products in bfloat16; a GPU is assumed to have them."""
    if tf.config.list_physical_devices("GPU"):
        return True
    return _processor_has("bf16")  # avx512_bf16, amx_bf16; bf16 on ARM


@cache
def multiplies_tiles() -> bool:
    """Tell whether this machine's processor multiplies whole tiles of bfloat16 at once (AMX, Intel's from 2023 on)."""
    return _processor_has("amx_bf16")


def _processor_has(instructions: str) -> bool:
    try:
        return instructions in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False  # Not Linux: rounding costs little, emulated products cost a lot
