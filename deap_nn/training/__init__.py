"""From a blueprint, a schedule and samples to trained weights and a history.

`compiled` is the fast way, on TensorFlow and for the layers and optimizers it knows; `portable` is plain Keras, for
everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np

from deap_nn.networks import LayerSpec
from deap_nn.random_stream import protected
from deap_nn.training.portable.model import layer_lines, model_bytes, predict_file, trained_model
from deap_nn.training.schedule import OnEpoch, Samples, Schedule, Training

__all__ = [
    "Samples",
    "Schedule",
    "Training",
    "layer_lines",
    "model_bytes",
    "predict_file",
    "train",
    "trained_model",
]


def train(
    specs: Sequence[LayerSpec],
    input_shape: tuple[int, ...],
    schedule: Schedule,
    training: Samples,
    validation: Samples,
    seed: int,
    on_epoch: OnEpoch | None = None,
) -> Training:
    """Train the network of a blueprint from random weights.

    Args:
        specs: what `blueprint` returned.
        input_shape: of one scaled sample.
        schedule: epochs, optimizer, batch size.
        training: what it learns from.
        validation: what it is measured on after each epoch; it learns nothing from these.
        seed: of everything random, 0 to 2**31 - 1.
        on_epoch: may stop the training, see `OnEpoch`.

    Returns:
        The history and the last weights. A loss that is no longer finite ends the training as "diverged".

    Raises:
        MemoryError: if the framework has no memory for the network.
    """
    with _seeded(seed):
        try:
            return _way(specs, schedule)(specs, input_shape, schedule, training, validation, seed, on_epoch)
        except Exception as error:
            if _is_out_of_memory(error):
                raise MemoryError(str(error).splitlines()[0]) from error
            raise


def _is_out_of_memory(error: Exception) -> bool:
    """Say so for TensorFlow's and PyTorch's exceptions by name, and for JAX's by what it says."""
    return type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError") or "RESOURCE_EXHAUSTED" in str(error)


def _way(specs: Sequence[LayerSpec], schedule: Schedule) -> Callable[..., Training]:
    if keras.backend.backend() == "tensorflow":
        from deap_nn.training.compiled_tf import trainer

        if trainer.knows(specs, schedule):
            return trainer.train
    from deap_nn.training.portable import trainer

    return trainer.train


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed every global stream for layers of a user's own, and leave Python's and NumPy's as they were.

    The serial engine trains in the process that evolves, whose operators draw from the stdlib's `random`.
    """
    numpy_state = np.random.get_state()
    with protected():
        keras.utils.set_random_seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy_state)
