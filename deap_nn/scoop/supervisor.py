"""The SCOOP processes of one host: started, watched, and replaced when they die.

On the launcher's host this is part of the launcher; on others it is started over ssh as
`python -m deap_nn.scoop.supervisor COUNT VERBOSITY OPTIONS... SCRIPT ARGUMENTS...`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

BOOTSTRAP = "deap_nn.scoop.bootstrap"
ORIGIN = "--origin"
LAUNCHER = "DEAP_NN_LAUNCHER"  # The process that a SCOOP process depends on, in its environment
WATCH = 0.2  # seconds between two checks of the processes
SHORT_LIFE = 5.0  # seconds; a worker that dies earlier may be unable to start at all
GIVE_UP = 5  # consecutive short lives after which a worker is no longer replaced
STOP_PATIENCE = 20.0  # seconds that an interrupted origin may take to end cleanly


class _Worker:
    def __init__(self, command: list[str]) -> None:
        self._command = command
        self.short_lives = 0
        self.start()

    def start(self) -> None:
        self.born = time.monotonic()
        environment = {**os.environ, LAUNCHER: str(os.getpid())}
        self.process = subprocess.Popen(self._command, start_new_session=True, env=environment)

    def died(self) -> str:
        """Return the exit reason; empty while the process is alive and if it was told to leave."""
        code = self.process.poll()
        if code is None or code == 0:
            return ""
        return f"killed by signal {-code}" if code < 0 else f"exit code {code}"

    def kill(self) -> None:
        _kill_group(self.process)
        self.process.wait()


class Supervisor:
    """The owner of `count` processes started by one command; the first is the origin if the command says so."""

    def __init__(self, command: list[str], count: int) -> None:
        as_worker = [word for word in command if word != ORIGIN]
        self.origin = _Worker(command).process if ORIGIN in command else None
        self._workers = [_Worker(as_worker) for _ in range(count - (self.origin is not None))]
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def first(self) -> subprocess.Popen[bytes]:
        """The process to wait for: the origin or, without one, the first worker."""
        return self.origin or self._workers[0].process

    def wait(self) -> int:
        """Wait for the origin, or for all workers to leave; return the exit code."""
        if self.origin is not None:
            return self.origin.wait()
        while any(worker.process.poll() is None or worker.died() for worker in self._workers):
            if not self._watcher.is_alive():
                return 1
            time.sleep(WATCH)
        return 0

    def close(self) -> None:
        """Ask the origin to end, then end everything."""
        if self.origin is not None and self.origin.poll() is None:
            self.origin.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.origin.wait(STOP_PATIENCE)
        self.kill()

    def kill(self) -> None:
        """End everything at once."""
        self._ending.set()
        if threading.current_thread() is not self._watcher:
            self._watcher.join()
        for worker in self._workers:
            worker.kill()
        if self.origin is not None:
            _kill_group(self.origin)
            self.origin.wait()

    def kill_without_waiting(self) -> None:
        """End everything at once from a signal handler, where waiting or a lock could last forever."""
        for process in [worker.process for worker in self._workers] + [self.origin]:
            if process is not None:
                _kill_group(process)

    def _watch(self) -> None:
        hopeful = list(self._workers)
        while not self._ending.wait(WATCH):
            if self.origin is not None and self.origin.poll() is not None:
                return
            for worker in [worker for worker in hopeful if worker.died()]:
                if not self._replace(worker):
                    hopeful.remove(worker)
            if self._workers and not hopeful:
                self._no_worker_left()
                return

    def _replace(self, worker: _Worker) -> bool:
        lived = time.monotonic() - worker.born
        worker.short_lives = worker.short_lives + 1 if lived < SHORT_LIFE else 0
        hope = worker.short_lives < GIVE_UP
        what = "starting another" if hope else "not replacing it, it does not start"
        _say(f"SCOOP worker {worker.process.pid} died ({worker.died()}); {what}")
        if hope:
            worker.start()
        return hope

    def _no_worker_left(self) -> None:
        _say("no SCOOP worker can be started on this host; stopping")
        if self.origin is not None:
            self.origin.send_signal(signal.SIGINT)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Serve a host other than the launcher's; the end of the ssh connection ends this process."""
    count, _verbosity, *rest = sys.argv[1:]
    supervisor = Supervisor([sys.executable, "-m", BOOTSTRAP, *rest], int(count))
    try:
        return supervisor.wait()
    finally:
        supervisor.kill()


if __name__ == "__main__":
    sys.exit(main())
