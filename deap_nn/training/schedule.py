"""The inputs and outputs of a training: settings, samples, the history per epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deap_nn.errors import InputError
from deap_nn.status import Status

BATCH_SIZE = 300
"""The original project's batch size, for spaces without a gene of that name."""

MIN_MICRO_BATCH = 50
"""The number of samples below which a micro-batch no longer keeps a processor busy."""

MIN_BATCH = 4
"""The smallest batch that small data are divided into, unless the genome says a smaller one."""

DECAYS = ("none", "cosine")
"""The ways in which the learning rate may change in the course of a training."""

Weights = list[list[np.ndarray]]
"""The arrays of each layer of the blueprint, in Keras's order (kernel, bias; gamma, beta, mean, variance)."""


@dataclass(frozen=True)
class Schedule:
    """The settings of a training.

    Attributes:
        epochs: The number of passes over the training samples, at least 1.
        optimizer: Keras's name for the optimizer.
        learning_rate: The initial learning rate of the optimizer; None for Keras's default.
        learning_rate_decay: "none", or "cosine" for a rate that falls step by step to 0, like Keras's `CosineDecay`
            (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, without restarts).
        batch_size: The number of samples per step, at least 1; the last step of an epoch takes the remainder.
        precision: "float32", or "bfloat16" for convolutions whose inputs and results (in the frequency domain, the
            products and their factors) are rounded to 8 bits of precision; weights and everything else are float32
            either way. Not a gene.
    """

    epochs: int
    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    learning_rate_decay: str = "none"
    batch_size: int = BATCH_SIZE
    precision: str = "float32"

    def __post_init__(self) -> None:
        if self.learning_rate_decay not in DECAYS:
            raise InputError(
                f"learning_rate_decay is {self.learning_rate_decay!r}, expected one of {', '.join(map(repr, DECAYS))}"
            )

    def with_steps(self, samples: int, at_least: int) -> Schedule:
        """Return the schedule with a batch so small that an epoch of these samples has that many steps.

        In a few steps an optimizer gets nowhere, however good the network. 0 leaves every batch as it is.
        """
        if at_least == 0:
            return self
        return replace(self, batch_size=min(self.batch_size, max(MIN_BATCH, samples // at_least)))

    def steps(self, samples: int) -> int:
        """Return the number of steps in a full training on that many samples."""
        return self.epochs * math.ceil(samples / self.batch_size)

    @classmethod
    def from_genes(cls, genes: Mapping[str, Any], precision: str = "float32") -> Schedule:
        """Return the schedule that the genes of a `training` chromosome describe."""
        known = {name: genes[name] for name in cls.__dataclass_fields__ if name in genes}
        return cls(**known | {"precision": precision})


@dataclass(frozen=True, eq=False)
class Samples:
    """Scaled inputs (float32, samples first) and targets (of the task's dtype); reuse one object for many trainings."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)


@dataclass
class Training:
    """The result of a training.

    Attributes:
        history: A list for each name in `Task.metrics`, with one number per completed epoch.
        weights: The last weights, per layer of the blueprint.
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
"""Called with the number of epochs done and the validation measure; True stops the training as pruned."""
