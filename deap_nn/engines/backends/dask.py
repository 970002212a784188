"""The Dask back end: a cluster on this host, or any scheduler by its address. Needs deap_nn[dask]."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing.resource_tracker
import queue
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deap_nn.engines.cluster.roster import open_roster
from deap_nn.engines.cluster.worker import Job, attempt, end_attempt, end_run
from deap_nn.engines.devices import describe_devices, find_gpus, workers_to_a_gpu
from deap_nn.engines.limits import Limits
from deap_nn.engines.outcome import EngineLost, Report, one_line
from deap_nn.engines.parcel import Parcel
from deap_nn.engines.sharing import default_workers, on_this_host
from deap_nn.errors import InputError
from deap_nn.host import host_name
from deap_nn.random_stream import keep_off

GRACE = 20.0  # seconds beyond the time limit that a worker may stay silent
LOOK_AROUND = 1.0  # seconds between two checks of the cluster
SCHEDULER_PATIENCE = 10.0  # seconds that the scheduler may be unreachable
JOIN_PATIENCE = 60.0  # seconds that the first worker may take to join
FAREWELL = 2.0  # seconds allowed for telling remote workers that the run is over

# The engine retries a task that kills its worker; a worker that is busy in C code is not dead.
_SETTINGS = {"distributed.scheduler.allowed-failures": 0, "distributed.scheduler.worker-ttl": None}

# What a paused training goes on from may be large, and has to be sent; Dask would warn of it.
_LARGE_TASKS = {"distributed.admin.large-graph-warning-threshold": "1PB"}


class DaskBackend:
    """Attempts as Dask tasks, at most one per thread of the cluster's workers."""

    def __init__(self, workers: int | None, limits: Limits, address: str | None) -> None:
        distributed = _import_distributed()
        gpus = find_gpus()
        size = 0 if address else workers or default_workers(limits, gpus)
        if size:
            limits = on_this_host(limits, size, gpus)
        self.patience: float | None = limits.time_limit + GRACE
        self._limits = limits
        self._most = workers
        self._cluster = _local_cluster(distributed, size) if size else None
        self._client = distributed.Client(address or self._cluster, set_as_default=False)
        self._arrivals: queue.SimpleQueue[tuple[str, Report]] = queue.SimpleQueue()
        self._running: dict[str, tuple[int, Any]] = {}
        self._dropped: set[int] = set()
        self._run = uuid.uuid4().hex[:16]
        self._roster = open_roster(self._run)
        self._threads = self._wait_for_workers()
        self._seen = time.monotonic()
        self._next_look = self._seen + LOOK_AROUND
        where = f"the scheduler at {address}" if address else "this host"
        sharing = workers_to_a_gpu(limits.workers_per_gpu, gpus, limits.threads)
        devices = describe_devices(gpus, limits.threads, sharing)
        self.description = f"dask: {self.capacity} evaluate at once on {where}; {devices} (on this host)"

    @property
    def capacity(self) -> int:
        """The number of worker threads, as last seen, less those that dropped attempts still hold."""
        threads = max(1, self._threads)
        return (threads if self._most is None else min(self._most, threads)) - len(self._dropped)

    def start(self, key: int, parcel: Parcel, alone: bool = False) -> None:
        """Submit an attempt."""
        assert self.patience is not None
        job = Job(self._run, host_name(), key, parcel, self._limits, time.monotonic() + self.patience, alone)
        with _config(_LARGE_TASKS):
            future = self._client.submit(attempt, job, key=f"deap_nn-{self._run}-{key}", pure=False, retries=0)
        self._running[future.key] = (key, future)
        future.add_done_callback(self._arrived)

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """Collect reports and check the cluster."""
        reports = self._collect(timeout)
        if time.monotonic() >= self._next_look:
            self._look_around()
        return reports

    def drop(self, key: int) -> None:
        """End an attempt where it runs; its worker is free once it has reported."""
        if not self._roster.claim(key):
            self._roster.forget(key)
        self._dropped.add(key)
        if self._cluster is None:
            self._tell_workers(end_attempt, self._run, key)

    def abandon(self, key: int) -> None:
        """Forget a silent attempt."""
        self._roster.claim(key)
        for name in [name for name, (its_key, _) in self._running.items() if its_key == key]:
            self._running.pop(name)[1].cancel()

    def rest(self) -> None:
        """End the children on this host if no attempt runs."""
        if not self._running:
            self._roster.end_children()

    def close(self) -> None:
        """End the children here and elsewhere, and the cluster if this back end started it."""
        self._roster.close()
        self._running.clear()
        if self._cluster is None:  # The workers stay; their children of this run must not
            self._tell_workers(end_run, self._run).join(FAREWELL)
        self._client.close(timeout=FAREWELL)
        if self._cluster is not None:
            self._cluster.close(timeout=FAREWELL)

    def _tell_workers(self, function: Callable[..., None], *arguments: Any) -> threading.Thread:
        """Have every worker process call a function, without waiting for those out of reach."""

        def tell() -> None:
            if self._client.status == "running":
                self._client.run(function, *arguments, on_error="ignore")

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        return thread

    def _arrived(self, future: Any) -> None:
        """Fetch a result; Dask calls this in one of its own threads."""
        try:
            report = Report(*future.result())
        except Exception as error:
            report = Report("lost", reason=one_line(f"its Dask worker has died: {error!r}"))
        self._arrivals.put((future.key, report))

    def _collect(self, timeout: float) -> list[tuple[int, Report]]:
        reports = []
        with contextlib.suppress(queue.Empty):
            name, report = self._arrivals.get(timeout=timeout)
            while True:
                if name in self._running:
                    key, _ = self._running.pop(name)
                    self._roster.forget(key)
                    self._dropped.discard(key)
                    reports.append((key, report))
                name, report = self._arrivals.get_nowait()
        return reports

    def _look_around(self) -> None:
        now = time.monotonic()
        self._next_look = now + LOOK_AROUND
        if self._client.status == "running":
            self._threads = len_threads(self._client.scheduler_info(n_workers=-1))
            self._seen = now
        elif now - self._seen > SCHEDULER_PATIENCE:
            raise EngineLost(f"the Dask scheduler has not been reachable for {SCHEDULER_PATIENCE:g} s")

    def _wait_for_workers(self) -> int:
        try:
            self._client.wait_for_workers(1, timeout=JOIN_PATIENCE)
        except TimeoutError as error:
            raise EngineLost(f"no worker has joined the Dask scheduler within {JOIN_PATIENCE:g} s") from error
        return len_threads(self._client.scheduler_info(n_workers=-1))


def len_threads(info: dict[str, Any]) -> int:
    """Count the threads of all workers in a scheduler's description."""
    return sum(worker["nthreads"] for worker in info["workers"].values())


def _import_distributed() -> Any:
    try:
        import cryptography  # noqa: F401 - Dask makes the keys of local clusters with it
        import distributed
    except ImportError as error:
        raise InputError(
            "received engine 'dask', but Dask, or cryptography, is not installed; run pip install 'deap_nn[dask]', "
            "or choose the engine 'processes'"
        ) from error
    # Threads of theirs choose where to fetch from and how long to wait
    keep_off("dask", "distributed", "tornado")
    return distributed


@contextlib.contextmanager
def _out_of_reach_of_ctrl_c() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: the terminal sends it to all, and only the origin knows how to end.

    It is not lost meanwhile, but waits until they have started.
    """
    multiprocessing.resource_tracker.ensure_running()  # it would lift the block when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _config(settings: Mapping[str, Any]) -> Any:
    """Return a context with other settings of Dask."""
    import dask

    return dask.config.set(settings)


def _local_cluster(distributed: Any, workers: int) -> Any:
    """Start a cluster on this host that only holders of its key can reach, whoever else uses the host."""
    with _config(_SETTINGS), _out_of_reach_of_ctrl_c():
        return distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tls://",
            security=True,  # by a key for this cluster alone
            dashboard_address="127.0.0.1:0",  # any free port
            memory_limit=0,  # The children are watched, not the workers
            silence_logs=logging.CRITICAL,
        )
