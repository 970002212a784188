"""Simulated workers, which take as long for a network as its training took when the table was made."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable

from tables.fcnet import Oracle

from deap_nn import Individual
from deap_nn.evolution import FitnessValues


class Clock:
    """Evaluations on a number of workers; time passes only while one waits for a result.

    Args:
        oracle: What the evaluations look up.
        workers: How many run at the same time; the others wait, and begin in the order of `submit`.
    """

    def __init__(self, oracle: Oracle, workers: int) -> None:
        self._oracle, self._workers = oracle, workers
        self._now = 0.0
        self._waiting: deque[tuple[int, int]] = deque()  # tickets and places in the table
        self._running: list[tuple[float, int, int]] = []  # a heap: when it ends, ticket, place
        self._values: dict[int, FitnessValues] = {}
        self._periods: list[tuple[float, float]] = []  # of each training, when it began and ended
        self.finished: list[tuple[float, int]] = []
        """When each training ended, and its place in the table, in this order."""

    def submit(self, function: Callable[[Individual], FitnessValues], individual: Individual) -> int:
        """Have a network trained; return its ticket."""
        ticket = len(self._values)
        self._values[ticket] = function(individual)
        self._waiting.append((ticket, self._oracle.place(individual)))
        self._begin()
        return ticket

    def next(self) -> tuple[int, FitnessValues]:
        """Return the ticket and the fitness of the training that ends first."""
        self._now, ticket, place = heapq.heappop(self._running)
        self.finished.append((self._now, place))
        self._begin()
        return ticket, self._values[ticket]

    def map(
        self, function: Callable[[Individual], FitnessValues], individuals: Iterable[Individual]
    ) -> list[FitnessValues]:
        """Return the fitness of each, once all are trained; those known before take no time."""
        values = [self._asked(function, individual) for individual in individuals]
        while self._running:
            self.next()
        return values

    @property
    def is_idle(self) -> bool:
        """Whether a worker has nothing to do."""
        return len(self._running) < self._workers

    @property
    def last_begun(self) -> float:
        """When the last training began."""
        return self._periods[-1][0]

    def busy(self, until: float) -> float:
        """Return the share of their time in which workers trained, up to some time, or to when the last one began."""
        end = min(until, self.last_begun)
        return sum(min(ended, end) - began for began, ended in self._periods if began < end) / (self._workers * end)

    def _asked(self, function: Callable[[Individual], FitnessValues], individual: Individual) -> FitnessValues:
        if self._oracle.knows(self._oracle.place(individual)):
            return function(individual)
        return self._values[self.submit(function, individual)]

    def _begin(self) -> None:
        while self._waiting and self.is_idle:
            ticket, place = self._waiting.popleft()
            ends = self._now + self._oracle.seconds(place)
            self._periods.append((self._now, ends))
            heapq.heappush(self._running, (ends, ticket, place))
