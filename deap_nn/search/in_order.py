"""Evaluations whose results are journalled, told and returned in the order in which they were asked for.

For loops without generations. Which evaluation ends first depends on the number of workers; nothing that is seen from
here does. A result that arrives ahead of its turn waits, on disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from deap_nn.engines import Engine
from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.random_stream import protected
from deap_nn.runs import Ahead, Children
from deap_nn.search.outcomes import A_HOOK_ASKED, StopRun
from deap_nn.search.results import Results


class InOrder(Results):
    """Evaluations in order; a hook that stops the run is heard before the next result is returned.

    Args:
        engine: Where the evaluations run.
        children: The file of chosen genomes, which is on disk no later than their results.
        ahead: The file of results that wait for their turn.
        **options: As for `Results`.
    """

    def __init__(
        self, engine: Engine, *, children: Children | None = None, ahead: Ahead | None = None, **options: Any
    ) -> None:
        super().__init__(engine, **options)
        self._children, self._ahead = children, ahead
        self._asked: deque[int] = deque()  # tickets, in order
        self._turns: dict[Key, None] = {}  # what is not in the journal yet, in order
        self._arrived: dict[Key, tuple[Individual, FitnessValues]] = {}
        self._results: dict[int, tuple[int, FitnessValues, bool]] = {}  # by ticket: place, values, whether to count
        self._new: dict[int, tuple[Key, Individual]] = {}  # of those, what this session has found out
        self._stops = False  # as soon as what has been returned is dealt with

    def submit(self, *arguments: Any, **options: Any) -> int:
        """Request an evaluation, as `Results.submit` does."""
        ticket = super().submit(*arguments, **options)
        self._asked.append(ticket)
        return ticket

    def next(self) -> tuple[int, FitnessValues]:
        """Return the ticket and fitness values of the evaluation that was asked for first.

        Raises:
            BrokenProgram: If its function raised.
            StopRun: If a hook asked for it, or the time is over.
            LookupError: If no evaluation is under way.
        """
        if not self._asked:
            raise LookupError("no evaluation is under way: submit one first")
        if self._stops:
            raise StopRun(A_HOOK_ASKED)
        ticket = self._asked[0]
        with protected():
            while ticket not in self._results:
                self._wait()
            self._asked.popleft()
            _, values, counts = self._results.pop(ticket)
            if counts:
                self.counts["cached" if values.record.from_cache else values.status] += 1
            if ticket in self._new:
                self._publish(*self._new.pop(ticket), values)
        return ticket, values

    def map(self, function: Callable[..., Any], individuals: Iterable[Individual]) -> list[FitnessValues]:
        """Return the fitness values of individuals, in their order; nothing else may be under way."""
        tickets = [self.submit(function, individual) for individual in individuals]
        return [self.next()[1] for _ in tickets]

    def abandon(self, *, for_good: bool) -> None:
        """Let go of everything that was asked for and not returned.

        Args:
            for_good: Whether what this session has found out about it is dropped, too, as if it had not been asked for.
        """
        if for_good:
            self._journal.cut(min((self._results[ticket][0] for ticket in self._new), default=None))
            for key, _ in self._new.values():
                self._known.pop(key.digest, None)
            if self._ahead is not None:
                self._ahead.clear()
        for known in (self._asked, self._turns, self._arrived, self._results, self._new, self._waiting):
            known.clear()
        self._stops = False

    def _publish(self, key: Key, individual: Individual, values: FitnessValues) -> None:
        if self._cache is not None:
            self._cache.put(key, values)
        self._stops |= self._tell([(individual, values)])

    def _start(self, function: Callable[..., Any], key: Key, *arguments: Any) -> None:
        self._turns[key] = None
        super()._start(function, key, *arguments)

    def _shared(self, key: Key) -> FitnessValues | None:
        waiting = None if self._ahead is None else self._ahead.take(key)
        return super()._shared(key) if waiting is None else waiting

    def _write(self, key: Key, individual: Individual, values: FitnessValues) -> None:
        """Write what has arrived to the journal, if its turn has come, and all that follow it."""
        self._turns.setdefault(key)  # of a cache
        self._arrived[key] = individual, values
        if self._ahead is not None and key != next(iter(self._turns)):
            self._ahead.put(individual, values)
        while self._turns and (first := next(iter(self._turns))) in self._arrived:
            del self._turns[first]
            super()._write(first, *self._arrived.pop(first))

    def _commit(self) -> None:
        if self._group and self._children is not None:
            self._children.sync()
        self._journal.sync()
        if self._ahead is not None:
            self._ahead.sync()
        group, self._group = self._group, []
        for place, key, individual, values in group:
            tickets = self._waiting.pop(key)
            self._new[tickets[0]] = key, individual
            self._learn(place, tickets, key, values)
        if group and self._ahead is not None:
            self._ahead.keep(list(self._arrived.values()))

    def _learn(self, place: int, tickets: Iterable[int], key: Key, values: FitnessValues) -> None:
        self._known[key.digest] = place
        if self._ahead is not None:
            self._ahead.drop(key, values)  # a death may have come between writing here and clearing there
        for number, ticket in enumerate(tickets):
            self._results[ticket] = place, values, number == 0

    def _remember(self, place: int, ticket: int, key: Key) -> None:
        self._results[ticket] = place, self._journal.values(place), False  # it is counted already
