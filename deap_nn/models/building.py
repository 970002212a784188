"""The conversion of a blueprint to a Keras model.

Input: the layers of a blueprint and the scaling of the data. Output: a `keras.Model` that takes raw inputs (the scaling
is its first layer) and consists only of Keras's own layers, so that `keras.models.load_model` needs nothing from this
package (except for user-defined layers).
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from deap_nn.models.views import views
from deap_nn.networks import LAYERS, NETWORK_INPUT, LayerSpec

SCALING = "scaling"
"""The name of the first layer of a saved network."""

MEAN = "mean_of_views"
"""The name of the last layer of one that judges several views."""


def build_layers(
    specs: Sequence[LayerSpec], seed: int, precision: str = "float32", initializer: str = "glorot_uniform"
) -> list[keras.layers.Layer]:
    """Return the Keras layers of a blueprint.

    Args:
        specs: The blueprint.
        seed: The seed from which each layer gets a different one, for initial weights or dropout.
        precision: "float32", or "bfloat16" for convolutions with Keras's dtype policy `mixed_bfloat16`.
        initializer: Keras's name of the initial weights of kernels.
    """
    return [_layer(spec, index, seed + index, precision, initializer) for index, spec in enumerate(specs)]


def connect(
    layers: Sequence[keras.layers.Layer],
    specs: Sequence[LayerSpec],
    scaling: keras.layers.Layer | None = None,
) -> keras.Model:
    """Return the network of `layers`, connected according to the blueprint and not compiled.

    Args:
        layers: The layers that `build_layers` returned.
        specs: The blueprint.
        scaling: A layer to insert before the first.

    Raises:
        ValueError: Raised by Keras if a user-defined layer does not fit.
    """
    inputs = keras.Input(shape=specs[0].input_shape)
    return keras.Model(inputs, _outputs(layers, specs, inputs if scaling is None else scaling(inputs)))


def _outputs(
    layers: Sequence[keras.layers.Layer], specs: Sequence[LayerSpec], first: keras.KerasTensor
) -> keras.KerasTensor:
    outputs: list[keras.KerasTensor] = []
    for layer, spec in zip(layers, specs, strict=True):
        sources = [first if i == NETWORK_INPUT else outputs[i] for i in spec.inputs]
        outputs.append(layer(sources if len(sources) > 1 else sources[0]))
    return outputs[-1]


def trained_model(
    specs: Sequence[LayerSpec],
    weights: Sequence[list[np.ndarray]],
    scale: float | np.ndarray,
    offset: float | np.ndarray,
    number: int = 1,
) -> keras.Model:
    """Return the network with these weights, for raw inputs: `raw * scale + offset` is its first layer.

    Args:
        specs: The blueprint.
        weights: The arrays of each layer of the blueprint, in Keras's order.
        scale: A number, or one per feature.
        offset: A number, or one per feature.
        number: How many views of each image pass through the same layers, see `deap_nn.recipe.views`; it puts out the
            mean of their outputs.
    """
    layers = build_layers(specs, seed=0)
    scaling = keras.layers.Rescaling(_plain(scale), _plain(offset), name=SCALING)
    model = connect(layers, specs, scaling)
    for layer, arrays in zip(layers, weights, strict=True):
        layer.set_weights(arrays)
    return model if number == 1 else _judging_views(layers, specs, scaling, number)


def _judging_views(
    layers: Sequence[keras.layers.Layer], specs: Sequence[LayerSpec], scaling: keras.layers.Layer, number: int
) -> keras.Model:
    inputs = keras.Input(shape=specs[0].input_shape)
    outputs = [_outputs(layers, specs, one) for one in views(scaling(inputs), number)]
    return keras.Model(inputs, keras.layers.Average(name=MEAN)(outputs))


def layer_lines(model: keras.Model) -> list[str]:
    """Return one line per layer: its name, its output shape and its number of weights."""
    return [
        f"{layer.name:<28} {tuple(layer.output.shape[1:])!s:<20} {layer.count_params():>10,}" for layer in model.layers
    ]


def _layer(spec: LayerSpec, index: int, seed: int, precision: str, initializer: str) -> keras.layers.Layer:
    name = f"{spec.layer.lower()}_{index}"
    if spec.built is not None:  # A new one each time: it may already have been trained
        return _copy(spec.built, name)
    config = {**spec.config, "name": name}
    if LAYERS[spec.layer].multiplies:
        kernel = "depthwise" if spec.layer == "DepthwiseConv2D" else "kernel"
        known = {"class_name": initializer, "config": {"seed": seed}}
        config[f"{kernel}_initializer"] = keras.initializers.get(known)
    if LAYERS[spec.layer].rounds and precision != "float32":
        config["dtype"] = f"mixed_{precision}"
    if spec.layer == "Dropout":
        config["seed"] = seed
    return getattr(keras.layers, spec.layer)(**config)


def _copy(layer: keras.layers.Layer, name: str) -> keras.layers.Layer:
    """Return an untrained layer of the same configuration."""
    config = {**layer.get_config(), "name": name}
    if isinstance(layer, keras.layers.Lambda):
        return keras.layers.Lambda.from_config(config, safe_mode=False)  # a function of this run's own code
    return type(layer).from_config(config)


def _plain(value: float | np.ndarray) -> float | list[float]:
    """Return numbers in a form that Keras can write to the file."""
    return value.tolist() if isinstance(value, np.ndarray) else float(value)
