"""The owner's side of a child: start it, give it one call at a time, watch it, kill it.

Time and memory are watched from outside the child, so that no evaluation can escape its limits.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import socket
import subprocess
import time

from deap_nn.engines.child.exit_reason import how_it_ended, last_words
from deap_nn.engines.child.procfs import birth, kill_tree, resident
from deap_nn.engines.child.start import module_path, open_log, start
from deap_nn.engines.child.wire import Frames, frame
from deap_nn.engines.limits import Limits
from deap_nn.engines.outcome import Report, one_line
from deap_nn.engines.parcel import Parcel

GROWTH_LIMIT = 1_000_000_000  # bytes a child may grow after its first task before it is replaced
MEMORY_WATCH = 0.05  # seconds between two checks of a child's memory


class Child:
    """One child process. It serves one call after another; `worn_out` says when it should be replaced."""

    def __init__(self, limits: Limits, rank: int, log_name: str = "") -> None:
        self.limits = limits
        self._log = open_log(limits.log_dir, log_name or f"worker-{rank}.log")
        self._process = start(limits, rank, self._log)
        self._frames = Frames()
        self._outbox = bytearray(frame(pickle.dumps({"path": module_path(limits.script)})))
        self._ready = False
        self._call = 0
        self._first_size: int | None = None
        self._began = self._next_look = 0.0
        self._log_start = 0
        self.worn_out = False
        self.name = f"{socket.gethostname()}:{os.getpid()}/{self._process.pid}"

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def started(self) -> bool:
        """Whether it has started up and accepts calls."""
        return self._ready

    @property
    def alive(self) -> bool:
        """Whether its process is running."""
        # A killed process cannot be waited for before its last thread is gone, but is a zombie at once
        return self._process.poll() is None and birth(self.pid) != 0

    def begin(self, parcel: Parcel) -> None:
        """Hand over a call; `check` then returns its report."""
        script = self.limits.script if parcel.needs_script else None
        self._call += 1
        self._outbox += frame(pickle.dumps((self._call, parcel.payload, script, parcel.script_globals), protocol=5))
        self._began = self._next_look = time.monotonic()
        self._log_start = self._log.seek(0, os.SEEK_END)
        self._write()

    def fileno(self) -> int:
        """Return the pipe to wait for, so that select() accepts a child."""
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    @property
    def inbox(self) -> int | None:
        """The pipe to the child while there is something to send, else None; a large call does not go at once."""
        assert self._process.stdin is not None
        return self._process.stdin.fileno() if self._outbox else None

    def wait(self, timeout: float) -> Report | None:
        """Wait for the report of the current call, at most `timeout` seconds."""
        report = self.check()
        if report is None:
            wait_for([self], timeout)
            report = self.check()
        return report

    def check(self) -> Report | None:
        """Return the report of the current call, or None while it is running. Never block.

        A result that has arrived counts, however late it is read.
        """
        gone = self._process.poll() is not None  # before reading, so that its last words are complete
        closed = self._exchange()
        report = self._report()
        if report is not None:
            return self._finished(report)
        if gone or closed:
            return self._died()
        return self._over_limit()

    def kill(self) -> None:
        """Kill it and everything it has started, and close its pipes and log."""
        if self._process.poll() is None:
            kill_tree(self._process.pid)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # what it has left in its group
        with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel: nothing more can be done
            self._process.wait(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()

    def _write(self) -> None:
        assert self._process.stdin is not None
        try:
            while self._outbox:
                del self._outbox[: os.write(self._process.stdin.fileno(), self._outbox)]
        except BlockingIOError:
            pass  # it is still reading
        except BrokenPipeError:
            self._outbox.clear()  # it reads no more

    def _exchange(self) -> bool:
        """Write and read as much as the pipes allow; return True when the child has closed its side."""
        if self._outbox:
            self._write()
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fileno(), 1 << 20):
                self._frames.feed(data)
            return True
        return False

    def _report(self) -> Report | None:
        """Return the report of the current call if it has arrived; reports of other calls are none of ours."""
        while (answer := self._frames.next()) is not None:
            if not self._ready:
                self._ready = True
                continue
            number, report = pickle.loads(answer)
            if number == self._call:
                return Report(*report)
        return None

    def _finished(self, report: Report) -> Report:
        size = resident(self.pid)
        if self._first_size is None:
            self._first_size = size
        self.worn_out = size - self._first_size > GROWTH_LIMIT
        return report._replace(worker=self.name)

    def _died(self) -> Report:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        how = how_it_ended(self._process.returncode)
        if not self._ready:
            how = f"the child could not start: {how}"
        return self._ended("lost", how + last_words(self._log, self._log_start))

    def _over_limit(self) -> Report | None:
        now = time.monotonic()
        if now - self._began > self.limits.time_limit:
            reason = f"time limit: not finished after {self.limits.time_limit:g} s"
            return self._ended("timeout", reason + last_words(self._log, self._log_start))
        allowed = self.limits.memory_limit
        if allowed is None or now < self._next_look:
            return None
        self._next_look = now + MEMORY_WATCH
        size = resident(self.pid)
        if size <= allowed:
            return None
        reason = f"memory limit: {size / 1e6:.0f} MB resident, {allowed / 1e6:.0f} MB allowed"
        return self._ended("memory", reason + last_words(self._log, self._log_start))

    def _ended(self, kind: str, reason: str) -> Report:
        seconds = time.monotonic() - self._began
        self.kill()
        return Report(kind, reason=one_line(reason), seconds=seconds, worker=self.name)  # type: ignore[arg-type]


def wait_for(children: list[Child], timeout: float) -> None:
    """Sleep until one of the children has output to read, or room for input, at most `timeout` seconds."""
    poller = select.poll()
    for child in children:
        poller.register(child, select.POLLIN)
        if (inbox := child.inbox) is not None:
            poller.register(inbox, select.POLLOUT)
    poller.poll(max(0.0, timeout) * 1000)
