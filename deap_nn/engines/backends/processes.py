"""The default back end: child processes of this one, on this host. Needs nothing but Python."""

from __future__ import annotations

import time

from deap_nn.engines.child.child import Child, wait_for
from deap_nn.engines.devices import describe_devices, find_gpus
from deap_nn.engines.limits import Limits
from deap_nn.engines.outcome import EngineLost, Report
from deap_nn.engines.parcel import Parcel
from deap_nn.engines.sharing import default_workers, on_this_host

STILLBORN = 3  # consecutive children that could not start: the installation is broken, not the evaluation


class ProcessesBackend:
    """A pool of `workers` children, started when first needed and replaced when they die or wear out."""

    patience: float | None = None  # A child is watched from here: its end is always reported

    def __init__(self, workers: int | None, limits: Limits) -> None:
        gpus = find_gpus()
        self.capacity = workers or default_workers(limits, gpus)
        self._limits = on_this_host(limits, self.capacity, gpus)
        devices = describe_devices(gpus, limits.threads, self._limits.workers_per_gpu or 1)
        self.description = f"processes: {self.capacity} worker{'s' * (self.capacity > 1)} on this host, {devices}"
        self._idle: list[int] = list(range(self.capacity))
        self._children: dict[int, Child] = {}
        self._busy: dict[int, tuple[int, Child]] = {}
        self._stillborn = 0

    def start(self, key: int, parcel: Parcel, alone: bool = False) -> None:
        """Give the call to an idle child, or to a new one."""
        if alone:
            self.rest()
        # Lowest first: a few tasks on many workers start no more children than they need
        rank = min(self._idle, key=lambda rank: (rank not in self._children, rank))
        child = self._children.get(rank)
        limits = self._limits.alone() if alone else self._limits
        if child is not None and (child.limits != limits or not child.alive):
            self._children.pop(rank).kill()  # If it died while idle, no task was affected
            child = None
        child = child or Child(limits, rank)
        self._idle.remove(rank)
        self._children[rank] = child
        self._busy[key] = (rank, child)
        child.begin(parcel)

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """Collect reports; the first one to arrive ends the wait."""
        reports = self._check()
        if reports:
            return reports
        if self._busy:
            wait_for([child for _, child in self._busy.values()], timeout)
        else:
            time.sleep(timeout)
        return self._check()

    def drop(self, key: int) -> None:
        """End the child that runs the attempt."""
        if key in self._busy:
            rank, child = self._busy.pop(key)
            self._release(rank, child, keep=False)

    def abandon(self, key: int) -> None:
        """Do nothing: without `patience`, this is never called."""

    def rest(self) -> None:
        """End the idle children."""
        for rank in [rank for rank in self._idle if rank in self._children]:
            self._children.pop(rank).kill()

    def close(self) -> None:
        """End all children."""
        for child in self._children.values():
            child.kill()
        self._children.clear()
        self._busy.clear()

    def _check(self) -> list[tuple[int, Report]]:
        reports = []
        for key, (rank, child) in list(self._busy.items()):
            report = child.check()
            if report is None:
                continue
            del self._busy[key]
            self._release(rank, child, keep=report.kind in ("ok", "error") and not child.worn_out)
            self._count_stillborn(child, report)
            reports.append((key, report))
        return reports

    def _release(self, rank: int, child: Child, keep: bool) -> None:
        self._idle.append(rank)
        if not keep:
            child.kill()
            del self._children[rank]

    def _count_stillborn(self, child: Child, report: Report) -> None:
        self._stillborn = 0 if child.started else self._stillborn + 1
        if self._stillborn >= STILLBORN:
            raise EngineLost(f"no child process can be started on this host: {report.reason}")
