"""The children of a search without generations: the genome chosen for each number, written before it is evaluated.

A resumed search takes its children from here, line by line, and breeds only where the file ends: a choice that rests on
rounded numbers might come out differently on another processor. Nothing is held in memory. A child's origin is written
with it, for the figures of a search that does not breed it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from deap_nn.errors import InputError
from deap_nn.evolution import MAXIMIZE, Individual, Origin
from deap_nn.runs.json_lines import JsonLines, read_lines

BRED_AGAIN = "delete that line, and the child is bred again"

Numbered = tuple[int, Individual]


class Children:
    """The file of a run's children, open for writing.

    Args:
        path: The file, created if it does not exist.
        weights: Those of the individuals' fitness.

    Raises:
        InputError: If the file is damaged; it names the line.
    """

    def __init__(self, path: Path, weights: tuple[float, ...] = MAXIMIZE) -> None:
        for _ in _children(path, weights):
            pass  # a damaged line is found before anything is changed
        self._lines = JsonLines(path)
        self._past = _children(path, weights)
        self._next = next(self._past, None)

    def chosen(self, number: int, breed: Callable[[], Individual | None]) -> Individual | None:
        """Return the child that was chosen for a number before, or breed it now and write it down.

        Args:
            number: The number, from 1; each once, ascending.
            breed: Returns the child; None if there is none.
        """
        if self._next is not None and self._next[0] == number:
            individual = self._next[1]
            self._next = next(self._past, None)
            return individual
        bred = breed()
        if bred is not None and self._next is None:  # else a line in the middle is missing
            origin = {} if bred.origin is None else bred.origin.to_json()
            self._lines.append({"number": number, "genome": bred.to_json(), **({"origin": origin} if origin else {})})
        return bred

    def sync(self) -> None:
        """Wait until everything is on disk."""
        self._lines.sync()

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def _children(path: Path, weights: tuple[float, ...]) -> Iterator[Numbered]:
    """Yield the children of a file, one after the other.

    Raises:
        InputError: If a line is damaged; it names the line.
    """
    before = 0
    for number, _, line in read_lines(path, BRED_AGAIN):
        try:
            child, individual = line["number"], Individual.from_json(line["genome"], weights)
            if type(child) is not int or child <= before:
                raise InputError(f"its number is {child!r}, the one before is {before}")
            individual.origin = Origin.from_json(line["origin"]) if "origin" in line else None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, line {number}, is damaged ({error!r}): {BRED_AGAIN}") from error
        yield child, individual
        before = child
