"""Products in bfloat16: with the processor's instructions, and rounded without them."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from deap_nn.training.compiled_tf import precision
from deap_nn.training.compiled_tf.precision import multiplies_bfloat16, multiplies_tiles, product

pytestmark = pytest.mark.slow

WAYS = {
    "matmul": (tf.matmul, (40, 64), (64, 48)),
    "conv2d": (partial(tf.nn.conv2d, strides=2, padding="SAME"), (3, 9, 8, 16), (5, 5, 16, 8)),
}


def normal(shape, seed):
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def with_gradients(way, dtype):
    multiply, *shapes = WAYS[way]
    a, b = (normal(shape, seed) for seed, shape in enumerate(shapes))
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = product(multiply, a, b, dtype)
    return y, *tape.gradient(y, [a, b], output_gradients=normal(y.shape, 2))


def distance(a, b):
    return float(tf.norm(a - b) / tf.norm(b))


@pytest.mark.parametrize("instructions", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_products_and_gradients_are_rounded_with_and_without_instructions(monkeypatch, way, instructions):
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: instructions)
    for rounded, exact in zip(with_gradients(way, "bfloat16"), with_gradients(way, "float32"), strict=True):
        assert rounded.dtype == tf.float32
        np.testing.assert_array_equal(rounded, tf.cast(tf.cast(rounded, tf.bfloat16), tf.float32))
        assert 2**-12 < distance(rounded, exact) < 2**-6


@pytest.mark.parametrize("way", WAYS)
def test_without_instructions_the_factors_are_rounded_and_sums_are_not(monkeypatch, way):
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: False)
    multiply, *shapes = WAYS[way]
    factors = [tf.cast(normal(shape, seed), tf.bfloat16) for seed, shape in enumerate(shapes)]
    sums = multiply(*(tf.cast(factor, tf.float32) for factor in factors))
    y, *_ = with_gradients(way, "bfloat16")
    np.testing.assert_array_equal(y, tf.cast(tf.cast(sums, tf.bfloat16), tf.float32))


@pytest.mark.parametrize("way", WAYS)
def test_float32_is_left_alone(way):
    multiply, *shapes = WAYS[way]
    y, *_ = with_gradients(way, "float32")
    np.testing.assert_array_equal(y, multiply(*(normal(shape, seed) for seed, shape in enumerate(shapes))))


@pytest.mark.parametrize(
    ("cpuinfo", "products", "tiles"),
    [
        ("flags\t\t: fma avx2 avx512f avx512_bf16 amx_bf16\n", True, True),
        ("flags\t\t: fma avx2 avx512f avx512_bf16\n", True, False),
        ("Features\t: fp asimd bf16\n", True, False),
        ("flags\t\t: fma avx2 avx512f\n", False, False),
        (None, False, False),
    ],
)
def test_instructions_are_looked_up_where_linux_lists_them(monkeypatch, cpuinfo, products, tiles):
    def read_text(path):
        assert path == Path("/proc/cpuinfo")
        if cpuinfo is None:
            raise FileNotFoundError(path)
        return cpuinfo

    monkeypatch.setattr(Path, "read_text", read_text)
    assert multiplies_bfloat16.__wrapped__() is products
    assert multiplies_tiles.__wrapped__() is tiles


def test_a_gpu_multiplies_bfloat16_by_itself(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    monkeypatch.setattr(Path, "read_text", lambda path: "")
    assert multiplies_bfloat16.__wrapped__()
