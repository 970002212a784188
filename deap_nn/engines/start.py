"""Starting a child: its environment, its pipes, its log."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from deap_nn import child_process
from deap_nn.engines.devices import child_environment, find_gpus
from deap_nn.engines.limits import Limits

_MODULE = "deap_nn.engines.child"

# Linux ends a child with the *thread* that started it (see child.die_with_parent), so a thread that
# lives as long as its process starts the children of threads that may not.
_starter = concurrent.futures.ThreadPoolExecutor(1, "deap_nn-starter")


def open_log(log_dir: str | None, name: str) -> IO[bytes]:
    """The file that a child writes to: kept in a folder, or gone with the child."""
    if log_dir is None:
        return tempfile.TemporaryFile("a+b", buffering=0)
    Path(log_dir).mkdir(parents=True, exist_ok=True)
    return Path(log_dir, name).open("a+b", buffering=0)


def start(limits: Limits, rank: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a child with pipes that never block this side."""
    environment = dict(os.environ)
    gpus = find_gpus()
    environment.update(child_environment(rank, gpus, limits.threads, limits.workers_per_gpu, environment))
    environment.update(child_process.import_path(environment))

    def popen() -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            child_process.command(_MODULE),
            stdin=pipe,
            stdout=pipe,
            stderr=log,
            env=environment,
            bufsize=0,
            start_new_session=True,
        )

    lasting = threading.current_thread() is threading.main_thread()
    process = popen() if lasting else _starter.submit(popen).result()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        os.set_blocking(stream.fileno(), False)
    return process


def module_path(script: str | None) -> list[str]:
    """Where the child imports from: the same places as this process, and beside the user's script."""
    places = [str(Path(place or ".").absolute()) for place in sys.path]
    beside = str(Path(script).parent) if script else None
    return places if beside is None or beside in places else [beside, *places]
