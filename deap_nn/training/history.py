"""The outputs of a training: weights, the history per epoch, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from deap_nn.status import Status

Weights = list[list[np.ndarray]]
"""The arrays of each layer of the blueprint, in Keras's order (kernel, bias; gamma, beta, mean, variance)."""


@dataclass
class Training:
    """The result of a training.

    Attributes:
        history: A list for each name in `Task.metrics`, with one number per completed epoch; with
            `Schedule.running_mean`, also for `Task.running_measure`.
        weights: The last weights, per layer of the blueprint; with `Schedule.weight_average`, their average.
        status: `OK` if it ran all its epochs, else `FAILED` (it diverged) or `PRUNED`.
        reason: Why it stopped early, in one line.
    """

    history: dict[str, list[float]]
    weights: Weights = field(default_factory=list)
    status: Status = Status.OK
    reason: str = ""

    @property
    def epochs(self) -> int:
        """The number of completed epochs."""
        return len(self.history["loss"])

    def add(self, metrics: Sequence[float]) -> None:
        """Append the metrics of an epoch, in the order of the history."""
        for values, value in zip(self.history.values(), metrics, strict=True):
            values.append(float(value))


OnEpoch = Callable[[int, float], bool]
"""Called with the number of epochs done and the validation measure, that of the running mean of the weights if there is
one; True stops the training as pruned."""
