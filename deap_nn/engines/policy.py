"""The policy, shared by all back ends: order, deadlines, retries, and what follows from the end of an attempt.

A back end starts attempts and reports how they ended; everything else is decided here.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from deap_nn.engines.backend import Backend
from deap_nn.engines.outcome import EngineLost, Outcome, Report
from deap_nn.engines.parcel import pack
from deap_nn.engines.task import Task

SHORTEST_WAIT, LONGEST_WAIT = 0.0005, 0.02  # seconds between two polls of a back end
SILENT_ROUNDS = 2  # rounds of attempts without a single answer: no worker is left


class Engine:
    """A context manager that runs functions elsewhere and reports how each ended.

    Leaving it ends whatever is still running. Tasks start in the order of submission, each as soon as a
    worker is free. One that ran out of memory where others may have used it up starts once more when those that were
    waiting have started and no other runs, and the next ones start when it has ended.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._tickets, self._keys = itertools.count(), itertools.count()
        self._waiting: deque[Task] = deque()
        self._running: dict[int, Task] = {}
        self._done: deque[tuple[int, Outcome]] = deque()
        self._silent = 0
        self._several = False  # whether there ever was more than one worker
        self._wait = SHORTEST_WAIT
        self._closed = False

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def capacity(self) -> int:
        """The number of tasks that are evaluated at the same time."""
        return self._backend.capacity

    @property
    def description(self) -> str:
        """One line that says where tasks are evaluated, with how many threads and GPUs."""
        return self._backend.description

    @property
    def pending(self) -> int:
        """The number of tasks without an outcome, or with one that has not been fetched."""
        return len(self._waiting) + len(self._running) + len(self._done)

    def submit(self, fn: Callable[..., Any], *args: Any) -> int:
        """Queue `fn(*args)`; it starts at once if a worker is free.

        Args:
            fn: A function that a worker can import by name, or a functools.partial of one.
            *args: Its arguments, picklable.

        Returns:
            The ticket under which `as_completed` yields the outcome.

        Raises:
            InputError: If the function or its arguments cannot be sent.
        """
        if self._closed:
            raise RuntimeError("this engine is closed; make a new one")
        task = Task(next(self._tickets), pack(fn, args))
        self._waiting.append(task)
        self._start_waiting()
        return task.ticket

    def as_completed(self, until: float | None = None) -> Iterator[tuple[int, Outcome]]:
        """Yield tickets and outcomes as tasks end; more may be submitted meanwhile.

        Args:
            until: The value of time.monotonic() at which to stop waiting; running tasks go on, and a
                later call yields them.

        Raises:
            EngineLost: If no worker answers any more.
        """
        while self.pending:
            if self._done:
                yield self._done.popleft()
                continue
            if until is not None and time.monotonic() >= until:
                return
            self._collect(until)

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any]) -> list[Outcome]:
        """Return the outcomes of `fn` on each item, in the items' order; other tasks are left alone."""
        tickets = [self.submit(fn, *items) for items in zip(*iterables)]  # noqa: B905 - as the built-in map
        missing, found = set(tickets), dict[int, Outcome]()
        others: list[tuple[int, Outcome]] = []
        try:
            while missing:
                if not self._done:
                    self._collect(None)
                    continue
                ticket, outcome = self._done.popleft()
                if ticket in missing:
                    missing.remove(ticket)
                    found[ticket] = outcome
                else:
                    others.append((ticket, outcome))
        finally:
            self._done.extendleft(reversed(others))
        return [found[ticket] for ticket in tickets]

    def clear(self) -> None:
        """Abandon all tasks, waiting or running, and discard unfetched outcomes; the engine is free for others."""
        self._waiting.clear()
        for key in self._running:
            self._backend.drop(key)
        self._running.clear()
        self._done.clear()

    def rest(self) -> None:
        """End idle child processes on this host, which may keep memory of its GPUs; new tasks start others."""
        self._backend.rest()

    def close(self) -> None:
        """End all workers of this engine, whatever they are doing. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._waiting.clear()
        self._running.clear()
        self._backend.close()

    def _start_waiting(self) -> None:
        while self._waiting and self._has_room_for(self._waiting[0]):
            task = self._waiting.popleft()
            key = next(self._keys)
            # Others fill the memory while they run and, in children that are kept for the next attempts, afterwards
            self._several = self._several or self._backend.capacity > 1
            task.begin(crowded=key > 0 and self._several and not task.alone)
            for other in self._running.values():
                other.crowded = True
            self._running[key] = task
            self._backend.start(key, task.parcel, task.alone)

    def _has_room_for(self, task: Task) -> bool:
        if task.alone or any(other.alone for other in self._running.values()):
            return not self._running and self._backend.capacity > 0
        return len(self._running) < self._backend.capacity

    def _collect(self, until: float | None) -> None:
        """Wait a moment for reports, hand free workers their next tasks, then settle what came."""
        if self._closed:
            raise RuntimeError("this engine was closed while tasks were waiting")
        wait = self._wait if until is None else min(self._wait, max(0.0, until - time.monotonic()))
        reports = self._backend.poll(wait)
        self._wait = SHORTEST_WAIT if reports else min(2 * self._wait, LONGEST_WAIT)
        if reports:
            self._silent = 0
        ended = [(self._running.pop(key), report) for key, report in reports if key in self._running]
        ended += self._overdue()
        settled = [(task, report) for task, report in ended if not self._again(task, report)]
        self._start_waiting()
        self._done.extend((task.ticket, task.outcome(report)) for task, report in settled)

    def _again(self, task: Task, report: Report) -> bool:
        """Put a task that gets another attempt back in the queue: at the front, unless all have to wait for it."""
        again = task.again(report)
        if again and report.kind == "crowded":
            self._waiting.append(task)
        elif again:
            self._waiting.appendleft(task)
        return again

    def _overdue(self) -> list[tuple[Task, Report]]:
        """Abandon and report attempts that have been silent for too long: their worker or its host is gone."""
        patience = self._backend.patience
        if patience is None:
            return []
        now = time.monotonic()
        overdue = [key for key, task in self._running.items() if now - task.began > patience]
        for key in overdue:
            self._backend.abandon(key)
        self._silent += len(overdue)
        if self._silent > SILENT_ROUNDS * max(1, self.capacity):
            raise EngineLost(f"no worker has answered for {SILENT_ROUNDS} rounds of {patience:g} s")
        reason = f"no answer within {patience:g} s: the worker or its host is gone"
        return [(self._running.pop(key), Report("lost", reason=reason, seconds=patience)) for key in overdue]
