"""What a schedule makes of an optimizer: the same rules for all compiled back ends, whose formulas are their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from deap_nn.recipe import Schedule

Update = Callable[..., Any]
"""`(weights, gradient, slots, step, learning rate) -> (new weights, new slots)`; `step` counts from 1."""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer: Keras's default learning rate, the initial values of its slots, and its update."""

    learning_rate: float
    slots: tuple[float, ...]
    update: Update


class Formulas(NamedTuple):
    """A back end's formulas for what a schedule may ask for.

    Attributes:
        nesterov: `momentum -> update`, with one slot that begins at 0.
        decaying: `(update, shares) -> update` after a decoupled decay of each weight by its share.
        clipping: `(update, norm) -> update` with gradients of at most that norm, all together.
    """

    nesterov: Callable[[float], Update]
    decaying: Callable[[Update, np.ndarray], Update]
    clipping: Callable[[Update, float], Update]


def composed(
    schedule: Schedule, optimizers: Mapping[str, Optimizer], formulas: Formulas, kernels: np.ndarray
) -> Optimizer:
    """Return the optimizer of a training, with its learning rate, momentum, weight decay and clipping.

    Args:
        schedule: The settings of the training.
        optimizers: The back end's, by Keras's names.
        formulas: The back end's.
        kernels: 1 for each weight that decays, else 0.
    """
    optimizer = optimizers[schedule.optimizer]
    if schedule.optimizer == "sgd" and schedule.momentum:
        optimizer = replace(optimizer, slots=(0.0,), update=formulas.nesterov(schedule.momentum))
    if schedule.weight_decay is not None:
        # In place of the decay that `adamw` has by itself
        update = optimizers["adam"].update if schedule.optimizer == "adamw" else optimizer.update
        optimizer = replace(optimizer, update=formulas.decaying(update, schedule.weight_decay * kernels))
    if schedule.gradient_clipping is not None:
        optimizer = replace(optimizer, update=formulas.clipping(optimizer.update, schedule.gradient_clipping))
    if schedule.learning_rate is not None:
        optimizer = replace(optimizer, learning_rate=schedule.learning_rate)
    return optimizer
