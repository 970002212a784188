"""Convolutions by way of the frequency domain against TensorFlow's direct ones."""

import numpy as np
import pytest
import tensorflow as tf

from deap_nn.training.compiled_tf.spectral import MAX_SPECTRUM, convolve, pays

pytestmark = pytest.mark.slow

CASES = [
    (rows, columns, kernel_size, padding)
    for rows, columns in [(1, 1), (4, 4), (5, 8), (8, 5), (9, 9)]
    for kernel_size in range(1, 8)
    for padding in ("same", "valid")
    if padding == "same" or kernel_size <= min(rows, columns)
]


def normal(*shape, seed):
    return tf.constant(np.random.default_rng(seed).normal(1, 2, shape).astype(np.float32))


def with_gradients(function, x, kernel):
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = function(x, kernel)
    return y, *tape.gradient(y, [x, kernel], output_gradients=normal(*y.shape, seed=2))


def both_ways(map_shape, kernel_shape, padding, dtype):
    x, kernel = normal(3, *map_shape, seed=0), normal(*kernel_shape, seed=1)
    ours = with_gradients(lambda x, kernel: convolve(x, kernel, padding, dtype), x, kernel)
    direct = with_gradients(lambda x, kernel: tf.nn.conv2d(x, kernel, 1, padding.upper()), x, kernel)
    return zip(ours, direct, strict=True)


@pytest.mark.parametrize(("rows", "columns", "kernel_size", "padding"), CASES)
def test_output_and_gradients_are_those_of_a_direct_convolution(rows, columns, kernel_size, padding):
    kernel_shape = (kernel_size, kernel_size, 2, 5)
    for mine, theirs in both_ways((rows, columns, 2), kernel_shape, padding, "float32"):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, atol=2e-6 * float(tf.norm(theirs)) + 1e-5)


def test_in_bfloat16_the_products_are_rounded_and_the_maps_are_float32():
    for mine, theirs in both_ways((9, 9, 16), (5, 5, 16, 8), "same", "bfloat16"):
        assert mine.dtype == tf.float32
        error = float(tf.norm(mine - theirs) / tf.norm(theirs))
        assert 1e-5 < error < 2**-7


def test_it_pays_where_kernels_are_large_and_channels_many():
    assert pays((16, 16, 128), (5, 5, 128, 128), "same")
    assert pays((8, 8, 128), (3, 3, 128, 128), "same")
    assert not pays((32, 32, 3), (3, 3, 3, 16), "same")
    assert not pays((16, 16, 128), (1, 1, 128, 128), "valid")


def test_direct_convolutions_in_bfloat16_are_harder_to_beat():
    shapes = (16, 16, 128), (3, 3, 128, 128)
    assert pays(*shapes, "same")
    assert not pays(*shapes, "same", "bfloat16")
    assert pays((16, 16, 64), (7, 7, 64, 64), "same", "bfloat16")


def test_threads_add_more_to_direct_convolutions():
    shapes = (8, 8, 128), (3, 3, 128, 128)
    assert pays(*shapes, "same", threads=1)
    assert not pays(*shapes, "same", threads=2)
    assert pays((8, 8, 128), (5, 5, 128, 128), "same", threads=2)


def test_a_kernel_that_would_fill_the_memory_is_left_alone():
    channels = 256
    frequencies = 34 * 18  # 32 positions and 2 zeros; half of the rows' frequencies, and the one in the middle
    assert 16 * frequencies * channels**2 > MAX_SPECTRUM
    assert not pays((32, 32, channels), (5, 5, channels, channels), "same")
    assert pays((32, 32, channels), (5, 5, channels, 64), "same")
