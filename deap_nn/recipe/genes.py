"""The genes that a training chromosome may have: which values each takes, and where the method is from.

A training reads its settings from them (`deap_nn.training.Schedule`); a search space is checked against them before
anything is trained.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deap_nn.errors import InputError


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`.

    Attributes:
        low: The smallest number.
        high: The largest.
        open_low: Whether `low` itself is excluded.
        open_high: Whether `high` itself is excluded.
        whole: Whether only whole numbers count.
        optional: Whether None is allowed too: without this method, or as Keras has it.
    """

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    whole: bool = False
    optional: bool = False

    def __contains__(self, value: object) -> bool:
        if value is None:
            return self.optional
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        above = self.low < value if self.open_low else self.low <= value
        return above and (value < self.high if self.open_high else value <= self.high)

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        low = f"{kind} {'above' if self.open_low else 'of at least'} {self.low:g}"
        high = "" if self.high == math.inf else f" and {'below' if self.open_high else 'up to'} {self.high:g}"
        return low + high + " or None" * self.optional


@dataclass(frozen=True)
class Names:
    """One of several names."""

    names: tuple[str, ...]

    def __contains__(self, value: object) -> bool:
        return value in self.names

    def __str__(self) -> str:
        return f"one of {', '.join(map(repr, self.names))}"


SHARE = Range(0, 1, open_high=True)

TRAINING_GENES: Mapping[str, Range | Names | None] = {
    "epochs": Range(1, whole=True),
    "optimizer": None,  # Keras's names, and those of classes that a user has registered
    "batch_size": Range(1, whole=True),
    "learning_rate": Range(0, open_low=True, optional=True),
    # Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, without restarts. With `warmup`, "linear" is the
    # one-cycle schedule of Smith and Topin 2017, https://arxiv.org/abs/1708.07120.
    "learning_rate_decay": Names(("none", "linear", "cosine")),
    # Goyal et al. 2017, https://arxiv.org/abs/1706.02677
    "warmup": SHARE,
    # Nesterov's; Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html
    "momentum": SHARE,
    # Decoupled: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101
    "weight_decay": Range(0, optional=True),
    # Pascanu et al. 2013, https://proceedings.mlr.press/v28/pascanu13.html
    "gradient_clipping": Range(0, open_low=True, optional=True),
    # Polyak and Juditsky 1992; exponential as in Keras's `use_ema`
    "weight_average": Range(0, 1, open_high=True, optional=True),
    # Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7
    "label_smoothing": SHARE,
    # Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html; He et al. 2015,
    # https://arxiv.org/abs/1502.01852; convolutions that pass their input on: Zagoruyko and Komodakis 2017,
    # https://arxiv.org/abs/1706.00388
    "kernel_initializer": Names(("glorot_uniform", "he_uniform", "identity")),
    # "alternating": each image in one epoch as it is, in the next flipped; Jordan 2024, https://arxiv.org/abs/2404.00498
    "flip": Names(("none", "random", "alternating")),
    "shift": Range(0, whole=True),
    # DeVries and Taylor 2017, https://arxiv.org/abs/1708.04552
    "cutout": Range(0, whole=True),
    # Bishop 1995, https://doi.org/10.1162/neco.1995.7.1.108
    "noise": Range(0),
    # Tan and Le 2021, https://arxiv.org/abs/2104.00298, section 3.3
    "start_resolution": Range(0, 1, open_low=True),
}
"""The values that each gene takes; None: checked elsewhere."""


def check_training_gene(name: str, value: Any) -> None:
    """Raise an InputError for a value that no training can use."""
    allowed = TRAINING_GENES[name]
    if allowed is not None and value not in allowed:
        raise InputError(f"{name} is {value!r}, expected {allowed}")
