"""Losses and measures as PyTorch functions: one row for each of the Keras names that a task may use.

Each takes the last layer's output before its activation, and the targets, and returns one number per sample; the value
for an epoch is their mean.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from deap_nn.recipe import Schedule

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""`(outputs before the activation, targets) -> one number per sample`."""


def _cross_entropy(schedule: Schedule) -> Loss:
    smoothing = schedule.label_smoothing

    def loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits, labels, reduction="none", label_smoothing=smoothing)

    return loss


LOSSES: dict[str, Callable[[Schedule], Loss]] = {"sparse_categorical_crossentropy": _cross_entropy}

MEASURES: dict[str, Loss] = {
    "accuracy": lambda logits, labels: (logits.argmax(-1) == labels).float(),
}
