"""Portable training: plain Keras, on each of its backends."""

import os

from deap_nn.keras_backend import keras_backend

os.environ["KERAS_BACKEND"] = keras_backend()  # before Keras is imported
