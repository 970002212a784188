"""KerasTuner's Hyperband, as its users run it: it decides how many epochs a network gets.

By default it rates a network by its best epoch, not its last, and continues from the weights of that epoch; the same
is reported here, and a winner is trained up to that epoch.
Li et al. 2018, https://jmlr.org/papers/v18/16-558.html.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import keras
import keras_tuner
import numpy as np

from contest.fit import Clock, compiled_model, fit
from contest.suggestion import every_gene, on_grid, suggested
from contest.turn import TimeOver, Turn
from deap_nn.evolution import Individual
from deap_nn.space import Choice, Float, Gene

ENDLESS = 10**6


class Networks(keras_tuner.HyperModel):
    """The networks of a search space."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self._turn = turn
        self._epochs = turn.problem.space.training.genes["epochs"].low

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        """Declare what the deepest network needs, so that no value is drawn too late."""
        every_gene(self._turn.problem.space, lambda name, gene: suggest(hp, name, gene))

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Return the network for the given values."""
        return compiled_model(self.individual(hp), self._turn.problem)

    def fit(
        self,
        hp: keras_tuner.HyperParameters,
        model: keras.Model,
        callbacks: Sequence[keras.callbacks.Callback],
        **arguments: Any,
    ) -> keras.callbacks.History:
        """Train for as many epochs as Hyperband allots, and record the evaluation."""
        individual = self.individual(hp)
        training = fit(model, individual, self._turn.problem, [*callbacks, Clock(self._turn)], **arguments)
        best = int(np.argmax(training.history["val_accuracy"]))
        individual[-1].genes["epochs"] = training.epoch[best] + 1
        self._turn.tell(individual, training.history["val_accuracy"][best], len(training.epoch))
        self._turn.check()
        return training

    def individual(self, hp: keras_tuner.HyperParameters) -> Individual:
        """Return the genome for the given values, its epochs not yet known."""
        space = self._turn.problem.space
        return suggested(space, lambda name, gene: suggest(hp, name, gene), {"epochs": self._epochs})


def search(turn: Turn) -> float | None:
    """Search until the time is over; return the winner's test accuracy."""
    with tempfile.TemporaryDirectory(dir=turn.folder) as weights, suppress(TimeOver):
        keras_tuner.Hyperband(
            Networks(turn),
            objective="val_accuracy",
            max_epochs=turn.problem.space.training.genes["epochs"].high,
            hyperband_iterations=ENDLESS,
            seed=turn.seed,
            directory=weights,
        ).search(verbose=0)
    return turn.measure_winner()


def suggest(hp: keras_tuner.HyperParameters, name: str, gene: Gene) -> Any:
    """Return the value of a gene, within its limits."""
    if isinstance(gene, Choice):  # by index, since options may be of several types
        return gene.options[hp.Choice(name, list(range(len(gene.options))), ordered=False)]
    if gene.values is not None:
        return hp.Choice(name, list(gene.values), ordered=True)
    sampling = "log" if gene.log else "linear"
    if isinstance(gene, Float):
        return hp.Float(name, gene.low, gene.high, sampling=sampling)
    step = None if gene.log else gene.step  # On a log scale, KerasTuner's step is a factor.
    return on_grid(gene, hp.Int(name, gene.low, gene.high, step=step, sampling=sampling))
