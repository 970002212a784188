"""The SCOOP back end: the origin hands out attempts and polls, the other processes evaluate.

The origin never calls SCOOP's own waiting functions (`result`, `map`, `as_completed`): in them it would
evaluate tasks itself, and ask for tasks in a way that makes SCOOP run long ones twice. It only uses `submit`
and `wait(timeout=0)`. What SCOOP does not detect is detected here: dead workers through the host's roster, a
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
from scoop.broker.brokerzmq import zmq

from deap_nn.engines.cluster.roster import ALL_LOCAL, RESPAWNS, open_roster
from deap_nn.engines.cluster.scoop_broker import Broker, lost
from deap_nn.engines.cluster.worker import Job, attempt
from deap_nn.engines.devices import describe_devices, find_gpus, workers_to_a_gpu
from deap_nn.engines.limits import Limits
from deap_nn.engines.outcome import EngineLost, Report, one_line
from deap_nn.engines.parcel import Parcel
from deap_nn.engines.sharing import on_this_host
from deap_nn.errors import InputError
from deap_nn.host import host_name

GRACE = 20.0  # seconds beyond the time limit that a worker may stay silent
LOOK_AROUND = 0.5  # seconds between two checks of workers and broker
UNCLAIMED = 15.0  # seconds after which an unclaimed attempt is lost, if all workers are on this host
_NEVER = 1e9


class ScoopBackend:
    """Attempts as SCOOP futures, at most one per worker."""

    def __init__(self, workers: int | None, limits: Limits) -> None:
        _require_scoop(workers)
        self._workers = workers or scoop.SIZE - 1
        gpus = find_gpus()
        if os.environ.get(ALL_LOCAL):
            limits = on_this_host(limits, self._workers, gpus, started=workers is None)
        self.patience: float | None = limits.time_limit + GRACE
        self._limits = limits
        self._run = uuid.uuid4().hex[:16]
        self._roster = open_roster(self._run)
        self._futures: dict[Any, int] = {}
        self._started: dict[int, float] = {}
        self._suspects: set[int] = set()
        self._dropped: set[int] = set()
        self._first_answer: float | None = None
        self._next_look = time.monotonic() + LOOK_AROUND
        self._broker = Broker()
        sharing = workers_to_a_gpu(limits.workers_per_gpu, gpus, limits.threads)
        devices = describe_devices(gpus, limits.threads, sharing)
        self.description = (
            f"scoop: {self._workers} worker{'s' * (self._workers > 1)} evaluate, the origin coordinates; "
            f"{devices} (on this host)"
        )

    @property
    def capacity(self) -> int:
        """The number of live workers, less those that dropped attempts still hold."""
        return self._workers - len(self._dropped)

    def start(self, key: int, parcel: Parcel, alone: bool = False) -> None:
        """Send an attempt to the first worker that asks for a task."""
        assert self.patience is not None
        self._broker.require()
        job = Job(self._run, host_name(), key, parcel, self._limits, time.monotonic() + self.patience, alone)
        self._futures[futures.submit(attempt, job)] = key
        self._started[key] = time.monotonic()
        self._ask()  # Submitting alone leaves the task in the origin's own queue

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """Collect reports and check workers and broker."""
        reports = self._collect()
        if not reports:
            self._wait(timeout)
            reports = self._collect()
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_AROUND
            self._broker.require()
            reports += self._dead_workers()
        return reports

    def drop(self, key: int) -> None:
        """End an attempt, on this host at once; elsewhere its worker is free when it has ended on its own."""
        if not self._roster.claim(key):
            self._roster.forget(key)
        self._dropped.add(key)

    def abandon(self, key: int) -> None:
        """Forget a silent attempt; its worker is gone and no longer counts."""
        self._roster.claim(key)  # If it is still queued on this host, it will not be started
        self._forget(key, keep_claim=True)
        self._one_less("a worker has not answered beyond its deadline")

    def rest(self) -> None:
        """End the children on this host if no attempt runs."""
        if not self._started:
            self._roster.end_children()

    def close(self) -> None:
        """End the children on this host; those elsewhere end with their workers."""
        self._broker.close()
        self._roster.close()
        for key in list(self._started):
            self._forget(key)

    def _wait(self, timeout: float) -> None:
        """Sleep until SCOOP has a message for the origin, at most `timeout` seconds."""
        try:
            scoop._control.execQueue.socket._poll(max(1, round(timeout * 1000)))
        except (Shutdown, zmq.ZMQError) as error:
            raise lost(f"SCOOP has shut down: {error}") from error

    def _ask(self) -> set[Any]:
        try:
            done: set[Any] = futures.wait(list(self._futures), timeout=0).done
        except (Shutdown, zmq.ZMQError) as error:
            raise lost(f"SCOOP has shut down: {error}") from error
        return done

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
        self._dropped.discard(key)
        if not keep_claim:
            self._roster.forget(key)

    def _dead_workers(self) -> list[tuple[int, Report]]:
        """Report attempts whose worker on this host is dead at two checks in a row: no result is on its way."""
        dead = {key for key in self._started if self._is_dead(key)}
        confirmed = dead & self._suspects
        self._suspects = dead - confirmed
        reports = []
        for key in confirmed:
            claimed = not self._roster.claim(key)  # An unclaimed attempt must not start after all
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
        self._workers -= 1
        if self._workers < 1:
            raise EngineLost(f"no SCOOP worker is left: {reason}")
        print(f"{reason}; {self._workers} left")


def _require_scoop(workers: int | None) -> None:
    if not scoop.IS_RUNNING:
        raise InputError(
            "received engine 'scoop' outside of SCOOP; start the script with python -m scoop -n 4 script.py "
            "(or python -m deap_nn.scoop), or choose the engine 'processes'"
        )
    if scoop.SIZE < 2:
        raise InputError(
            "received engine 'scoop' under -n 1; the origin only coordinates, so use -n 2 or more, "
            "or choose the engine 'processes'"
        )
    if workers is not None and workers > scoop.SIZE - 1:
        raise InputError(
            f"received workers={workers}; SCOOP was started with -n {scoop.SIZE}, which gives "
            f"{scoop.SIZE - 1} beside the origin: leave workers out, or start SCOOP with -n {workers + 1}"
        )
    scoop.TIME_BETWEEN_STATUS_REPORTS = _NEVER  # Status reports share a socket between threads, which ZMQ forbids
