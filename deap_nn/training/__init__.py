"""Training. Input: a blueprint, a schedule and samples. Output: trained weights and a history.

One loop (`trainer`) trains on several back ends, each a folder: `compiled_tf` is the fast one, for the layers and
optimizers that it supports; `portable` is plain Keras, for everything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

import numpy as np

from deap_nn.errors import memory_errors
from deap_nn.keras_backend import keras_backend
from deap_nn.networks import LayerSpec
from deap_nn.random_stream import protected
from deap_nn.recipe import Schedule
from deap_nn.tasks import Task
from deap_nn.training.course import Course
from deap_nn.training.history import OnEpoch, Training, Weights
from deap_nn.training.part import Part
from deap_nn.training.samples import Samples
from deap_nn.training.threads import thread_count
from deap_nn.training.trainer import Start, run

__all__ = [
    "Course",
    "Part",
    "Samples",
    "Schedule",
    "Training",
    "Weights",
    "thread_count",
    "train",
]

BACKENDS = {"compiled_tf": ("tensorflow",), "compiled_torch": ("torch",), "portable": ("tensorflow", "jax", "torch")}
"""The folders of back ends, fastest first, and the Keras backends with which each is used if none is asked for."""


def train(
    specs: Sequence[LayerSpec],
    task: Task,
    schedule: Schedule,
    training: Samples,
    validation: Samples,
    seed: int,
    on_epoch: OnEpoch | None = None,
    epochs: int | None = None,
    course: Course | Part | None = None,
    trainer: str | None = None,
) -> Training:
    """Train the network of a blueprint from random weights.

    Args:
        specs: The blueprint that `blueprint` returned.
        task: What is learnt.
        schedule: The epochs, optimizer, augmentation, ...
        training: The samples that it is trained on.
        validation: The samples that it is measured on after each epoch, not trained on.
        seed: The seed of everything random, 0 to 2**31 - 1.
        on_epoch: A function that may stop the training, see `OnEpoch`.
        epochs: The number of the schedule's epochs to run, at least 1; None: all.
        course: What keeps the state and the time of a long training, or the part of one that this is; None: neither.
        trainer: The one of `BACKENDS` that is to do it if it can; otherwise, or with None, the fastest that can.

    Returns:
        The history and the last weights. The training fails once its loss is no longer finite.

    Raises:
        MemoryError: If the network exceeds the framework's memory.
    """
    with _protected(), memory_errors():
        start = _start_function(specs, task, schedule, trainer)
        started = start(specs, task, schedule, training, validation, seed)
        return run(started, task, epochs or schedule.epochs, on_epoch, course, schedule.running_mean)


def _start_function(specs: Sequence[LayerSpec], task: Task, schedule: Schedule, trainer: str | None) -> Start:
    """Return the start function of the first back end that can train the network."""
    backends = (import_module(f"deap_nn.training.{name}.trainer") for name in _in_question(trainer))
    start: Start = next(backend.start for backend in backends if backend.knows(specs, task, schedule))
    return start


def _in_question(trainer: str | None) -> list[str]:
    """Return the back ends that may train a network, the one to ask first in front."""
    ours = keras_backend()
    fitting = [name for name, keras_backends in BACKENDS.items() if ours in keras_backends]
    if ours == "torch" and not import_module("deap_nn.training.compiled_torch.trainer").finds_gpu():
        fitting.remove("compiled_torch")
    return fitting if trainer is None else [trainer, *fitting]


@contextmanager
def _protected() -> Iterator[None]:
    """Leave the global random streams of Python and NumPy as they were.

    The serial engine trains in the evolving process, whose operators draw from the stdlib's `random`.
    """
    numpy_state = np.random.get_state()
    with protected():
        try:
            yield
        finally:
            np.random.set_state(numpy_state)
