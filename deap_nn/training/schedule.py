"""What a training is told and what it tells: settings, samples, the history per epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deap_nn.status import Status

BATCH_SIZE = 300
"""The original project's batch size, for spaces without a gene of that name."""

MIN_MICRO_BATCH = 50
"""Samples of a micro-batch below which a processor is no longer kept busy."""

DECAYS = ("none", "cosine")
"""What the learning rate may do in the course of a training."""

Weights = list[list[np.ndarray]]
"""For each layer of the blueprint its arrays, in Keras's order (kernel, bias; gamma, beta, mean, variance)."""


@dataclass(frozen=True)
class Schedule:
    """How long and with what a network is trained.

    Attributes:
        epochs: Passes over the training samples, at least 1.
        optimizer: Keras's name of it.
        learning_rate: Of the optimizer, at the beginning; None for Keras's default.
        learning_rate_decay: "none", or "cosine" for a rate that falls step by step to 0 as Keras's `CosineDecay` does
            (Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, without restarts).
        batch_size: Samples per step, at least 1; the last step of an epoch takes what is left.
        precision: "float32", or "bfloat16" for convolutions whose inputs and results (in the frequency domain, the
            products and their factors) are rounded to 8 bits' precision; weights and everything else are float32
            either way. No gene.
    """

    epochs: int
    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    learning_rate_decay: str = "none"
    batch_size: int = BATCH_SIZE
    precision: str = "float32"

    def __post_init__(self) -> None:
        if self.learning_rate_decay not in DECAYS:
            raise ValueError(
                f"learning_rate_decay is {self.learning_rate_decay!r}, expected one of {', '.join(map(repr, DECAYS))}"
            )

    def steps(self, samples: int) -> int:
        """Return the steps of a whole training on so many samples."""
        return self.epochs * math.ceil(samples / self.batch_size)

    @classmethod
    def from_genes(cls, genes: Mapping[str, Any], precision: str = "float32") -> Schedule:
        """Read the genes of a `training` chromosome."""
        known = {name: genes[name] for name in cls.__dataclass_fields__ if name in genes}
        return cls(**known | {"precision": precision})


@dataclass(frozen=True, eq=False)
class Samples:
    """Scaled inputs (float32, samples first) and targets (of the task's dtype); use one object for many trainings."""

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.y)


@dataclass
class Training:
    """What a training leaves behind.

    Attributes:
        history: A list per name in `Task.metrics`, one number per epoch that was run.
        weights: The last ones, per layer of the blueprint.
        status: `OK` if it ran all its epochs, else `FAILED` (it diverged) or `PRUNED`.
        reason: Why it stopped early, in one line.
    """

    history: dict[str, list[float]]
    weights: Weights = field(default_factory=list)
    status: Status = Status.OK
    reason: str = ""

    @property
    def epochs(self) -> int:
        """The number of epochs that were run to their end."""
        return len(self.history["loss"])

    def add(self, metrics: Sequence[float]) -> None:
        """Add the numbers of an epoch, in the order of the history."""
        for values, value in zip(self.history.values(), metrics, strict=True):
            values.append(float(value))


OnEpoch = Callable[[int, float], bool]
"""Called with the number of epochs done and the validation measure; True stops the training as pruned."""
