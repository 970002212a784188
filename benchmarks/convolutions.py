"""Convolutions in the frequency domain against TensorFlow's direct ones, and which of the two the rule chooses.

Times one training step of a layer (output and both gradients) on one thread or more, for maps, channels and kernels
that occur in searches; the fastest of a few runs of each method, in alternation.

    python benchmarks/convolutions.py [--precision bfloat16] [--threads 2]
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.networks.plan import Plan
from deap_nn.training.compiled_tf.convolution import is_spectral
from deap_nn.training.compiled_tf.micro_batches import MIN_MICRO_BATCH
from deap_nn.training.compiled_tf.precision import product
from deap_nn.training.compiled_tf.spectral import convolve

MAPS = (5, 8, 11, 16, 32)
KERNELS = (3, 5, 7)
CHANNELS = ((16, 16), (32, 32), (64, 64), (128, 128), (16, 128), (128, 16))
RUNS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    precision = options.precision
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(options.threads)  # the rule asks, too
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    taken = best = logs = 0.0
    shapes = [(size, *channels, kernel) for size in MAPS for channels in CHANNELS for kernel in KERNELS]
    print("map  channels  filters  kernel  direct  spectral  times as fast  chosen")
    for size, channels, filters, kernel in shapes:
        direct, spectral = measure((size, size, channels), (kernel, kernel, channels, filters), precision)
        chosen = is_spectral(layer(size, channels, filters, kernel), precision)
        print(
            f"{size:3}  {channels:8}  {filters:7}  {kernel:6}  {direct:6.1f}  {spectral:8.1f}  "
            f"{direct / spectral:13.2f}  {'spectral' if chosen else 'direct'}",
            flush=True,
        )
        ours, oracle = spectral if chosen else direct, min(direct, spectral)
        taken, best, logs = taken + ours, best + oracle, logs + math.log(ours / oracle)
    print(f"milliseconds for {MIN_MICRO_BATCH} samples; the choice costs {taken:.0f} where the best costs {best:.0f};")
    print(f"on average it is {100 * (math.exp(logs / len(shapes)) - 1):.1f} % slower than the best")


def layer(size: int, channels: int, filters: int, kernel_size: int) -> LayerSpec:
    plan = Plan((size, size, channels))
    plan.add("Conv2D", filters=filters, kernel_size=kernel_size, strides=1, padding="same")
    return plan.specs[0]


def measure(map_shape: tuple[int, ...], kernel_shape: tuple[int, ...], precision: str) -> list[float]:
    """Return the milliseconds of the direct and of the spectral convolution."""

    def direct(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return product(lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "SAME"), x, kernel, precision)

    def spectral(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return convolve(x, kernel, "same", precision)

    x, kernel = tf.random.normal([MIN_MICRO_BATCH, *map_shape]), tf.random.normal(kernel_shape)
    upstream = tf.random.normal([MIN_MICRO_BATCH, *map_shape[:2], kernel_shape[3]])
    ways = [tf.function(_step(way)).get_concrete_function(x, kernel, upstream) for way in (direct, spectral)]
    seconds: list[list[float]] = [[], []]
    for run in range(RUNS + 1):
        for way, times in zip(ways, seconds, strict=True):
            began = time.perf_counter()
            way(x, kernel, upstream)
            if run > 0:  # The first one prepares.
                times.append(time.perf_counter() - began)
    return [1000 * min(times) for times in seconds]


def _step(convolution: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> Callable[..., Any]:
    def step(x: tf.Tensor, kernel: tf.Tensor, upstream: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = convolution(x, kernel)
        return y, tape.gradient(y, [x, kernel], output_gradients=upstream)

    return step


if __name__ == "__main__":
    main()
