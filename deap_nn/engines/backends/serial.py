"""The back end for debugging: everything happens here and now, without isolation and without limits."""

from __future__ import annotations

import os
import socket
from collections import deque

from deap_nn.engines.devices import child_environment
from deap_nn.engines.outcome import Report
from deap_nn.engines.parcel import Parcel
from deap_nn.engines.perform import perform


class SerialBackend:
    """Evaluates in this process, one task at a time, when it is polled."""

    capacity = 1
    patience: float | None = None
    description = "serial: evaluating in this process, for debugging (no time or memory limit, no isolation)"

    def __init__(self, threads: int) -> None:
        # As in a child, for what is imported from here on: a training on more threads ends with other last digits.
        os.environ.update(child_environment(0, (), threads, 1, os.environ))
        self._calls: deque[tuple[int, Parcel]] = deque()

    def start(self, key: int, parcel: Parcel) -> None:
        """Keep the call until the next poll."""
        self._calls.append((key, parcel))

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """Run the call in hand, however long it takes."""
        if not self._calls:
            return []
        key, parcel = self._calls.popleft()
        report = perform(parcel.payload, let_through=(KeyboardInterrupt,))
        return [(key, report._replace(worker=f"{socket.gethostname()}:{os.getpid()}"))]

    def drop(self, key: int) -> None:
        """Forget a call that has not been run."""
        self._calls = deque((its_key, parcel) for its_key, parcel in self._calls if its_key != key)

    def abandon(self, key: int) -> None:
        """Never asked for: there is no patience to lose."""

    def close(self) -> None:
        """Forget the calls in hand."""
        self._calls.clear()
