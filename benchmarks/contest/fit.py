"""Plain Keras, by the book: build, compile, `model.fit`; TensorFlow's default threads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from contest.turn import Turn
from deap_nn.data import load
from deap_nn.evaluation import Problem, genome_seed
from deap_nn.evolution import Individual
from deap_nn.models import build_layers, connect
from deap_nn.networks import blueprint
from deap_nn.random_stream import protected
from deap_nn.training import Schedule
from deap_nn.training.portable.compiling import compile_model


class Clock(keras.callbacks.Callback):
    """A callback that raises `TimeOver` after the epoch in which a turn's time ran out."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self._turn = turn

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Check the clock."""
        self._turn.check()


def compiled_model(individual: Individual, problem: Problem) -> keras.Model:
    """Return the network of an individual, ready to be trained."""
    keras.backend.clear_session()
    seed = genome_seed(problem.training_seed, individual)
    with protected():  # Keras would seed the stream that an evolution draws from
        keras.utils.set_random_seed(seed)
    splits = load(problem.data)
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    model = connect(build_layers(specs, seed), specs)
    compile_model(model, splits.task, Schedule.from_genes(individual[-1].genes), len(splits.y_train))
    return model


def fit(
    model: keras.Model,
    individual: Individual,
    problem: Problem,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    **arguments: Any,
) -> keras.callbacks.History:
    """Train a network on the training split and measure it on the validation split after each epoch.

    Args:
        model: The model that `compiled_model` returned.
        individual: Its genome.
        problem: Gives the data.
        callbacks: Keras callbacks.
        **arguments: Further arguments of `model.fit`, in addition to those from the genome or in place of them.
    """
    splits = load(problem.data)
    schedule = Schedule.from_genes(individual[-1].genes)
    chosen = {"batch_size": schedule.batch_size, "epochs": schedule.epochs, "verbose": 0, **arguments}
    validation = (splits.scaled(splits.x_validation), splits.y_validation)
    x_train = splits.scaled(splits.x_train)
    return model.fit(x_train, splits.y_train, validation_data=validation, callbacks=list(callbacks), **chosen)
