"""From a blueprint to a Keras model, and from a trained model to the bytes of a `.keras` file.

In: the layers of a blueprint and how the data is scaled. Out: a `keras.Model` that takes raw inputs (the scaling is its
first layer), made of Keras's own layers only, so that `keras.models.load_model` needs nothing of ours (a user's own
layer is the exception).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from deap_nn.networks import LAYERS, NETWORK_INPUT, LayerSpec

PREDICTION_BATCH = 500


def build_layers(specs: Sequence[LayerSpec], seed: int, precision: str = "float32") -> list[keras.layers.Layer]:
    """Return the Keras layers of a blueprint.

    Args:
        specs: The blueprint.
        seed: From which each layer gets one of its own, for initial weights or dropout.
        precision: "float32", or "bfloat16" for convolutions of Keras's dtype policy `mixed_bfloat16`.
    """
    return [_layer(spec, index, seed + index, precision) for index, spec in enumerate(specs)]


def connect(
    layers: Sequence[keras.layers.Layer],
    specs: Sequence[LayerSpec],
    scaling: keras.layers.Layer | None = None,
) -> keras.Model:
    """Return the network of `layers`, connected as the blueprint says, not compiled.

    Args:
        layers: What `build_layers` returned.
        specs: The blueprint.
        scaling: A layer before the first.

    Raises:
        ValueError: From Keras, where a user's own layer does not fit.
    """
    inputs = keras.Input(shape=specs[0].input_shape)
    first = inputs if scaling is None else scaling(inputs)
    outputs: list[keras.KerasTensor] = []
    for layer, spec in zip(layers, specs, strict=True):
        sources = [first if i == NETWORK_INPUT else outputs[i] for i in spec.inputs]
        outputs.append(layer(sources if len(sources) > 1 else sources[0]))
    return keras.Model(inputs, outputs[-1])


def trained_model(
    specs: Sequence[LayerSpec],
    weights: Sequence[list[np.ndarray]],
    scale: float | np.ndarray,
    offset: float | np.ndarray,
) -> keras.Model:
    """Return the network with these weights, for raw inputs: `raw * scale + offset` is its first layer.

    Args:
        specs: The blueprint.
        weights: Per layer of the blueprint, in Keras's order.
        scale: A number, or one per feature.
        offset: A number, or one per feature.
    """
    layers = build_layers(specs, seed=0)
    scaling = keras.layers.Rescaling(_plain(scale), _plain(offset), name="scaling")
    model = connect(layers, specs, scaling)
    for layer, arrays in zip(layers, weights, strict=True):
        layer.set_weights(arrays)
    return model


def model_bytes(model: keras.Model) -> bytes:
    """Return `model` as the content of a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def layer_lines(model: keras.Model) -> list[str]:
    """Return one line per layer: its name, the shape it puts out and its number of weights."""
    return [
        f"{layer.name:<28} {tuple(layer.output.shape[1:])!s:<20} {layer.count_params():>10,}" for layer in model.layers
    ]


def predict_file(path: Path, raw: np.ndarray) -> np.ndarray:
    """Return the class probabilities that the network of a `.keras` file gives for raw inputs.

    Args:
        path: The file.
        raw: The inputs; a missing axis of one channel is added.

    Raises:
        ValueError: If the inputs have another shape than the network takes.
    """
    model = keras.models.load_model(path)
    shape = model.input_shape[1:]
    if (*raw.shape[1:], 1) == shape:
        raw = raw[..., np.newaxis]
    if raw.shape[1:] != shape:
        raise ValueError(f"the inputs have the shape {raw.shape}, expected (n, {', '.join(map(str, shape))})")
    outputs: np.ndarray = model.predict(raw, batch_size=PREDICTION_BATCH, verbose=0)
    return outputs


def _layer(spec: LayerSpec, index: int, seed: int, precision: str) -> keras.layers.Layer:
    name = f"{spec.layer.lower()}_{index}"
    if spec.built is not None:  # a fresh one each time: it may have been trained already
        return type(spec.built).from_config({**spec.built.get_config(), "name": name})
    config = {**spec.config, "name": name}
    if LAYERS[spec.layer].multiplies:
        config["kernel_initializer"] = keras.initializers.GlorotUniform(seed=seed)
    if LAYERS[spec.layer].rounds and precision != "float32":
        config["dtype"] = f"mixed_{precision}"
    if spec.layer == "Dropout":
        config["seed"] = seed
    return getattr(keras.layers, spec.layer)(**config)


def _plain(value: float | np.ndarray) -> float | list[float]:
    """Return numbers as Keras can write them into the file."""
    return value.tolist() if isinstance(value, np.ndarray) else float(value)
