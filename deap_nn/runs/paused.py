"""The states of paused trainings, a file for each, from which any worker, in this sitting or another, can go on.

They spare time and decide nothing: a state that was lost, is damaged or has found no room is made up for by training
from the seed again. A file is deleted as soon as its training is over, or will not go on.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from deap_nn.evolution import Key
from deap_nn.runs.files import read_file, write_atomic

MOST = 2 * 2**30
"""The bytes that all states of a run may take; beyond that, the oldest is let go of."""


class Paused:
    """The directory of the states, which exists while there are any.

    Args:
        path: The directory.
        most: The bytes that its files may take.
    """

    def __init__(self, path: Path, most: int = MOST) -> None:
        self._path, self._most = path, most
        found = sorted((one.stat().st_mtime_ns, one.name, one.stat().st_size) for one in path.glob("*.npz"))
        self._sizes = {name: size for _, name, size in found}  # the oldest first

    def put(self, key: Key, state: bytes) -> None:
        """Keep the state of a genome's training, in place of one that it has left before.

        Raises:
            OSError: If the disk is full; the error names the file.
        """
        name = _name(key)
        room = self._most - len(state)
        others = [other for other in self._sizes if other != name]
        while others and sum(self._sizes[other] for other in others) > room:
            self._delete(others.pop(0))
        if room < 0:
            self._delete(name)
            return
        self._path.mkdir(exist_ok=True)
        write_atomic(self._path / name, state)
        self._sizes.pop(name, None)
        self._sizes[name] = len(state)

    def get(self, key: Key) -> bytes:
        """Return the state of a genome's training; b"" if there is none, or none that can be read."""
        with suppress(OSError):
            return read_file(self._path / _name(key))
        return b""

    def drop(self, key: Key) -> None:
        """Delete the state of a genome's training, if there is one."""
        self._delete(_name(key))

    def clear(self) -> None:
        """Delete all states."""
        for name in list(self._sizes):
            self._delete(name)

    def _delete(self, name: str) -> None:
        if self._sizes.pop(name, None) is None:
            return
        (self._path / name).unlink(missing_ok=True)
        if not self._sizes:
            with suppress(OSError):  # somebody else has put something there
                self._path.rmdir()


def _name(key: Key) -> str:
    """Return the name of a file: a training has one, whatever part it has come to."""
    return f"{key._replace(budget=1.0).digest.hex()}.npz"
