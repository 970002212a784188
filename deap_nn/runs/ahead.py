"""Results that arrived ahead of their turn, kept until they can go to a journal that is written in order.

They survive a kill here. When no result waits any more, the file is empty.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.runs.format import journal_line
from deap_nn.runs.journal import entries
from deap_nn.runs.json_lines import JsonLines
from deap_nn.status import Status

Result = tuple[Individual, FitnessValues]

SLACK = 100
"""Lines that may be out of date, besides as many as are not."""


class Ahead:
    """The file of the results that wait for their turn.

    Args:
        path: The file, created if it does not exist.
        again: The statuses with which an evaluation does not count, and is done again.

    Raises:
        InputError: If the file is damaged; it names the line.
    """

    def __init__(self, path: Path, again: Collection[Status] = ()) -> None:
        found = [(one, values) for _, one, values in entries(path) if values.status not in again]
        self._found = {Key.of_result(one, values).digest: values for one, values in found}
        self._path, self._lines = path, JsonLines(path)
        self._count = len(self._found)

    def take(self, key: Key) -> FitnessValues | None:
        """Return the result for a key that an earlier sitting has left, once; None if there is none."""
        return self._found.pop(key.digest, None) if self._found else None

    def drop(self, key: Key, values: FitnessValues) -> None:
        """Let go of a result that has had its turn; one of a later turn of the same key is kept."""
        if (found := self._found.get(key.digest)) is not None and found.status is values.status:
            del self._found[key.digest]

    def put(self, individual: Individual, values: FitnessValues) -> None:
        """Write a result down."""
        self._lines.append(journal_line(individual, values))
        self._count += 1

    def keep(self, waiting: Sequence[Result]) -> None:
        """Let go of results that have had their turn, if it is worth it.

        Args:
            waiting: Those that go on waiting.
        """
        if self._count and not self._found and (not waiting or self._count > 2 * len(waiting) + SLACK):
            self._lines.cut(0)
            self._count = 0
            for one in waiting:
                self.put(*one)

    def clear(self) -> None:
        """Let go of everything."""
        self._found.clear()
        self.keep(())

    def sync(self) -> None:
        """Wait until everything is on disk."""
        self._lines.sync()

    def close(self) -> None:
        """Close the file; an empty one is deleted."""
        self._lines.close()
        if not self._count:
            self._path.unlink(missing_ok=True)
