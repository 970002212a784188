"""The layers of a blueprint as plain TensorFlow functions of their weights: what the compiled training runs.

Keras's layers do the same, but cost 10-50 ms each to make and to trace; a search makes thousands. Each function
here is tested against the Keras layer of its name, and the network that is saved consists of Keras's own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from deap_nn.networks import NETWORK_INPUT, LayerSpec
from deap_nn.training.compiled_tf.activations import ACTIVATIONS
from deap_nn.training.compiled_tf.convolution import convolve
from deap_nn.training.compiled_tf.dropout import Dropout
from deap_nn.training.schedule import Weights

EPSILON = 1e-3
"""Keras's default for BatchNormalization."""

LAYERS = {
    "Conv2D",
    "Dense",
    "BatchNormalization",
    "Activation",
    "Dropout",
    "MaxPooling2D",
    "AveragePooling2D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Flatten",
    "Add",
}


def compilable(specs: Sequence[LayerSpec]) -> bool:
    """Say whether every layer and activation of a network has its function here."""
    return all(
        spec.built is None and spec.layer in LAYERS and spec.config.get("activation", "linear") in ACTIVATIONS
        for spec in specs
    )


def initial_weights(specs: Sequence[LayerSpec], input_shape: tuple[int, ...], seed: int) -> Weights:
    """Draw weights as Keras does: kernels Glorot uniform, biases 0, normalisation at rest.

    Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html, equation 16.
    """
    rng = np.random.default_rng(seed)
    weights: Weights = []
    for spec in specs:
        channels = _channels(specs, spec, input_shape)
        if spec.layer == "Conv2D":
            kernel = (spec.config["kernel_size"],) * 2
            weights.append(_glorot(rng, (*kernel, channels, spec.config["filters"])))
        elif spec.layer == "Dense":
            weights.append(_glorot(rng, (channels, spec.config["units"])))
        elif spec.layer == "BatchNormalization":
            weights.append([value * np.ones(channels, np.float32) for value in (1, 0, 0, 1)])
        else:
            weights.append([])
    return weights


def _channels(specs: Sequence[LayerSpec], spec: LayerSpec, input_shape: tuple[int, ...]) -> int:
    source = spec.inputs[0]
    return (input_shape if source == NETWORK_INPUT else specs[source].output_shape)[-1]


def _glorot(rng: np.random.Generator, shape: tuple[int, ...]) -> list[np.ndarray]:
    field = math.prod(shape[:-2])
    limit = math.sqrt(6 / (field * (shape[-2] + shape[-1])))
    kernel = rng.uniform(-limit, limit, shape).astype(np.float32)
    return [kernel, np.zeros(shape[-1], np.float32)]


@dataclass
class Pass:
    """One forward pass: the mode it runs in and, in training, the moving statistics it leaves.

    Attributes:
        dropout: see `deap_nn.training.compiled_tf.dropout`; None in inference.
        statistics: new moving mean and variance by layer index, filled while training.
        precision: of the numbers that convolutions multiply, as in `Schedule`.
    """

    dropout: Dropout | None = None
    statistics: dict[int, list[tf.Tensor]] | None = None
    precision: str = "float32"

    @property
    def training(self) -> bool:
        """Whether this is a pass of the training."""
        return self.dropout is not None

    def moved(self, statistics: tf.Tensor) -> tf.Tensor:
        """Return all moving statistics as they are after this pass, laid end to end."""
        moved = self.statistics or {}
        return tf.concat([part for index in sorted(moved) for part in moved[index]], 0) if moved else statistics


def forward(specs: Sequence[LayerSpec], weights: list[list[tf.Tensor]], x: tf.Tensor, run: Pass) -> tf.Tensor:
    """Return the logits of a batch: the last layer's softmax is left to the loss."""
    outputs: list[tf.Tensor] = []
    for index, spec in enumerate(specs):
        sources = [x if i == NETWORK_INPUT else outputs[i] for i in spec.inputs]
        config = {**spec.config, "activation": "linear"} if index == len(specs) - 1 else spec.config
        outputs.append(_apply(replace(spec, config=config), weights[index], sources, run, index))
    return outputs[-1]


def _apply(spec: LayerSpec, weights: list[tf.Tensor], sources: list[tf.Tensor], run: Pass, index: int) -> tf.Tensor:
    x, config = sources[0], spec.config
    match spec.layer:
        case "Conv2D":
            y = convolve(x, weights[0], spec, run.precision)
            return ACTIVATIONS[config["activation"]](tf.nn.bias_add(y, weights[1]))
        case "Dense":
            return ACTIVATIONS[config["activation"]](tf.nn.bias_add(tf.linalg.matmul(x, weights[0]), weights[1]))
        case "BatchNormalization":
            return _normalize(x, weights, config["momentum"], run, index)
        case "Activation":
            return ACTIVATIONS[config["activation"]](x)
        case "Dropout":
            return x if run.dropout is None else run.dropout(x, index)
        case "Flatten":
            return tf.reshape(x, [-1, math.prod(spec.output_shape)])
        case "Add":
            return sources[0] + sources[1]
        case _:
            return _pool(spec, x)


def _pool(spec: LayerSpec, x: tf.Tensor) -> tf.Tensor:
    match spec.layer:
        case "MaxPooling2D":
            return tf.nn.max_pool2d(x, spec.config["pool_size"], spec.config["pool_size"], "VALID")
        case "AveragePooling2D":
            return tf.nn.avg_pool2d(x, spec.config["pool_size"], spec.config["pool_size"], "VALID")
        case "GlobalAveragePooling2D":
            return tf.reduce_mean(x, axis=[1, 2])
        case "GlobalMaxPooling2D":
            return tf.reduce_max(x, axis=[1, 2])
        case _:
            raise ValueError(f"no function for the layer {spec.layer!r}, only for {', '.join(sorted(LAYERS))}")


def _normalize(x: tf.Tensor, weights: list[tf.Tensor], momentum: float, run: Pass, index: int) -> tf.Tensor:
    """Batch normalisation (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167), as Keras does it."""
    gamma, beta, mean, variance = weights
    if not run.training or run.statistics is None:
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, EPSILON)
    # The fused kernel takes maps only; moments and the formula read and write these several times as often.
    maps = tf.reshape(x, [-1, 1, 1, x.shape[-1]]) if len(x.shape) == 2 else x
    y, batch_mean, unbiased = tf.compat.v1.nn.fused_batch_norm(maps, gamma, beta, epsilon=EPSILON)
    count = tf.cast(tf.size(x) // x.shape[-1], tf.float32)
    batch_variance = unbiased * (count - 1) / count  # Keras moves towards the variance of the batch at hand
    run.statistics[index] = [
        mean * momentum + batch_mean * (1 - momentum),
        variance * momentum + batch_variance * (1 - momentum),
    ]
    return tf.reshape(y, tf.shape(x))
