"""Products in bfloat16 on every processor.

Processors with instructions for it multiply twice as many numbers in bfloat16 as in float32. On one without,
TensorFlow's convolutions in bfloat16 take 3 to 19 times as long as those in float32; so there the numbers are rounded
to bfloat16 all the same and multiplied in float32. Both ways add up in float32 and round the sums once, so results
differ no more than they do from one processor to another, and a search goes on wherever it is moved to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import tensorflow as tf

Product = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def product(multiply: Product, a: tf.Tensor, b: tf.Tensor, dtype: str) -> tf.Tensor:
    """Return `multiply(a, b)` as float32, with both factors and what comes out, and their gradients, rounded.

    Args:
        multiply: A matrix product or a convolution.
        a: Float32.
        b: Float32.
        dtype: To what they are rounded, `float32` or `bfloat16`.
    """
    working = dtype if multiplies_bfloat16() else "float32"
    y = multiply(*(tf.cast(tf.cast(factor, dtype), working) for factor in (a, b)))
    return tf.cast(tf.cast(y, dtype), "float32")


@cache
def multiplies_bfloat16() -> bool:
    """Say whether this machine has instructions for products in bfloat16: a GPU's are taken for granted."""
    if tf.config.list_physical_devices("GPU"):
        return True
    return _processor_has("bf16")  # avx512_bf16, amx_bf16; bf16 on ARM


@cache
def multiplies_tiles() -> bool:
    """Say whether this machine's processor multiplies whole tiles of bfloat16 at once (AMX, Intel's from 2023 on)."""
    return _processor_has("amx_bf16")


def _processor_has(instructions: str) -> bool:
    try:
        return instructions in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False  # not Linux: rounding costs little, emulated products a lot
