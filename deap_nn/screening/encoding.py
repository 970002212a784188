"""Genomes as rows of numbers, and the distances between them.

Input: individuals of a space. Output: rows in a Euclidean space, so that every kernel of a distance is a valid one for
networks of any depth: a numeric gene is a column on its unit scale, a choice a column for each option, a place for a
layer that may be missing a column for its being there. A missing layer's genes lie in the middle: at 1/2, and as far
from each option of a choice as from any other.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deap_nn.space import TRAINING, Choice, Chromosome, Gene, LayerKind, SearchSpace

Floats: TypeAlias = NDArray[np.float64]

PRESENCE = "(presence)"
"""Stands for a gene where a length belongs to a layer's being there."""

CHOSEN = math.sqrt(0.5)
"""The column of the option that was chosen, so that two different options are at a distance of 1."""

MIDDLE = 0.5
"""Where a missing layer's numeric genes lie: at most 1/2 from each layer that is there."""


class Encoding:
    """How the genomes of a space become rows.

    Genes of the same name in kinds of the same name share a length, at all places and in all blocks; so does the
    presence of their layers. Constant genes have no columns.

    Args:
        space: The search space.

    Attributes:
        lengths: What each length scale belongs to: the names of a kind and a gene, or of a kind and `PRESENCE`.
        length_of: The index of its length for each column.
        typical: The squared distance to be expected of two networks of medium depth with uniformly drawn genes.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._places: dict[str, list[_Place]] = {}
        self._missing: list[float] = []
        index: dict[tuple[str, str], int] = {}
        length_of: list[int] = []
        self.typical = 0.0
        for name, kind, fewest, most in _blocks(space):
            self.typical += 0.5 * (fewest + most) * sum(map(_typical, kind.genes.values()))
            for place in range(most):
                columns = list(_columns(kind, may_miss=place >= fewest))
                self._places.setdefault(name, []).append(_Place(kind, len(length_of), place >= fewest))
                length_of += [index.setdefault((kind.name, gene), len(index)) for gene, _ in columns]
                self._missing += [missing for _, missing in columns]
        self.lengths = tuple(index)
        self.length_of = np.array(length_of, dtype=np.intp)

    def encode(self, individual: Sequence[Chromosome]) -> NDArray[np.float32]:
        """Return an individual's row, in half the memory: a search may keep a hundred thousand of them.

        Raises:
            InputError: If it is not of the space.
        """
        row = np.array(self._missing, dtype=np.float32)
        seen: dict[str, int] = {}
        try:
            for chromosome in individual:
                place = self._places[chromosome.kind][seen.setdefault(chromosome.kind, 0)]
                seen[chromosome.kind] += 1
                values = place.values(chromosome.genes)
                row[place.start : place.start + len(values)] = values
        except (LookupError, TypeError, ValueError):
            self._space.validate(individual)
            raise
        return row

    def encode_all(self, individuals: Sequence[Sequence[Chromosome]]) -> Floats:
        """Return the rows of several individuals, also of none."""
        rows = np.empty((len(individuals), len(self.length_of)))
        for row, individual in zip(rows, individuals, strict=True):
            row[:] = self.encode(individual)
        return rows

    def distances(self, rows: Floats) -> Floats:
        """Return the squared distances of all pairs of rows, one row for each length.

        The pairs are those below the diagonal, in the order of `np.tril_indices(len(rows), -1)`.
        """
        below = np.tril_indices(len(rows), -1)
        found = np.empty((len(self.lengths), len(below[0])))
        for length in range(len(self.lengths)):
            part = rows[:, self.length_of == length]
            found[length] = squared_distances(part, part)[below]
        return found


def squared_distances(one: Floats, other: Floats) -> Floats:
    """Return the squared Euclidean distance of each row of `one` from each row of `other`."""
    squares: Floats = (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1)
    products: Floats = one @ other.T
    squares -= 2.0 * products
    return np.maximum(squares, 0.0, out=squares)


class _Place:
    """The columns of one layer, or of the training settings: presence first, then genes in the kind's order."""

    def __init__(self, kind: LayerKind, start: int, may_miss: bool) -> None:
        self.start = start
        self._present = [1.0] if may_miss else []
        self._genes = [(name, _reader(gene)) for name, gene in kind.genes.items() if not gene.is_constant]

    def values(self, genes: Mapping[str, Any]) -> list[float]:
        """Return the columns of a layer that is there."""
        values = list(self._present)
        for name, read in self._genes:
            values += read(genes[name])
        return values


def _blocks(space: SearchSpace) -> Iterator[tuple[str, LayerKind, int, int]]:
    """Yield the name, the kind and the limits of depth of each block, and at last of the training settings."""
    for block in space.blocks:
        yield block.name, block.kind, block.min_layers, block.max_layers
    yield TRAINING, space.training, 1, 1


def _columns(kind: LayerKind, may_miss: bool) -> Iterator[tuple[str, float]]:
    """Yield for each column of a place its gene's name and its value while the layer is missing."""
    if may_miss:
        yield PRESENCE, 0.0
    for name, gene in kind.genes.items():
        if gene.is_constant:
            continue
        if isinstance(gene, Choice):
            yield from [(name, CHOSEN / len(gene.options))] * len(gene.options)
        else:
            yield name, MIDDLE


def _typical(gene: Gene) -> float:
    """Return the squared distance to be expected of two values that are drawn uniformly."""
    if gene.is_constant:
        return 0.0
    return 1.0 - 1.0 / len(gene.options) if isinstance(gene, Choice) else 1.0 / 6.0


class _Options:
    """Reads the values of a choice: a column for each option."""

    def __init__(self, options: Sequence[Hashable]) -> None:
        count = len(options)
        self._rows = {option: [CHOSEN * (i == chosen) for i in range(count)] for chosen, option in enumerate(options)}

    def __call__(self, value: Hashable) -> list[float]:
        return self._rows[value]


class _Number:
    """Reads the values of a numeric gene: one column."""

    def __init__(self, gene: Any) -> None:
        self._to_unit = gene.to_unit

    def __call__(self, value: Any) -> list[float]:
        return [self._to_unit(value)]


def _reader(gene: Gene) -> _Options | _Number:
    return _Options(gene.options) if isinstance(gene, Choice) else _Number(gene)
