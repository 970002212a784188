"""The properties shared by all evaluations of a run: space, data, seed and precision."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from deap_nn.data import DataSpec, Splits, load
from deap_nn.evolution import Individual, Key
from deap_nn.networks import NETWORK_INPUT, LayerSpec
from deap_nn.recipe import Schedule
from deap_nn.space import SearchSpace

MIN_STEPS = 20

TRAINERS = {"compiled_tf": "tensorflow", "compiled_torch": "torch", "portable": "keras"}
"""The back ends of `deap_nn.training`, each with the package that it needs."""


class DataChanged(RuntimeError):  # noqa: N818 - what happened, not whose error
    """The data are no longer those that a run began with."""


@dataclass(frozen=True)
class Problem:
    """The properties shared by all evaluations of a run; small and picklable, since each task carries them.

    Attributes:
        space: The search space.
        data: Which data, how much of it and how it is split.
        training_seed: The seed from which, with the genome, the seed of each training is derived.
        precision: The format of the numbers that convolutions multiply, "float32" or "bfloat16".
        fingerprint: The fingerprint of the data when the run began; "" to accept any.
        min_steps: The number of steps that an epoch has at least, 0 or more; on small data, batches become smaller than
            the genome says.
        trainer: What trains networks, one of `TRAINERS`; None for the fastest that can.
    """

    space: SearchSpace
    data: DataSpec
    training_seed: int = 0
    precision: str = "float32"
    fingerprint: str = ""
    min_steps: int = MIN_STEPS
    trainer: str | None = None

    def splits(self, repetition: int = 0) -> Splits:
        """Return the splits of a repetition.

        Raises:
            DataChanged: If the data are no longer those that the run began with.
        """
        first = load(self.data)
        if self.fingerprint not in ("", first.fingerprint):
            raise DataChanged(
                f"{self.data.source} no longer holds the data that the run began with: put them back and resume the "
                "run, or start a new one"
            )
        return load(self.data_of(repetition)) if repetition else first

    def schedule(self, individual: Individual, samples: int) -> Schedule:
        """Return how an individual's network is trained on that many samples."""
        return Schedule.from_genes(individual[-1].genes, self.precision).with_steps(samples, self.min_steps)

    def data_of(self, repetition: int, specs: Sequence[LayerSpec] = ()) -> DataSpec:
        """Return the data of a repetition, each with a different validation split, as a network takes them in."""
        data = replace(self.data, fold=repetition) if repetition else self.data
        return replace(data, scaling="none") if takes_tokens(specs) else data


def takes_tokens(specs: Sequence[LayerSpec]) -> bool:
    """Tell whether a network's input goes to an Embedding, for which scaled numbers have no meaning."""
    first = [type(spec.built).__mro__ for spec in specs if NETWORK_INPUT in spec.inputs]
    return any(one.__name__ == "Embedding" for classes in first for one in classes)


def genome_seed(training_seed: int, individual: Individual, repetition: int = 0) -> int:
    """Return the seed of one training, 0 to 2**31 - 1: a digest of the run's seed, the genome and the repetition.

    The budget is not included: a shorter training begins exactly as the full one does.
    """
    text = f"{training_seed}:{Key.of(individual, repetition).text}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") >> 1


@lru_cache(maxsize=1)
def samples_of(data: DataSpec) -> tuple[Any, Any]:
    """Return the training and validation samples; the latest data are cached in each process."""
    from deap_nn.training import Samples

    splits = load(data)
    dtype, scaling = splits.task.dtype, (splits.scale, splits.offset)
    return (
        Samples(splits.x_train, splits.y_train.astype(dtype), *scaling),
        Samples(splits.x_validation, splits.y_validation.astype(dtype), *scaling),
    )
