"""The journal of a search: every evaluation, on disk in order of arrival, in memory only by key and place.

A resumed search takes from it, in place of evaluations, what an earlier part of the run has found out. What it finds
out itself is appended; after `sync`, all of it is on disk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from deap_nn.errors import InputError
from deap_nn.evolution import MAXIMIZE, FitnessValues, Individual, Key
from deap_nn.runs.format import from_journal, journal_line
from deap_nn.runs.json_lines import DELETE_LINE, JsonLines, read_lines
from deap_nn.status import Status

Entry = tuple[int, Individual, FitnessValues]
"""An evaluation in a journal, after its place there; places ascend in order of arrival."""


class Journal:
    """A journal in memory, for searches without a run directory.

    Args:
        past: The evaluations of an earlier part of the search.
    """

    def __init__(self, past: Iterable[tuple[Individual, FitnessValues]] = ()) -> None:
        self._values: list[FitnessValues] = []
        self._past = Past((self.append(*one), *one) for one in past)

    def take(self, key: Key) -> int | None:
        """Return the place of a key's next result from an earlier part of the search, each once; None if none is left.

        A key may have two: one pruned, then one trained in full.
        """
        return self._past.take(key)

    def append(self, individual: Individual, values: FitnessValues) -> int:
        """Add an evaluation and return its place."""
        self._values.append(values)
        return len(self._values) - 1

    def values(self, place: int) -> FitnessValues:
        """Return the values of the evaluation at a place."""
        return self._values[self._past.latest(place)]

    def cut(self, place: int | None) -> None:
        """Drop the evaluation at a place that this part of the search has added, and all after it; None: nothing."""
        if place is not None:
            del self._values[place:]

    def sync(self) -> None:
        """Wait until everything is on disk."""

    @property
    def pace(self) -> float:
        """Seconds that the last `sync` took."""
        return 0.0


class RunJournal(Journal):
    """The journal of a run directory, open for writing.

    Args:
        path: The file.
        again: The statuses with which an evaluation does not count, and is done again.

    Raises:
        InputError: If the file is damaged; it names the line.
    """

    def __init__(self, path: Path, again: Collection[Status] = ()) -> None:
        self._past = Past(entries(path), again)
        self._lines = JsonLines(path)

    def append(self, individual: Individual, values: FitnessValues) -> int:
        """Write an evaluation to the file and return its place."""
        return self._lines.append(journal_line(individual, values))

    def values(self, place: int) -> FitnessValues:
        """Read the values of the evaluation at a place."""
        line = self._lines.read(self._past.latest(place))
        return FitnessValues(line["fitness"], line["record"])

    def cut(self, place: int | None) -> None:
        """Drop the evaluation at a place that this part of the search has added, and all after it; None: nothing."""
        if place is not None:
            self._lines.cut(place)

    def sync(self) -> None:
        """Wait until everything is on disk."""
        self._lines.sync()

    @property
    def pace(self) -> float:
        """Seconds that the last `sync` took."""
        return self._lines.pace

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


class Past:
    """Where the results of an earlier part of a search stand, by key.

    A key that occurs again after a result that was not pruned has been tried again: its last result counts, in the
    place of the first.
    """

    def __init__(self, found: Iterable[Entry], again: Collection[Status] = ()) -> None:
        self._places: dict[bytes, tuple[int, ...]] = {}
        self._latest: dict[int, int] = {}
        self._again: set[int] = set()
        pruned: set[int] = set()
        for place, individual, values in found:
            digest = Key.of_result(individual, values).digest
            before = self._places.get(digest, ())
            if before and self.latest(before[-1]) not in pruned:
                self._latest[before[-1]] = place
            else:
                self._places[digest] = (*before, place)
            if values.status is Status.PRUNED:
                pruned.add(place)
            if values.status in again:
                self._again.add(place)

    def latest(self, place: int) -> int:
        """Return the place of the result that counts in place of the one there."""
        return self._latest.get(place, place)

    def take(self, key: Key) -> int | None:
        """Return the place of a key's next result, each once; None if there is none."""
        digest = key.digest
        while places := self._places.pop(digest, ()):
            if places[1:]:
                self._places[digest] = places[1:]
            if self.latest(places[0]) not in self._again:
                return places[0]
        return None


def entries(path: Path, weights: tuple[float, ...] = MAXIMIZE) -> Iterator[Entry]:
    """Yield the evaluations of a journal, one after the other; the weights are those of their fitness.

    Raises:
        InputError: If a line is damaged; it names the line.
    """
    for number, place, line in read_lines(path):
        try:
            evaluation = from_journal(line, weights)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}, line {number}, is damaged ({error!r}): {DELETE_LINE}") from error
        yield place, *evaluation
