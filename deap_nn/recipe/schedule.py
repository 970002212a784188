"""The settings of a training, as the genes of a training chromosome describe them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from deap_nn.recipe.genes import check_training_gene

BATCH_SIZE = 300
"""The original project's batch size, for spaces without a gene of that name."""

MIN_BATCH = 4
"""The smallest batch that small data are divided into, unless the genome says a smaller one."""


@dataclass(frozen=True)
class Schedule:
    """The settings of a training; `deap_nn.recipe.genes` names the source of each method.

    Attributes:
        epochs: The number of passes over the training samples, at least 1.
        optimizer: Keras's name for the optimizer.
        learning_rate: The highest learning rate of the optimizer; None for Keras's default.
        learning_rate_decay: "none", or "linear" or "cosine" for a rate that falls step by step to 0.
        warmup: The share of the steps, 0 to below 1, in which the rate first rises linearly from 0.
        batch_size: The number of samples per step, at least 1; the last step of an epoch takes the remainder.
        momentum: Nesterov's momentum, 0 to below 1, for `sgd`; other optimizers have their own.
        weight_decay: The share of each kernel, times the learning rate, that a step takes off, at least 0; None for
            Keras's default (`adamw` shrinks all weights by 0.004, the others none).
        gradient_clipping: The largest norm of all gradients together, above 0; None: any.
        weight_average: The momentum, 0 to below 1, of an average of the weights over the steps, which is then what is
            measured and kept; None: the last weights are.
        label_smoothing: The share of each target, 0 to below 1, that is spread over all classes.
        kernel_initializer: "glorot_uniform", "he_uniform" or "identity".
        flip: Whether images are mirrored left to right: "none", "random", or "alternating" from epoch to epoch.
        shift: The number of pixels by which images are moved at most, up or down and left or right; what comes in is
            a reflection.
        cutout: The side of the square, in pixels, that is blotted out of images; 0: none.
        noise: The standard deviation of what is added to each feature of flat samples, in those of the feature.
        start_resolution: The share of their sides, above 0 and up to 1, with which images begin; see
            `deap_nn.networks.growing`.
        precision: "float32", or "bfloat16" for convolutions whose inputs and results (in the frequency domain, the
            products and their factors) are rounded to 8 bits of precision; weights and everything else are float32
            either way. Not a gene.
        running_mean: Whether a running mean of the weights is kept, see `running_momentum`, to judge the training by
            before its end. Not a gene, and without effect on the weights.
    """

    epochs: int
    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    learning_rate_decay: str = "none"
    warmup: float = 0.0
    batch_size: int = BATCH_SIZE
    momentum: float = 0.0
    weight_decay: float | None = None
    gradient_clipping: float | None = None
    weight_average: float | None = None
    label_smoothing: float = 0.0
    kernel_initializer: str = "glorot_uniform"
    flip: str = "none"
    shift: int = 0
    cutout: int = 0
    noise: float = 0.0
    start_resolution: float = 1.0
    precision: str = "float32"
    running_mean: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name not in ("precision", "running_mean"):
                check_training_gene(field.name, getattr(self, field.name))

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

    def rates(self, samples: int) -> np.ndarray:
        """Return the learning rate of each step of a full training, as a share of the highest: float32, 0 to 1.

        As Keras's `CosineDecay` and `PolynomialDecay` count: the first step of a warm-up has the rate 0.
        """
        steps = self.steps(samples)
        rising = round(self.warmup * steps)
        done = np.arange(steps)
        fallen = np.maximum(done - rising, 0) / (steps - rising)
        shares = {
            "none": np.ones(steps),
            "linear": 1 - fallen,
            "cosine": 0.5 * (1 + np.cos(np.pi * fallen)),
        }[self.learning_rate_decay]
        return np.where(done < rising, done / max(rising, 1), shares).astype(np.float32)

    def running_momentum(self, samples: int) -> np.ndarray:
        """Return the momentum of the running mean of the weights in each step: float32, 0 to below 1.

        It looks back for an epoch; in the first steps for less, so that initial weights are soon forgotten. The weights
        of single steps differ by noise that the end of a schedule removes; their mean shows before what will be left.
        """
        steps = self.steps(samples)
        done = np.arange(1, steps + 1)
        return np.minimum(1 - self.epochs / steps, done / (done + 9)).astype(np.float32)

    @classmethod
    def from_genes(cls, genes: Mapping[str, Any], precision: str = "float32") -> Schedule:
        """Return the schedule that the genes of a `training` chromosome describe."""
        known = {name: genes[name] for name in cls.__dataclass_fields__ if name in genes}
        return cls(**known | {"precision": precision})
