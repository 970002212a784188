"""The layers that networks are made of: one row for each Keras class, by its name.

A row gives, by arithmetic, what the class does to a shape, which weights it has, what it costs and what a training must
know about it. What it computes is written once for each compiled back end, under the same name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

Shape = tuple[int, ...]
Config = dict[str, Any]


class Weight(NamedTuple):
    """One array of weights, in Keras's order.

    Attributes:
        shape: The shape of the array.
        start: The initial value of all its elements; None for random ones (Glorot uniform).
        trained: Whether gradients change it; otherwise it is a moving statistic.
    """

    shape: Shape
    start: float | None
    trained: bool = True


@dataclass(frozen=True)
class Layer:
    """The properties of a layer that are known without creating it.

    Attributes:
        shape: `(config, shape of the first input) -> shape of the output`, without the batch.
        weights: `(config, shape of the first input) -> its weights`.
        multiplies: Whether it multiplies its input by a kernel, the first weight; this is the main cost.
        rounds: Whether this may be done in a lower precision, see `Schedule.precision`.
        whole_batch: Whether it must see all samples of a batch together.
    """

    shape: Callable[[Config, Shape], Shape]
    weights: Callable[[Config, Shape], tuple[Weight, ...]] = lambda config, shape: ()
    multiplies: bool = False
    rounds: bool = False
    whole_batch: bool = False

    def multiply_adds(self, config: Config, shape: Shape) -> int:
        """Return the multiply-adds of one sample: each weight of the kernel is used once per place of the output."""
        if not self.multiplies:
            return 0
        kernel = self.weights(config, shape)[0].shape
        return math.prod(self.shape(config, shape)[:-1]) * math.prod(kernel)


def _same(config: Config, shape: Shape) -> Shape:
    return shape


def _sides(config: Config, shape: Shape) -> Shape:
    kernel, strides, padding = config["kernel_size"], config["strides"], config["padding"]
    if padding == "same":
        return tuple(math.ceil(size / strides) for size in shape[:-1])
    return tuple((size - kernel) // strides + 1 for size in shape[:-1])


def _convolution_weights(config: Config, shape: Shape) -> tuple[Weight, ...]:
    kernel = (config["kernel_size"],) * (len(shape) - 1)
    return _kernel_and_bias(config, (*kernel, shape[-1], config["filters"]), config["filters"])


def _depthwise_weights(config: Config, shape: Shape) -> tuple[Weight, ...]:
    kernel = (config["kernel_size"],) * (len(shape) - 1)
    return _kernel_and_bias(config, (*kernel, shape[-1], 1), shape[-1])


def _dense_weights(config: Config, shape: Shape) -> tuple[Weight, ...]:
    return _kernel_and_bias(config, (shape[-1], config["units"]), config["units"])


def _kernel_and_bias(config: Config, kernel: Shape, outputs: int) -> tuple[Weight, ...]:
    bias = (Weight((outputs,), 0.0),) if config.get("use_bias", True) else ()
    return Weight(kernel, None), *bias


def _normalization_weights(config: Config, shape: Shape) -> tuple[Weight, ...]:
    """Return scale and shift, then the moving mean and variance."""
    channels = shape[-1:]
    return (
        Weight(channels, 1.0),
        Weight(channels, 0.0),
        Weight(channels, 0.0, trained=False),
        Weight(channels, 1.0, trained=False),
    )


def _pooled(config: Config, shape: Shape) -> Shape:
    return (*(size // config["pool_size"] for size in shape[:-1]), shape[-1])


def _channels(config: Config, shape: Shape) -> Shape:
    ones = (1,) * (len(shape) - 1) if config.get("keepdims", False) else ()
    return (*ones, shape[-1])


LAYERS: dict[str, Layer] = {
    "Conv2D": Layer(
        lambda config, shape: (*_sides(config, shape), config["filters"]),
        _convolution_weights,
        multiplies=True,
        rounds=True,
    ),
    "DepthwiseConv2D": Layer(
        lambda config, shape: (*_sides(config, shape), shape[-1]), _depthwise_weights, multiplies=True
    ),
    "Dense": Layer(lambda config, shape: (config["units"],), _dense_weights, multiplies=True),
    "BatchNormalization": Layer(_same, _normalization_weights, whole_batch=True),
    "Activation": Layer(_same),
    "Dropout": Layer(_same),
    "MaxPooling2D": Layer(_pooled),
    "AveragePooling2D": Layer(_pooled),
    "GlobalAveragePooling2D": Layer(_channels),
    "GlobalMaxPooling2D": Layer(_channels),
    "Flatten": Layer(lambda config, shape: (math.prod(shape),)),
    "Rescaling": Layer(_same),
    "Add": Layer(_same),
    "Multiply": Layer(_same),
}
