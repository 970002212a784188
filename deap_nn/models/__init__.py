"""Keras models. Input: a blueprint and weights. Output: a network of Keras's own layers, its file, its outputs.

Only what needs such a model imports this room, since that loads Keras: the compiled trainings do without.
"""

from __future__ import annotations

import os

from deap_nn.keras_backend import keras_backend

os.environ["KERAS_BACKEND"] = keras_backend()  # before Keras is imported

import keras

from deap_nn.models.building import build_layers, connect, layer_lines, trained_model
from deap_nn.models.files import averaged, model_bytes, outputs_of, predict_file

__all__ = [
    "averaged",
    "build_layers",
    "connect",
    "layer_lines",
    "model_bytes",
    "outputs_of",
    "predict_file",
    "trained_model",
]

keras.config.set_image_data_format("channels_last")  # As the blueprints are; a keras.json may say otherwise
keras.config.set_floatx("float32")
