"""Individuals: one network's genome, and its fitness.

Input: chromosomes. Output: ordinary DEAP individuals, with conversion to and from JSON and a canonical form by which
equal genomes are recognised. The classes are importable rather than created at run time, so that they can be pickled
anywhere.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from numbers import Real
from typing import Any

from deap import base

from deap_nn.errors import InputError
from deap_nn.evolution.origin import Origin
from deap_nn.evolution.record import Record
from deap_nn.space import Chromosome
from deap_nn.status import Status

MAXIMIZE, MINIMIZE = (1.0,), (-1.0,)
"""The weights of a fitness of one value."""


class FitnessValues(tuple[float, ...]):
    """The result of an evaluation: a fitness tuple that carries the record of how it came about.

    Args:
        values: The fitness values, such as `(0.93,)`.
        record: What the evaluation recorded, as a `Record` or as plain data with its names; None for one that holds
            only the status "ok".

    Raises:
        InputError: If the record's status is unknown.
    """

    record: Record
    paused: bytes = b""
    """From what a paused training can go on; on its way from the worker only, no journal holds it."""

    def __new__(cls, values: Iterable[float], record: Record | Mapping[str, Any] | None = None) -> FitnessValues:
        """Make the tuple and attach the record."""
        self = super().__new__(cls, values)
        self.record = record if isinstance(record, Record) else Record.from_json(record)
        return self

    @property
    def status(self) -> Status:
        """The status of the evaluation."""
        return self.record.status


class Fitness(base.Fitness):
    """A fitness, to be maximised unless its weights say otherwise, with the record of the evaluation it comes from.

    Args:
        values: The values, as many as there are weights; empty for none yet.
        weights: 1.0 for each value that is to be maximised, -1.0 for each to be minimised; None for those of the class.

    Assigning `values` adopts the record of a `FitnessValues` (None for any other tuple); deleting them drops it;
    copies and pickles keep it. Values are finite: DEAP would rank a NaN above everything.
    """

    weights: tuple[float, ...] = (1.0,)
    record: Record | None = None

    def __init__(self, values: Sequence[float] = (), weights: tuple[float, ...] | None = None) -> None:
        if weights is not None:
            self.weights = weights
        super().__init__(values)

    @property
    def status(self) -> Status:
        """The status of the evaluation; without a record, ok."""
        return Status.OK if self.record is None else self.record.status

    def setValues(self, values: Sequence[float]) -> None:
        """Set the values, one finite number for each weight."""
        count = len(self.weights)
        if not isinstance(values, Sequence) or len(values) != count:
            raise InputError(f"fitness is {values!r}; expected a tuple of {count}, such as {(0.5,) * count}")
        if not all(isinstance(value, Real) and math.isfinite(value) for value in values):
            raise InputError(f"fitness is {values!r}; expected finite numbers: return the worst one instead")
        super().setValues([float(value) for value in values])
        self.record = getattr(values, "record", None)

    def delValues(self) -> None:
        """Drop the values and the record."""
        super().delValues()
        self.record = None

    values = property(base.Fitness.getValues, setValues, delValues, "The unweighted values, a tuple.")

    def __deepcopy__(self, memo: dict[int, Any]) -> Fitness:
        copied: Fitness = super().__deepcopy__(memo)
        copied.weights = self.weights
        copied.record = deepcopy(self.record, memo)
        return copied


class Individual(list[Chromosome]):
    """A list of chromosomes, one for each layer and a last one for the training settings, with a `fitness`.

    Args:
        chromosomes: The chromosomes; they are stored, not copied.
        weights: Those of the fitness: `(-1.0,)` where it is to be minimised.
    """

    origin: Origin | None = None
    estimate: tuple[float, ...] = ()
    """Its weighted fitness values, as far as a pruner can tell from a part of a training; () before that was asked."""

    def __init__(self, chromosomes: Iterable[Chromosome] = (), weights: tuple[float, ...] = MAXIMIZE) -> None:
        super().__init__(chromosomes)
        self.fitness = Fitness(weights=weights)

    def __deepcopy__(self, memo: dict[int, Any]) -> Individual:
        """Return a copy, as `toolbox.clone` makes of every parent; genes are plain values, so no memo is needed."""
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        copied.extend(chromosome.copy() for chromosome in self)
        copied.__dict__.update(deepcopy(self.__dict__, memo))
        return copied

    def to_json(self) -> list[dict[str, Any]]:
        """Return the genome as plain data, without the fitness."""
        return [chromosome.to_json() for chromosome in self]

    @classmethod
    def from_json(cls, data: Iterable[Mapping[str, Any]], weights: tuple[float, ...] = MAXIMIZE) -> Individual:
        """Return the individual, not yet evaluated, whose genome `to_json` described."""
        return cls((Chromosome.from_json(chromosome) for chromosome in data), weights)

    def canonical(self) -> str:
        """Return the string that equal genomes of a space share, whatever the order of their genes."""
        # Adding 0.0 turns -0.0 into the equal float 0.0.
        genome = [[c.kind, {name: v + 0.0 if isinstance(v, float) else v for name, v in c.genes.items()}] for c in self]
        return json.dumps(genome, sort_keys=True, separators=(",", ":"), allow_nan=False)
