"""What all evaluations of a run have in common: which space, which data, which seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from deap_nn.data import DataSpec, load
from deap_nn.evolution import Individual
from deap_nn.space import SearchSpace


@dataclass(frozen=True)
class Problem:
    """What every evaluation of a run has in common: small and picklable, since each task carries it.

    Attributes:
        space: the search space.
        data: which data, how much of it and how it is split.
        training_seed: from which, with the genome, each training's own seed is derived.
        precision: of the numbers that convolutions multiply, "float32" or "bfloat16".
    """

    space: SearchSpace
    data: DataSpec
    training_seed: int = 0
    precision: str = "float32"


def genome_seed(training_seed: int, individual: Individual) -> int:
    """Return the seed of one training, 0 to 2**31 - 1: a digest of the run's seed and the genome."""
    text = f"{training_seed}:{individual.canonical()}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") >> 1


@lru_cache(maxsize=1)
def samples_of(data: DataSpec) -> tuple[Any, Any]:
    """Scale training and validation split once per process."""
    from deap_nn.training import Samples

    splits = load(data)
    return (
        Samples(splits.scaled(splits.x_train), splits.y_train.astype(np.int32)),
        Samples(splits.scaled(splits.x_validation), splits.y_validation.astype(np.int32)),
    )
