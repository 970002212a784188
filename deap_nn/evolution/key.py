"""The key of an evaluation: the same in a search, a journal, a cache and the seed of its training."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from deap_nn.evolution.individual import FitnessValues, Individual


class Key(NamedTuple):
    """The identity of one evaluation.

    Attributes:
        genome: The canonical form.
        repetition: The number of the evaluation among several of the genome, 0 or more; it selects seed and fold.
        budget: The share of a full training, above 0, or how many times its epochs, above 1.
    """

    genome: str
    repetition: int = 0
    budget: float = 1.0

    @classmethod
    def of(cls, individual: Individual, repetition: int = 0, budget: float = 1.0) -> Key:
        """Return the key of an evaluation of `individual`."""
        return cls(individual.canonical(), repetition, budget)

    @classmethod
    def of_result(cls, individual: Individual, values: FitnessValues) -> Key:
        """Return the key of an evaluation from its result, such as one in a journal."""
        record = values.record
        return cls.of(individual, record.repetition or 0, 1.0 if record.budget is None else record.budget)

    @property
    def text(self) -> str:
        """The key in one line; for the first full evaluation, only the genome."""
        text = self.genome
        if self.repetition or self.budget != 1.0:
            text += f":{self.repetition}"
        if self.budget != 1.0:
            text += f":{self.budget!r}"
        return text

    @property
    def digest(self) -> bytes:
        """The key in 16 bytes, for what remembers every evaluation of a run."""
        return hashlib.blake2b(self.text.encode(), digest_size=16).digest()
