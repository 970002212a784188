"""Optuna, as its users run it: the TPE sampler, the median pruner, `model.fit`, one network after the other.

Both have their default settings. Each epoch's validation accuracy is reported; the number of epochs is a hyperparameter
like the others.
Akiba et al. 2019, https://doi.org/10.1145/3292500.3330701.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import keras
import optuna

from contest.fit import Clock, compiled_model, fit
from contest.suggestion import suggested, suggestion_of
from contest.turn import TimeOver, Turn


class Report(keras.callbacks.Callback):
    """A callback that reports each epoch to the pruner and stops when told to."""

    def __init__(self, trial: optuna.Trial) -> None:
        super().__init__()
        self._trial = trial
        self.pruned = False
        """Whether the training was stopped."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report an epoch."""
        self._trial.report(logs["val_accuracy"], epoch)
        self.pruned = self.model.stop_training = self._trial.should_prune()


def search(turn: Turn) -> float | None:
    """Optimise until the time is over; return the winner's test accuracy."""

    def objective(trial: optuna.Trial) -> float:
        turn.check()
        individual = suggested(turn.problem.space, lambda name, gene: suggestion_of(trial, name, gene))
        report = Report(trial)
        model = compiled_model(individual, turn.problem)
        training = fit(model, individual, turn.problem, [report, Clock(turn)])
        accuracies = training.history["val_accuracy"]
        turn.tell(individual, accuracies[-1], len(accuracies), "pruned" if report.pruned else "ok")
        if report.pruned:
            raise optuna.TrialPruned
        return accuracies[-1]

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler, pruner = optuna.samplers.TPESampler(seed=turn.seed), optuna.pruners.MedianPruner()
    with suppress(TimeOver):
        optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner).optimize(objective)
    return turn.measure_winner()
