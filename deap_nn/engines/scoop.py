"""The SCOOP back end: the origin hands out attempts and polls, the other processes evaluate.

The origin never enters SCOOP's own waiting (`result`, `map`, `as_completed`): there it would evaluate
itself, and ask for tasks in a way that makes SCOOP run long ones twice. It only uses `submit` and
`wait(timeout=0)`. What SCOOP does not notice is noticed here: dead workers through the host's roster, a
dead broker by asking it for a sign of life.
"""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

import scoop
from scoop import futures
from scoop._comm import Shutdown
from scoop.broker.brokerzmq import STATUS_REQ, zmq

from deap_nn.engines.devices import describe_devices, find_gpus
from deap_nn.engines.isolation import Limits
from deap_nn.engines.outcome import EngineLost, Report, one_line
from deap_nn.engines.parcel import Parcel
from deap_nn.engines.roster import ALL_LOCAL, RESPAWNS, Roster, host_name, remove_stale
from deap_nn.engines.worker import Job, attempt

GRACE = 20.0  # seconds beyond the time limit that a worker may stay silent
LOOK_AROUND = 0.5  # seconds between two looks at workers and broker
RECONNECT_MS = 2000  # milliseconds that a broken connection to the broker may take to come back
BROKER_PATIENCE = 8.0  # seconds that the broker may take for a sign of life
UNCLAIMED = 15.0  # seconds after which nobody will take an attempt, if all workers are on this host
_NEVER = 1e9


class ScoopBackend:
    """Attempts as SCOOP futures, at most one for each worker."""

    def __init__(self, workers: int | None, limits: Limits) -> None:
        _require_scoop(workers)
        self.capacity = workers or scoop.SIZE - 1
        self.patience: float | None = limits.time_limit + GRACE
        self._limits = limits
        self._run = uuid.uuid4().hex[:16]
        remove_stale()
        self._roster = Roster(self._run)
        self._futures: dict[Any, int] = {}
        self._started: dict[int, float] = {}
        self._suspects: set[int] = set()
        self._first_answer: float | None = None
        self._next_look = time.monotonic() + LOOK_AROUND
        self._broker = _Broker()
        devices = describe_devices(find_gpus(), limits.threads, limits.workers_per_gpu)
        self.description = (
            f"scoop: {self.capacity} worker{'s' * (self.capacity > 1)} evaluate, the origin coordinates; "
            f"{devices} (on this host)"
        )

    def start(self, key: int, parcel: Parcel) -> None:
        """Send an attempt to whichever worker asks first."""
        assert self.patience is not None
        self._broker.require()
        job = Job(self._run, host_name(), key, parcel, self._limits, time.time() + self.patience)
        self._futures[futures.submit(attempt, job)] = key
        self._started[key] = time.monotonic()
        self._ask()  # submitting alone leaves the task in the origin's own queue

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """Collect reports and look around."""
        reports = self._collect()
        if not reports:
            time.sleep(timeout)
            reports = self._collect()
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_AROUND
            self._broker.require()
            reports += self._dead_workers()
        return reports

    def drop(self, key: int) -> None:
        """Give up a silent attempt: its worker is gone, and so is its place."""
        self._roster.claim(key)  # should it still lie in a queue here, nobody starts it any more
        self._forget(key, keep_claim=True)
        self._one_less("a worker has not answered beyond its deadline")

    def close(self) -> None:
        """End the children on this host; those elsewhere end with their workers."""
        self._broker.close()
        self._roster.close()
        for key in list(self._started):
            self._forget(key)

    def _ask(self) -> set[Any]:
        try:
            return futures.wait(list(self._futures), timeout=0).done
        except (Shutdown, zmq.ZMQError) as error:
            raise _lost(f"SCOOP has shut down: {error}") from error

    def _collect(self) -> list[tuple[int, Report]]:
        reports = []
        done = self._ask()
        if done and self._first_answer is None:
            self._first_answer = time.monotonic()
        for future in done:
            key = self._futures[future]
            error = future.exceptionValue
            failed = Report("lost", reason=one_line(f"SCOOP could not deliver the task: {error!r}"))
            reports.append((key, failed if error is not None else Report(*future.resultValue)))
            self._forget(key)
        return reports

    def _forget(self, key: int, keep_claim: bool = False) -> None:
        for future in [future for future, its_key in self._futures.items() if its_key == key]:
            del self._futures[future]
            future._delete()
        self._started.pop(key, None)
        self._suspects.discard(key)
        if not keep_claim:
            self._roster.forget(key)

    def _dead_workers(self) -> list[tuple[int, Report]]:
        """Attempts whose worker on this host has died: dead at two looks, so that no result is on its way."""
        dead = {key for key in self._started if self._is_dead(key)}
        confirmed = dead & self._suspects
        self._suspects = dead - confirmed
        reports = []
        for key in confirmed:
            claimed = not self._roster.claim(key)  # what nobody has claimed, nobody shall start after all
            if claimed and self._roster.claimant(key):
                continue
            seconds = time.monotonic() - self._started[key]
            reports.append((key, Report("lost", reason="its SCOOP worker has died", seconds=seconds)))
            self._forget(key, keep_claim=True)
            if claimed and not os.environ.get(RESPAWNS):
                self._one_less("its SCOOP worker has died")
        return reports

    def _is_dead(self, key: int) -> bool:
        claimant = self._roster.claimant(key)
        if claimant is not None:
            return not claimant
        if not os.environ.get(ALL_LOCAL) or self._first_answer is None:
            return False
        waited = time.monotonic() - max(self._started[key], self._first_answer)
        return waited > UNCLAIMED  # on its way to a worker that died

    def _one_less(self, reason: str) -> None:
        self.capacity -= 1
        if self.capacity < 1:
            raise EngineLost(f"no SCOOP worker is left: {reason}")
        print(f"{reason}; {self.capacity} left")


class _Broker:
    """Asks SCOOP's broker for a sign of life, over a connection of its own."""

    def __init__(self) -> None:
        self._own = scoop._control.execQueue.socket.socket
        self._own.setsockopt(zmq.SNDTIMEO, 3000)  # without a broker SCOOP would wait for ever when it sends
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._socket.setsockopt(zmq.IPV6, 1)
        self._socket.connect(f"tcp://{scoop.BROKER.hostname}:{scoop.BROKER.task_port}")
        self._asked = False
        self._heard = time.monotonic()
        self._parent = os.getppid()

    def require(self) -> None:
        """Ask again and take the answers; EngineLost if there have been none for too long."""
        self._listen()
        if not self._asked:
            self._asked = self._send()
        silent = time.monotonic() - self._heard
        if os.getppid() != self._parent:
            raise _lost("SCOOP's launcher has died")
        if silent > BROKER_PATIENCE:
            raise _lost(f"SCOOP's broker has not answered for {silent:.0f} s")
        if not self._own.poll(RECONNECT_MS, zmq.POLLOUT):
            raise _lost("SCOOP's broker cannot be reached any more; its launcher has died or broken down")

    def close(self) -> None:
        """Take the answer that is under way: the broker must not find us gone."""
        if not self._socket.closed:
            if self._asked:
                self._socket.poll(1000)
            self._socket.close()

    def _send(self) -> bool:
        try:
            self._socket.send_multipart([STATUS_REQ, b"deap_nn"], flags=zmq.NOBLOCK)
        except zmq.ZMQError:
            return False
        return True

    def _listen(self) -> None:
        while self._socket.poll(0):
            self._socket.recv_multipart()
            self._asked = False
            self._heard = time.monotonic()


def _lost(what: str) -> EngineLost:
    """The error to raise; the origin can then end without waiting for a farewell that nobody answers."""
    scoop._control.execQueue.shutdown = lambda: None
    return EngineLost(what)


def _require_scoop(workers: int | None) -> None:
    if not scoop.IS_RUNNING:
        raise ValueError(
            "received engine 'scoop' outside of SCOOP; start the script with python -m scoop -n 4 script.py "
            "(or python -m deap_nn.scoop), or choose the engine 'processes'"
        )
    if scoop.SIZE < 2:
        raise ValueError(
            "received engine 'scoop' under -n 1; the origin only coordinates, so use -n 2 or more, "
            "or choose the engine 'processes'"
        )
    if workers is not None and workers > scoop.SIZE - 1:
        raise ValueError(
            f"received workers={workers}; SCOOP was started with -n {scoop.SIZE}, which gives "
            f"{scoop.SIZE - 1} beside the origin: leave workers out, or start SCOOP with -n {workers + 1}"
        )
    scoop.TIME_BETWEEN_STATUS_REPORTS = _NEVER  # they share a socket between threads, which ZMQ forbids
