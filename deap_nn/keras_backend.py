"""Which backend Keras has, told without importing Keras."""

from __future__ import annotations

import os
import sys


def keras_backend() -> str:
    """Return the name of Keras's backend.

    Where Keras has not been imported yet, that is what KERAS_BACKEND says, or TensorFlow, whatever the keras.json of
    another project says; and so it will be, as TensorFlow imports Keras, too.
    """
    keras = sys.modules.get("keras")
    if keras is not None and hasattr(keras, "backend"):
        name: str = keras.backend.backend()
        return name
    return os.environ.setdefault("KERAS_BACKEND", "tensorflow")
