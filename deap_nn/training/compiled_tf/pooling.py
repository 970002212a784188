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


def merged_into_pooling(specs: Sequence[LayerSpec]) -> list[LayerSpec]:
    """Return the layers with what only a pooling layer reads done by that layer: a sum, an activation, or both.

    A pooling layer that adds reads what its `Add` read, the activated part first; nothing reads that `Add` any more.
    """
    merged = list(specs)
    readers = Counter(source for spec in specs for source in spec.inputs)
    for index, spec in enumerate(specs):
        if spec.layer not in POOLINGS:
            continue
        first, *others = _parts(specs, spec.inputs, readers)
        merged[index] = replace(spec, inputs=(first, *others))
        if first >= 0 and readers[first] == 1 and "activation" in specs[first].config:
            merged[index] = _with_activation(merged[index], specs[first].config["activation"])
            merged[first] = _with_activation(specs[first], "linear")
    return merged


def _parts(specs: Sequence[LayerSpec], inputs: tuple[int, ...], readers: Counter[int]) -> tuple[int, ...]:
    (source,) = inputs
    return specs[source].inputs if source >= 0 and readers[source] == 1 and specs[source].layer == "Add" else inputs


def activate(x: tf.Tensor, activation: str) -> tf.Tensor:
    """Apply an activation that is not moved."""
    return island(activation, "none")(x) if pays(x.shape[1:], activation, "none") else ACTIVATIONS[activation](x)


def activate_and_pool(x: tf.Tensor, activation: str, pooling: str, *others: tf.Tensor) -> tf.Tensor:
    """Apply an activation, add other maps, if any, and apply 2x2 pooling, `max` or `average`."""
    if pays(x.shape[1:], activation, pooling, adds=bool(others)):
        return island(activation, pooling)(x, *others)
    function = ACTIVATIONS[activation]
    if pooling == "average":
        return tf.nn.avg_pool2d(sum(others, function(x)), 2, 2, "VALID")
    if activation in MONOTONE and not others:
        return function(_max_pool(x))
    return _max_pool(sum(others, function(x)))


def _max_pool(x: tf.Tensor) -> tf.Tensor:
    return island("linear", "max")(x) if pays(x.shape[1:], "linear", "max") else tf.nn.max_pool2d(x, 2, 2, "VALID")


def _with_activation(spec: LayerSpec, activation: str) -> LayerSpec:
    return replace(spec, config={**spec.config, "activation": activation})
