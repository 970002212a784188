"""The layers of a blueprint as plain TensorFlow functions of their weights, for the compiled training.

Keras's layers do the same, but take 10-50 ms each to create and trace; a search creates thousands. Each function here
is tested against the Keras layer of its name, and the saved network consists of Keras's own layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import tensorflow as tf

from deap_nn.networks import NETWORK_INPUT, LayerSpec
from deap_nn.training.compiled_tf.activations import ACTIVATIONS
from deap_nn.training.compiled_tf.convolution import add_bias, convolve
from deap_nn.training.compiled_tf.dropout import Dropout
from deap_nn.training.compiled_tf.pooling import POOLINGS, activate, activate_and_pool, merged_into_pooling

EPSILON = 1e-3
"""Keras's default for BatchNormalization."""


def compilable(specs: Sequence[LayerSpec]) -> bool:
    """Tell whether every layer and activation of a network has a function here."""
    return all(
        spec.built is None
        and spec.layer in FUNCTIONS
        and spec.config.get("activation", "linear") in ACTIVATIONS
        and spec.config.get("pool_size", 2) == 2
        for spec in specs
    )


@dataclass
class Pass:
    """One forward pass: its mode and, in training, the moving statistics that result.

    Attributes:
        dropout: See `deap_nn.training.compiled_tf.dropout`; None in inference.
        statistics: New moving mean and variance by layer index, filled while training.
        precision: The precision of convolutions, as in `Schedule`.
    """

    dropout: Dropout | None = None
    statistics: dict[int, list[tf.Tensor]] | None = None
    precision: str = "float32"

    @property
    def training(self) -> bool:
        """Whether this is a pass in training mode."""
        return self.dropout is not None

    def moved(self, statistics: tf.Tensor) -> tf.Tensor:
        """Return all moving statistics after this pass, laid end to end."""
        moved = self.statistics or {}
        return tf.concat([part for index in sorted(moved) for part in moved[index]], 0) if moved else statistics


@dataclass(frozen=True)
class Call:
    """The context that a layer's function receives besides its inputs.

    Attributes:
        spec: The layer.
        index: Its place in the blueprint.
        weights: Its arrays, in Keras's order.
        run: The pass that it is part of.
    """

    spec: LayerSpec
    index: int
    weights: list[tf.Tensor]
    run: Pass

    def activate(self, x: tf.Tensor) -> tf.Tensor:
        """Apply the layer's activation."""
        return activate(x, self.spec.config["activation"])

    def pool(self, x: tf.Tensor, *others: tf.Tensor) -> tf.Tensor:
        """Apply an activation and a sum that were merged into this layer, and pool."""
        return activate_and_pool(x, self.spec.config.get("activation", "linear"), POOLINGS[self.spec.layer], *others)


def forward(specs: Sequence[LayerSpec], weights: list[list[tf.Tensor]], x: tf.Tensor, run: Pass) -> tf.Tensor:
    """Return the output of the last layer before its activation, which is left to the loss."""
    outputs: list[tf.Tensor] = []
    last = replace(specs[-1], config={**specs[-1].config, "activation": "linear"})
    for index, spec in enumerate(merged_into_pooling([*specs[:-1], last])):
        sources = [x if i == NETWORK_INPUT else outputs[i] for i in spec.inputs]
        outputs.append(FUNCTIONS[spec.layer](Call(spec, index, weights[index], run), *sources))
    return outputs[-1]


def _conv2d(call: Call, x: tf.Tensor) -> tf.Tensor:
    kernel, *bias = call.weights
    return call.activate(_add_bias(convolve(x, kernel, call.spec, call.run.precision), bias))


def _depthwise_conv2d(call: Call, x: tf.Tensor) -> tf.Tensor:
    kernel, *bias = call.weights
    strides, padding = call.spec.config["strides"], call.spec.config["padding"].upper()
    return _add_bias(tf.nn.depthwise_conv2d(x, kernel, [1, strides, strides, 1], padding), bias)


def _dense(call: Call, x: tf.Tensor) -> tf.Tensor:
    kernel, *bias = call.weights
    return call.activate(_add_bias(tf.linalg.matmul(x, kernel), bias))


def _add_bias(y: tf.Tensor, bias: list[tf.Tensor]) -> tf.Tensor:
    """Add the bias, if the layer has one."""
    return add_bias(y, bias[0]) if bias else y


def _dropout(call: Call, x: tf.Tensor) -> tf.Tensor:
    return x if call.run.dropout is None else call.run.dropout(x, call.index)


def _global_pool(reduce: Callable[..., tf.Tensor]) -> Callable[[Call, tf.Tensor], tf.Tensor]:
    return lambda call, x: reduce(x, axis=[1, 2], keepdims=call.spec.config.get("keepdims", False))


def _normalize(call: Call, x: tf.Tensor) -> tf.Tensor:
    """Normalise a batch (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) as Keras does."""
    gamma, beta, mean, variance = call.weights
    run, momentum = call.run, call.spec.config["momentum"]
    if not run.training or run.statistics is None:
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, EPSILON)
    # The fused kernel accepts only maps; separate moments and normalisation access them several times as often.
    maps = tf.reshape(x, [-1, 1, 1, x.shape[-1]]) if len(x.shape) == 2 else x
    y, batch_mean, unbiased = tf.compat.v1.nn.fused_batch_norm(maps, gamma, beta, epsilon=EPSILON)
    count = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
    batch_variance = unbiased * (count - 1) / count  # Keras uses the variance of the batch itself
    run.statistics[call.index] = [
        mean * momentum + batch_mean * (1 - momentum),
        variance * momentum + batch_variance * (1 - momentum),
    ]
    return tf.reshape(y, tf.shape(x))


FUNCTIONS: dict[str, Callable[..., tf.Tensor]] = {
    "Conv2D": _conv2d,
    "DepthwiseConv2D": _depthwise_conv2d,
    "Dense": _dense,
    "BatchNormalization": _normalize,
    "Activation": lambda call, x: call.activate(x),
    "Dropout": _dropout,
    "MaxPooling2D": Call.pool,
    "AveragePooling2D": Call.pool,
    "GlobalAveragePooling2D": _global_pool(tf.reduce_mean),
    "GlobalMaxPooling2D": _global_pool(tf.reduce_max),
    "Flatten": lambda call, x: tf.reshape(x, [-1, math.prod(call.spec.output_shape)]),
    "Rescaling": lambda call, x: x * call.spec.config["scale"],
    "Add": lambda call, x, other: x + other,
    "Multiply": lambda call, x, other: x * other,
}
"""`(call, input, ...) -> output` for each row of `deap_nn.networks.LAYERS`."""
