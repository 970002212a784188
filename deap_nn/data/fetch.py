"""The child process of `deap_nn.data.download`: one of Keras's data sets, written as an .npz file.

It is a child so that the memory that Keras and TensorFlow take is released when it exits.
The reason for a failure is the last line on stderr.
"""

import importlib
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from deap_nn.data.npz import write_npz

SILENCE = 30.0  # seconds without a byte from the server


def main(name: str, out: str, seconds: str) -> None:
    """Fetch the data set `name` within `seconds` and write it to the file `out`."""
    socket.setdefaulttimeout(SILENCE)
    # An exception, not a kill: Keras then removes the partial file, which it would otherwise reuse as complete.
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, float(seconds))
    try:
        write_npz(Path(out), fetch(name))
    except Exception as error:  # whatever the network, archive or disk raises becomes the reason
        sys.exit(" ".join(f"{type(error).__name__}: {error}".split()))


def fetch(name: str) -> dict[str, Any]:
    """Return the arrays of Keras's data set `name`, from Keras's own cache or from the network."""
    import keras

    keras.config.set_image_data_format("channels_last")  # a user's keras.json may differ
    source = importlib.import_module(f"keras.datasets.{name}")
    (x_train, y_train), (x_test, y_test) = source.load_data()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _out_of_time(*_: object) -> None:
    raise TimeoutError("the download took too long")
