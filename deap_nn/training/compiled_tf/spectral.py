"""Convolutions via the frequency domain: the same result with a fraction of the multiplications.

There, a convolution is one matrix product (channels by filters) for each frequency, however large the kernel: a kernel
of 5x5 on a map of 16x16 takes 2.8 multiplications for each value, channel and filter instead of 25.
Mathieu, Henaff and LeCun 2013, https://arxiv.org/abs/1312.5851. A map is transformed as a whole, by matrices that hold
the discrete Fourier transform of its few rows and columns and include the padding and the cropping to the output.

Complex numbers are stored as pairs of real ones, the real part first. Only half of the frequencies of the rows are
computed; the other half are their conjugates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import tensorflow as tf

from deap_nn.training.compiled_tf.precision import product

MIN_MICRO_BATCH = 50
"""The number of samples below which a micro-batch no longer keeps a processor busy."""

TRANSFORM = 2.0
"""The cost of a multiplication in a transform, whose matrices are small, relative to one in a convolution."""

MIN_GAIN = {"float32": 1.8, "bfloat16": 2.0}
"""The factor by which multiplications, thus weighted, must decrease: direct ones in bfloat16 are twice as fast."""

MORE_WITH_THREADS = 1.3
"""The same times this with more than one thread: they add less to the many small products than to a convolution."""

MAX_SPECTRUM = 256 << 20
"""The bytes that the transformed kernel may fill; a training holds it and its gradient."""


@dataclass(frozen=True)
class Axis:
    """The transforms along one axis of a map, as complex matrices.

    Attributes:
        forward: The transform of the map, from positions to frequencies.
        kernel: The transform of the kernel, conjugated: what networks call a convolution is a correlation.
        backward: The transform of the products, from frequencies to positions of the output.
    """

    forward: np.ndarray
    kernel: np.ndarray
    backward: np.ndarray


@cache
def axis(size: int, kernel_size: int, padding: str) -> Axis:
    """Return the transforms for an axis of `size` positions.

    The transform is cyclic, so there is one frequency for each position and for each zero that the kernel may reach
    beyond an end; both ends share their zeros.
    """
    before = (kernel_size - 1) // 2 if padding == "same" else 0
    after = kernel_size - 1 - before if padding == "same" else 0
    frequencies = size + max(before, after)
    turns = np.arange(frequencies)[:, None] / frequencies

    def wave(positions: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(2j * np.pi * turns * positions))

    outputs = size if padding == "same" else size - kernel_size + 1
    backward = wave(np.arange(outputs)).T / frequencies
    return Axis(wave(np.arange(size)).conj(), wave(np.arange(kernel_size) - before), backward)


class Domain:
    """The frequency domain for one shape of map and kernel, with the transforms into it and back.

    Args:
        map_shape: Rows and columns of the input.
        kernel_shape: Rows and columns of the kernel.
        padding: `same` or `valid`.
    """

    def __init__(self, map_shape: Sequence[int], kernel_shape: Sequence[int], padding: str) -> None:
        self.rows, self.columns = (axis(map_shape[i], kernel_shape[i], padding) for i in (0, 1))
        self.half, self.full = len(self.rows.forward) // 2 + 1, len(self.columns.forward)
        self.frequencies = self.half * self.full
        self.output_shape = len(self.rows.backward), len(self.columns.backward)

    def of_maps(self, x: tf.Tensor) -> tf.Tensor:
        """Transform maps into the shape (frequencies, 1, samples, parts x channels)."""
        _, height, width, channels = x.shape
        x = tf.matmul(_to_pairs(self.rows.forward[: self.half]), tf.reshape(x, [-1, height, width * channels]))
        matrix = _real(self.columns.forward).reshape(2 * self.full, 2 * width)
        x = tf.matmul(_constant(matrix), tf.reshape(x, [-1, self.half, 2 * width, channels]))
        return tf.transpose(tf.reshape(x, [-1, self.frequencies, 2 * channels]), [1, 0, 2])[:, None]

    def of_kernel(self, kernel: tf.Tensor) -> tf.Tensor:
        """Transform a kernel into the shape (frequencies, product parts, map parts x channels, filters)."""
        height, width, channels, filters = kernel.shape
        pairs = _to_pairs(self.rows.kernel[: self.half])
        kernel = tf.matmul(pairs, tf.reshape(kernel, [height, width * channels * filters]))
        # A pair times a pair is a matrix times a pair: the kernel's matrices are built here, from each of its parts
        waves = self.columns.kernel
        matrix = np.stack([_real(waves), _real(1j * waves)], 3).reshape(4 * self.full, 2 * width)
        kernel = tf.matmul(_constant(matrix), tf.reshape(kernel, [self.half, 2 * width, channels * filters]))
        return tf.reshape(kernel, [self.frequencies, 2, 2 * channels, filters])

    def back(self, products: tf.Tensor) -> tf.Tensor:
        """Transform products (frequencies, parts, samples, filters) back to maps (samples, rows, columns, filters)."""
        filters, (height, width) = products.shape[3], self.output_shape
        y = tf.transpose(tf.reshape(products, [2 * self.frequencies, -1, filters]), [1, 0, 2])
        matrix = _real(self.columns.backward).transpose(1, 0, 3, 2).reshape(2 * width, 2 * self.full)
        y = tf.matmul(_constant(matrix), tf.reshape(y, [-1, self.half, 2 * self.full, filters]))
        # Each frequency also stands for its conjugate, except 0 and, if their number is even, the middle one
        times = np.where(2 * np.arange(self.half) % len(self.rows.forward) == 0, 1, 2)
        matrix = _real(self.rows.backward[:, : self.half] * times)[:, 0].swapaxes(1, 2).reshape(height, 2 * self.half)
        y = tf.matmul(_constant(matrix), tf.reshape(y, [-1, 2 * self.half, width * filters]))
        return tf.reshape(y, [-1, height, width, filters])


def pays(
    map_shape: Sequence[int], kernel_shape: Sequence[int], padding: str, dtype: str = "float32", threads: int = 1
) -> bool:
    """Tell whether the frequency domain is faster for a convolution with strides of 1.

    Args:
        map_shape: Rows, columns and channels of the input.
        kernel_shape: Rows, columns, channels and filters.
        padding: `same` or `valid`.
        dtype: The type of the numbers that are multiplied, `float32` or `bfloat16`.
        threads: How many threads share the work.
    """
    domain = Domain(map_shape, kernel_shape, padding)
    channels, filters = kernel_shape[2:]
    products = 4 * domain.frequencies * channels * filters
    if 4 * products > MAX_SPECTRUM:
        return False
    height, width = domain.output_shape
    maps = domain.half * map_shape[1] * (2 * map_shape[0] + 4 * domain.full) * channels
    back = domain.half * width * (2 * height + 4 * domain.full) * filters
    kernel = 8 * domain.frequencies * math.prod(kernel_shape[1:]) / MIN_MICRO_BATCH  # shared by a micro-batch
    direct = height * width * math.prod(kernel_shape)
    gain = MIN_GAIN[dtype] * (MORE_WITH_THREADS if threads > 1 else 1.0)
    return direct > gain * (products + TRANSFORM * (maps + back + kernel))


def convolve(x: tf.Tensor, kernel: tf.Tensor, padding: str, dtype: str = "float32") -> tf.Tensor:
    """Convolve with strides of 1.

    Args:
        x: Samples, rows, columns, channels.
        kernel: Rows, columns, channels, filters.
        padding: `same` or `valid`.
        dtype: The type of the products and their factors; the transforms are float32.

    Returns:
        The maps, float32, equal to those of a direct convolution up to rounding.
    """
    domain = Domain(x.shape[1:], kernel.shape, padding)
    return domain.back(product(tf.matmul, domain.of_maps(x), domain.of_kernel(kernel), dtype))


def _real(matrix: np.ndarray) -> np.ndarray:
    """Return a complex matrix as a real one for pairs, with the axes output, output part, input part, input."""
    real, imaginary = matrix.real, matrix.imag
    return np.stack([np.stack([real, -imaginary], 1), np.stack([imaginary, real], 1)], 1)


def _to_pairs(matrix: np.ndarray) -> tf.Tensor:
    """Return a complex matrix as a real one that maps real numbers to pairs."""
    return _constant(np.stack([matrix.real, matrix.imag], 1).reshape(2 * len(matrix), -1))


def _constant(matrix: np.ndarray) -> tf.Tensor:
    return tf.constant(matrix, tf.float32)
