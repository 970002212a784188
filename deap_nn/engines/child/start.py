"""Starting a child: its environment, its pipes, its log."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
import sysconfig
import tempfile
import threading
from pathlib import Path
from typing import IO

from deap_nn.engines.devices import child_environment, find_gpus, workers_to_a_gpu
from deap_nn.engines.limits import Limits

_MODULE = "deap_nn.engines.child.main"
# Not -m: that would import from the working directory first, even another version of this package.
_COMMAND = "import sys; sys.path[:] = filter(None, sys.path); from {} import main; main()"
_ROOT = Path(__file__).resolve().parents[3]

_starter: concurrent.futures.ThreadPoolExecutor
"""Linux kills a child when the *thread* that started it ends (see main.die_with_parent), so this thread, which lives as
long as its process, starts the children of threads that may end earlier."""


def _make_starter() -> None:
    global _starter
    _starter = concurrent.futures.ThreadPoolExecutor(1, "deap_nn-starter")


_make_starter()
os.register_at_fork(after_in_child=_make_starter)  # a fork takes no thread along, though its executor believes so


def open_log(log_dir: str | None, name: str) -> IO[bytes]:
    """Open the file that a child writes to: kept in a folder, or gone with the child."""
    if log_dir is None:
        return tempfile.TemporaryFile("a+b", buffering=0)
    Path(log_dir).mkdir(parents=True, exist_ok=True)
    return Path(log_dir, name).open("a+b", buffering=0)


def start(limits: Limits, rank: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a child whose pipes never block this side."""
    environment = dict(os.environ)
    gpus = find_gpus()
    sharing = workers_to_a_gpu(limits.workers_per_gpu, gpus, limits.threads)
    environment.update(child_environment(rank, gpus, limits.threads, sharing, environment))
    if str(_ROOT) != sysconfig.get_path("purelib"):  # a checkout, or a folder chosen by the user
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), environment.get("PYTHONPATH")]))

    def popen() -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-u", "-c", _COMMAND.format(_MODULE)]
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=log, env=environment, bufsize=0, start_new_session=True
        )

    lasting = threading.current_thread() is threading.main_thread()
    process = popen() if lasting else _starter.submit(popen).result()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        os.set_blocking(stream.fileno(), False)
    return process


def module_path(script: str | None) -> list[str]:
    """Return where the child imports from: the same places as this process, and the folder of the user's script."""
    places = [str(Path(place or ".").absolute()) for place in sys.path]
    beside = str(Path(script).parent) if script else None
    return places if beside is None or beside in places else [beside, *places]
