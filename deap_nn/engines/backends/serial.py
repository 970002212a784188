"""The back end for debugging: calls run in this process, without isolation or limits."""

from __future__ import annotations

import os
import socket
from collections import deque

from deap_nn.engines.devices import child_environment
from deap_nn.engines.outcome import Report
from deap_nn.engines.parcel import Parcel
from deap_nn.engines.perform import perform


class SerialBackend:
    """A back end that evaluates in this process, one task at a time, when it is polled."""

    capacity = 1
    patience: float | None = None
    description = "serial: evaluating in this process, for debugging (no time or memory limit, no isolation)"

    def __init__(self, threads: int) -> None:
        # As in a child, for later imports: with more threads, the last digits of a training's results differ.
        os.environ.update(child_environment(0, (), threads, 1, os.environ))
        self._calls: deque[tuple[int, Parcel]] = deque()

    def start(self, key: int, parcel: Parcel, alone: bool = False) -> None:
        """Keep the call until the next poll."""
        self._calls.append((key, parcel))

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """Run the next call, however long it takes."""
        if not self._calls:
            return []
        key, parcel = self._calls.popleft()
        report = perform(parcel.payload, let_through=(KeyboardInterrupt,))
        return [(key, report._replace(worker=f"{socket.gethostname()}:{os.getpid()}"))]

    def drop(self, key: int) -> None:
        """Forget a call that has not been run."""
        self._calls = deque((its_key, parcel) for its_key, parcel in self._calls if its_key != key)

    def abandon(self, key: int) -> None:
        """Do nothing: without `patience`, this is never called."""

    def rest(self) -> None:
        """Do nothing: there are no children."""

    def close(self) -> None:
        """Forget the calls that have not been run."""
        self._calls.clear()
