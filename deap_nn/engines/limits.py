"""What a child may use: plain data that travels to other hosts."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """What a child may use, and where it writes.

    Attributes:
        time_limit: Seconds for one call, from handing it over.
        memory_limit: Resident bytes, or None.
        threads: Threads of a training.
        workers_per_gpu: How many children share one GPU.
        log_dir: Folder of the logs; None keeps them in an unnamed file.
        script: The user's script, for functions that are defined there.
    """

    time_limit: float = 600.0
    memory_limit: int | None = None
    threads: int = 1
    workers_per_gpu: int = 1
    log_dir: str | None = None
    script: str | None = None
