"""What has not been surpassed: with one objective the best value, with several the Pareto front.

Input: weighted values, of which more is better. Output: whether something is gained, and the hypervolume.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Point = tuple[float, ...]


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Tell whether weighted values are nowhere worse than others, and somewhere better."""
    return one != other and all(mine >= its for mine, its in zip(one, other, strict=True))


class Front:
    """The weighted values that no others of a search dominate."""

    def __init__(self) -> None:
        self._points: list[Point] = []

    def gains(self, new: Point) -> bool:
        """Take the values of a fitness in; return whether they are a gain: none so far equals or dominates them."""
        if any(point == new or dominates(point, new) for point in self._points):
            return False
        self._points = [point for point in self._points if not dominates(new, point)]
        self._points.append(new)
        return True


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """Return the volume of what at least one point dominates and the reference does not.

    By slices along the last objective: While et al. 2006, https://doi.org/10.1109/TEVC.2005.851275. DEAP computes it in
    different ways from version to version; the logbook of a resumed run must agree to the last digit.

    Args:
        points: Weighted values; those that are not above the reference in each add nothing.
        reference: The point in relation to which it is measured.
    """
    inside = {point for point in points if all(x > low for x, low in zip(point, reference, strict=True))}
    return _volume(_descending(inside), reference)


def _volume(points: Sequence[Point], reference: Point) -> float:
    """Return the hypervolume of points in descending order of their last value."""
    if not points:
        return 0.0
    if len(reference) == 1:
        return points[0][0] - reference[0]
    volume, slices = 0.0, [point[-1] for point in points[1:]] + [reference[-1]]
    seen: list[Point] = []
    for point, below in zip(points, slices, strict=True):
        shadow = point[:-1]
        if not any(other == shadow or dominates(other, shadow) for other in seen):
            seen = [other for other in seen if not dominates(shadow, other)] + [shadow]
        if (height := point[-1] - below) > 0:
            volume += height * _volume(_descending(seen), reference[:-1])
    return volume


def _descending(points: Iterable[Point]) -> list[Point]:
    """Return points by their last value, the largest first, and by the others where these are equal."""
    return sorted(points, key=lambda point: point[::-1], reverse=True)
