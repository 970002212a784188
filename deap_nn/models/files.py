"""Keras models as the content of `.keras` files: written, joined, loaded, asked for outputs."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from deap_nn.errors import InputError, memory_errors
from deap_nn.models.building import SCALING

PREDICTION_BATCH = 500


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
    """Return the outputs of a network for raw inputs.

    Raises:
        MemoryError: If they exceed the framework's memory.
    """
    with memory_errors():
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
