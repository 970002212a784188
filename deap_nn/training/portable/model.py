"""The conversion of a blueprint to a Keras model, and of a trained model to the bytes of a `.keras` file.

Input: the layers of a blueprint and the scaling of the data. Output: a `keras.Model` that takes raw inputs (the scaling
is its first layer) and consists only of Keras's own layers, so that `keras.models.load_model` needs nothing from this
package (except for user-defined layers).
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from deap_nn.errors import InputError
from deap_nn.networks import LAYERS, NETWORK_INPUT, LayerSpec

PREDICTION_BATCH = 500
SCALING = "scaling"
"""The name of the first layer of a saved network."""


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
    mirrored: bool = False,
) -> keras.Model:
    """Return the network with these weights, for raw inputs: `raw * scale + offset` is its first layer.

    Args:
        specs: The blueprint.
        weights: The arrays of each layer of the blueprint, in Keras's order.
        scale: A number, or one per feature.
        offset: A number, or one per feature.
        mirrored: Whether it takes in each image and its mirror image, left to right, and puts out the mean of both
            outputs; both pass through the same layers.
    """
    layers = build_layers(specs, seed=0)
    scaling = keras.layers.Rescaling(_plain(scale), _plain(offset), name=SCALING)
    model = connect(layers, specs, scaling)
    for layer, arrays in zip(layers, weights, strict=True):
        layer.set_weights(arrays)
    return _mirrored(layers, specs, scaling) if mirrored else model


def _mirrored(
    layers: Sequence[keras.layers.Layer], specs: Sequence[LayerSpec], scaling: keras.layers.Layer
) -> keras.Model:
    inputs = keras.Input(shape=specs[0].input_shape)
    images = scaling(inputs)
    both = [_outputs(layers, specs, one) for one in (images, keras.ops.flip(images, axis=2))]
    return keras.Model(inputs, keras.layers.Average(name="mean_of_both_sides")(both))


def model_bytes(model: keras.Model) -> bytes:
    """Return `model` as the content of a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def averaged(models: Sequence[bytes]) -> keras.Model:
    """Return networks, each given as the content of a `.keras` file, as one with the mean of their outputs."""
    loaded = [_model_of(content) for content in models]
    for number, model in enumerate(loaded, start=1):
        model.name = f"network_{number}"
    inputs = keras.Input(shape=loaded[0].input_shape[1:])
    return keras.Model(inputs, keras.layers.Average(name="mean")([model(inputs) for model in loaded]))


def _model_of(content: bytes) -> keras.Model:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(content)
        return keras.models.load_model(path)


def layer_lines(model: keras.Model) -> list[str]:
    """Return one line per layer: its name, its output shape and its number of weights."""
    return [
        f"{layer.name:<28} {tuple(layer.output.shape[1:])!s:<20} {layer.count_params():>10,}" for layer in model.layers
    ]


def predict_file(path: Path, raw: np.ndarray) -> np.ndarray:
    """Return the outputs of the network in a `.keras` file for raw inputs.

    Inputs on another scale than those that it was trained on (0 to 1 instead of 0 to 255) get a warning.

    Args:
        path: The file.
        raw: The inputs; a missing channel axis is added if the network has one channel.

    Raises:
        InputError: If the file is damaged, or the shape of the inputs is not the one that the network expects.
    """
    model = _loaded(path)
    shape = model.input_shape[1:]
    if (*raw.shape[1:], 1) == shape:
        raw = raw[..., np.newaxis]
    if raw.shape[1:] != shape:
        raise InputError(f"the inputs have the shape {raw.shape}, expected (n, {', '.join(map(str, shape))})")
    if (range_of_inputs := _unlike_training(model, raw)) is not None:
        warnings.warn(
            f"the inputs lie between {range_of_inputs[0]:g} and {range_of_inputs[1]:g}, where the network has not been "
            "trained: are they scaled otherwise than the run's data?",
            stacklevel=2,
        )
    return outputs_of(model, raw)


def outputs_of(model: keras.Model, raw: np.ndarray) -> np.ndarray:
    """Return the outputs of a network for raw inputs."""
    outputs: np.ndarray = model.predict(raw, batch_size=PREDICTION_BATCH, verbose=0)
    return outputs


def _loaded(path: Path) -> keras.Model:
    try:
        return keras.models.load_model(path)
    except Exception as error:  # what Keras says to a damaged file may be of any type
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(
            f"{path} cannot be loaded ({type(error).__name__}: {reason}): delete it and best.json, and a resume of the "
            "run trains the network again"
        ) from error


def _unlike_training(model: keras.Model, raw: np.ndarray) -> tuple[float, float] | None:
    """Return the range of inputs that can hardly be on the scale of the training's; None if they may well be."""
    scaling = next((layer for layer in model.layers if layer.name == SCALING), None)
    if scaling is None or raw.size == 0 or np.all(np.equal(scaling.scale, 1) & np.equal(scaling.offset, 0)):
        return None
    scaled = np.asarray(raw, np.float32) * np.float32(scaling.scale) + np.float32(scaling.offset)
    if raw.ndim > 2:  # images: 0 to 1
        likely = scaled.max() == scaled.min() or (0.1 < scaled.max() < 2 and scaled.min() > -1)
    else:  # features: mean 0 and deviation 1
        deviation = scaled.std(axis=0).max()
        likely = np.abs(scaled).mean() < 10 and (len(raw) < 10 or deviation == 0 or deviation > 0.05)
    return None if likely else (float(raw.min()), float(raw.max()))


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
