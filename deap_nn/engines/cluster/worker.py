"""What a SCOOP or Dask worker runs for an engine: an attempt, in a child that it owns.

The worker itself never imports TensorFlow, and no evaluation can kill it; it keeps the child for the next
attempt.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from deap_nn.engines.child.child import Child
from deap_nn.engines.cluster.roster import Roster, Slot
from deap_nn.engines.limits import Limits
from deap_nn.engines.outcome import Report, one_line
from deap_nn.engines.parcel import Parcel
from deap_nn.host import host_name

_LOOK_AROUND = 0.1  # seconds between two checks that the attempt is still wanted


class Job(NamedTuple):
    """An attempt on its way to a worker: plain data.

    Attributes:
        run: The engine's unique key.
        origin: The host of the origin.
        key: The attempt's number.
        parcel: The packed call.
        limits: What the child may use.
        expires: `time.monotonic()` of the origin's host after which the origin has abandoned the attempt.
        alone: Whether no other child of the run may keep memory on the worker's host.
    """

    run: str
    origin: str
    key: int
    parcel: Parcel
    limits: Limits
    expires: float
    alone: bool = False


class _Seat:
    """A rank on this host and the child that holds it."""

    def __init__(self, job: Job, roster: Roster) -> None:
        self.run = job.run
        self.limits = job.limits
        self.slot: Slot = roster.take_slot()
        self.child: Child | None = None

    def ready_child(self, alone: bool, on_origin_host: bool) -> Child:
        """Return the child; start a new one if there is none or the old one is gone, worn out or of other limits."""
        limits = self.limits.alone() if alone else self.limits
        if self.child is not None and (self.child.limits != limits or self.child.worn_out or not self.child.alive):
            self.clear()
        if self.child is None:
            rank = self.slot.rank
            name = f"worker-{rank}.log" if on_origin_host else f"worker-{host_name()}-{rank}.log"
            self.child = Child(limits, rank, name)
            self.slot.announce(self.child.pid)
        return self.child

    def clear(self) -> None:
        """End the child."""
        if self.child is not None:
            self.child.kill()
            self.child = None


_free_seats: list[_Seat] = []  # A Dask worker may run several attempts at once, in threads
_over: set[str] = set()  # runs that this worker has been told are over
_lock = threading.Lock()


def attempt(job: Job) -> Report:
    """Run a job's call in this worker's child and report how it ended; raise nothing."""
    try:
        return _attempt(job)
    except Exception as error:  # no space, processes or permissions: this host cannot evaluate
        return Report("lost", reason=one_line(f"{type(error).__name__}: {error} (on {host_name()})"))


def end_attempt(run: str, key: int) -> None:
    """End an attempt if it is running on this host."""
    Roster(run, create=False).forget(key)


def end_run(run: str) -> None:
    """End this process's children of a run, idle or not."""
    _over.add(run)
    with _lock:
        for seat in [seat for seat in _free_seats if seat.run == run]:
            _dismiss(seat)


def _attempt(job: Job) -> Report:
    on_origin_host = job.origin == host_name()
    roster = Roster(job.run, create=not on_origin_host)
    # Only processes of one host share a clock; elsewhere, an attempt that was abandoned is run for nothing
    expired = on_origin_host and time.monotonic() > job.expires
    if expired or not roster.claim(job.key):
        return Report("lost", reason="abandoned before a worker took it")
    seat = _take_seat(job, roster)
    try:
        if job.alone:
            roster.end_children()
        child = seat.ready_child(job.alone, on_origin_host)
        child.begin(job.parcel)
        report = _watch(child, lambda: job.run not in _over and roster.claimed(job.key))
        if report.kind not in ("ok", "error"):
            seat.clear()
        return report
    finally:
        with _lock:
            _free_seats.append(seat)
            if job.run in _over:
                _dismiss(seat)


def _watch(child: Child, goes_on: Callable[[], bool]) -> Report:
    next_look = 0.0
    while True:
        report = child.wait(0.02)
        if report is not None:
            return report
        now = time.monotonic()
        if now > next_look:
            next_look = now + _LOOK_AROUND
            if not goes_on():
                child.kill()
                return Report("lost", reason="nobody waits for it any more", worker=child.name)


def _take_seat(job: Job, roster: Roster) -> _Seat:
    with _lock:
        for seat in [seat for seat in _free_seats if seat.run != job.run or seat.limits != job.limits]:
            _dismiss(seat)  # of another run
        return _free_seats.pop() if _free_seats else _Seat(job, roster)


def _dismiss(seat: _Seat) -> None:
    _free_seats.remove(seat)
    seat.clear()
    with contextlib.suppress(OSError):
        seat.slot.free()
