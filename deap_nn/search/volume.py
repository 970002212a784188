"""The hypervolume of a search with several objectives: how much its Pareto front has won so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deap_nn.evolution import Individual, hypervolume
from deap_nn.status import Status

Point = tuple[float, ...]


class Volume:
    """A statistic: the hypervolume of the front, measured by the first generation.

    In each objective, 0 is the worst value among the networks of the first generation that were trained in full, and 1
    their best. So the volume of a network that were best in all of them would be 1, and it may grow beyond. It never
    falls, as the front keeps whatever is not dominated; a network that is worse than the whole first generation in one
    objective adds nothing. Where the first generation has one value only, one of it is taken for 1. Before anything has
    worked, the volume is 0, and the first generation in which something has worked counts as the first.

    Args:
        front: The individuals that none dominates, as they are when this is called.
    """

    def __init__(self, front: Iterable[Individual]) -> None:
        self._front = front
        self._range: tuple[Point, Point] | None = None  # the worst values, and the units

    def __call__(self, population: Sequence[Individual]) -> float:
        """Return the volume after a generation."""
        if self._range is None:
            self._range = _range_of(_points(population))
        if self._range is None:
            return 0.0
        worst, units = self._range
        points = [
            tuple((value - low) / unit for value, low, unit in zip(point, worst, units, strict=True))
            for point in _points(self._front)
        ]
        return hypervolume(points, (0.0,) * len(worst))


def _points(individuals: Iterable[Individual]) -> list[Point]:
    return [one.fitness.wvalues for one in individuals if one.fitness.status is Status.OK]


def _range_of(points: Sequence[Point]) -> tuple[Point, Point] | None:
    if not points:
        return None
    columns = list(zip(*points, strict=True))
    return tuple(map(min, columns)), tuple(max(column) - min(column) or 1.0 for column in columns)
