"""The limits of a child: plain data that is sent to other hosts."""

from __future__ import annotations

from typing import NamedTuple

TIME_LIMIT = 600.0
"""Seconds that a call may take if nothing else is said."""


class Limits(NamedTuple):
    """The resources that a child may use, and where it writes.

    Attributes:
        time_limit: Seconds for one call, counted from its handover.
        memory_limit: Resident bytes, or None.
        threads: Threads per training.
        workers_per_gpu: The number of children that share one GPU; None: as many as fit, see
            `devices.workers_to_a_gpu`.
        log_dir: Folder of the logs; None for an unnamed temporary file.
        script: The user's script, for functions defined there.
    """

    time_limit: float = TIME_LIMIT
    memory_limit: int | None = None
    threads: int = 1
    workers_per_gpu: int | None = None
    log_dir: str | None = None
    script: str | None = None

    def alone(self) -> Limits:
        """Return the limits of a child that has its GPU to itself."""
        return self._replace(workers_per_gpu=1)
