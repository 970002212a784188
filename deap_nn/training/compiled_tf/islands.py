"""An activation, a shortcut's sum and the 2x2 pooling behind them in one pass through memory each way, compiled by XLA.

TensorFlow runs an activation such as GELU as a handful of operations, each of which reads and writes a whole map, and
sum and pooling after them. Compiled together they are a loop that reads the map once; on the way back they compute the
activation's slope from the map again, so that only the map itself is kept. Each pair of activation and pooling is
compiled once per process and shape of map, which takes as long as some thousand samples of a large map: small ones are
left to TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import tensorflow as tf

from deap_nn.training.compiled_tf.activations import ACTIVATIONS

MIN_SIZE = 1 << 13
"""The values in one sample's map from which compiling pays in a training of some ten thousand samples."""

SLOW = ("gelu", "silu", "swish")
"""The activations that TensorFlow computes in several operations; they gain with every pooling and without any."""

CHEAP = ("elu", "leaky_relu", "relu", "selu", "sigmoid", "tanh")
"""Those of one operation; they gain where average pooling follows.

Max pooling alone gains too: TensorFlow has two kernels for its gradient, one of which takes ten times as long as the
other, and it is a matter of chance which of them a network gets.
"""

Function = Callable[..., tf.Tensor]


def pays(shape: Sequence[int], activation: str, pooling: str, adds: bool = False) -> bool:
    """Tell whether an island is faster than TensorFlow's operations, its compilation included.

    Args:
        shape: The shape of one sample's map before pooling.
        activation: Keras's name for the activation.
        pooling: What follows it: `none`, `max` or `average`.
        adds: Whether other maps are added in between.
    """
    gains = {
        "none": activation in SLOW,
        "average": adds or activation in SLOW or activation in CHEAP,
        "max": activation in SLOW or (activation == "linear" and not adds),
    }[pooling]
    return gains and len(shape) == 3 and math.prod(shape) >= MIN_SIZE and not tf.config.list_physical_devices("GPU")


@cache
def island(activation: str, pooling: str) -> Function:
    """Return the function `(maps, other maps, ...) -> pooled maps`, with its own gradient.

    The first maps are activated, the others added, and the sum is pooled; without pooling nothing is added. Of equal
    values in a window, the first gets the gradient of max pooling, as in TensorFlow.
    """
    return {"none": _alone, "average": _with_average, "max": _with_max}[pooling](ACTIVATIONS[activation])


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]


def _alone(activate: Function) -> Function:
    value, slope = _compiled(activate), _compiled(partial(_slope, activate))

    @tf.custom_gradient
    def run(x: tf.Tensor) -> tuple[tf.Tensor, Function]:
        return value(x), lambda upstream: slope(x, upstream)

    return run  # type: ignore[no-any-return]


def _with_average(activate: Function) -> Function:
    @_compiled
    def pooled(x: tf.Tensor, *others: tf.Tensor) -> tf.Tensor:
        return tf.add_n(_summed(activate, x, others)) * 0.25

    @_compiled
    def gradients(x: tf.Tensor, upstream: tf.Tensor, others: int) -> list[tf.Tensor]:
        spread = _fit(_repeat(0.25 * upstream), x)
        return [_slope(activate, x, spread), *[spread] * others]

    @tf.custom_gradient
    def run(x: tf.Tensor, *others: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], list[tf.Tensor]]]:
        return pooled(x, *others), lambda upstream: gradients(x, upstream, len(others))

    return run  # type: ignore[no-any-return]


def _with_max(activate: Function) -> Function:
    @_compiled
    def pooled(x: tf.Tensor, *others: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        first, second, third, fourth = _summed(activate, x, others)
        largest = tf.maximum(tf.maximum(first, second), tf.maximum(third, fourth))
        number = [tf.constant(corner, tf.uint8) for corner in range(4)]
        place = tf.where(third == largest, number[2], number[3])
        return largest, tf.where(first == largest, number[0], tf.where(second == largest, number[1], place))

    @_compiled
    def gradients(x: tf.Tensor, place: tf.Tensor, upstream: tf.Tensor, others: int) -> list[tf.Tensor]:
        corners = tf.reshape(tf.range(4, dtype=tf.int32), [1, 1, 2, 1, 2, 1])
        chosen = _windows(place) == tf.cast(corners, tf.uint8)
        spread = _fit(tf.where(chosen, _windows(upstream), 0.0), x)
        return [_slope(activate, x, spread), *[spread] * others]

    @tf.custom_gradient
    def run(x: tf.Tensor, *others: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], list[tf.Tensor]]]:
        y, place = pooled(x, *others)
        return y, lambda upstream: gradients(x, place, upstream, len(others))

    return run  # type: ignore[no-any-return]


def _summed(activate: Function, x: tf.Tensor, others: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Return what is pooled, as the maps of the windows' corners."""
    parts = [map(activate, _corners(x)), *map(_corners, others)]
    return [sum(corner[1:], corner[0]) for corner in zip(*parts, strict=True)]


def _slope(activate: Function, x: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = activate(x)
    return tape.gradient(y, x, upstream)


def _corners(x: tf.Tensor) -> list[tf.Tensor]:
    """Return the four maps of the windows' corners, in the order in which TensorFlow looks at them."""
    height, width = (x.shape[axis] // 2 * 2 for axis in (1, 2))
    return [x[:, row:height:2, column:width:2] for row in (0, 1) for column in (0, 1)]


def _windows(pooled: tf.Tensor) -> tf.Tensor:
    """Return a pooled map with axes of length 1 for the rows and columns of each window."""
    return pooled[:, :, None, :, None]


def _repeat(pooled: tf.Tensor) -> tf.Tensor:
    """Return each value of a pooled map at all four places of its window."""
    _, height, width, channels = pooled.shape
    return tf.broadcast_to(_windows(pooled), [tf.shape(pooled)[0], height, 2, width, 2, channels])


def _fit(windows: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Return windows as a map of the shape of another, with zeros in a row or column that no window covers."""
    _, rows, _, columns, _, channels = windows.shape
    maps = tf.reshape(windows, [-1, 2 * rows, 2 * columns, channels])
    rest = [like.shape[1] - 2 * rows, like.shape[2] - 2 * columns]
    return tf.pad(maps, [[0, 0], [0, rest[0]], [0, rest[1]], [0, 0]]) if any(rest) else maps
