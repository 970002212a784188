"""Activations and the pooling behind them, in the order and by the way that is fastest.

A monotone activation is the same function after max pooling as before it, and has a quarter of the values to compute.
In a blueprint the activation comes first, as in the network that Keras saves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import tensorflow as tf

from deap_nn.networks import LayerSpec
from deap_nn.training.compiled_tf.activations import ACTIVATIONS
from deap_nn.training.compiled_tf.islands import island, pays

MONOTONE = ("elu", "leaky_relu", "relu", "selu", "sigmoid", "tanh")
"""The activations that never fall: that of a maximum is the maximum of those."""

POOLINGS = {"MaxPooling2D": "max", "AveragePooling2D": "average"}


def with_activations_at_pooling(specs: Sequence[LayerSpec]) -> list[LayerSpec]:
    """Return the layers with each activation that only a pooling layer reads moved into that layer's configuration."""
    moved = list(specs)
    readers = Counter(source for spec in specs for source in spec.inputs)
    for index, spec in enumerate(specs):
        (source, *_) = spec.inputs
        if spec.layer in POOLINGS and source >= 0 and readers[source] == 1 and "activation" in specs[source].config:
            moved[index] = _with_activation(spec, specs[source].config["activation"])
            moved[source] = _with_activation(specs[source], "linear")
    return moved


def activate(x: tf.Tensor, activation: str) -> tf.Tensor:
    """Apply an activation that is not moved."""
    return island(activation, "none")(x) if pays(x.shape[1:], activation, "none") else ACTIVATIONS[activation](x)


def activate_and_pool(x: tf.Tensor, activation: str, pooling: str) -> tf.Tensor:
    """Apply an activation and then 2x2 pooling, `max` or `average`."""
    if pays(x.shape[1:], activation, pooling):
        return island(activation, pooling)(x)
    function = ACTIVATIONS[activation]
    if pooling == "average":
        return tf.nn.avg_pool2d(function(x), 2, 2, "VALID")
    if activation in MONOTONE:
        return function(tf.nn.max_pool2d(x, 2, 2, "VALID"))
    return tf.nn.max_pool2d(function(x), 2, 2, "VALID")


def _with_activation(spec: LayerSpec, activation: str) -> LayerSpec:
    return replace(spec, config={**spec.config, "activation": activation})
