"""The layer between loop and engine: it reuses known results and has the engine run the other evaluations.

`Evaluations.map` serves as `toolbox.map`; `submit` and `next` are for loops without generations. Nothing is trained
twice: evaluations with the same key share a result, whether concurrent or not, and results that a journal already
holds are taken from there, in the order in which they first arrived.

Results that arrive while the disk would be writing one are written to the journal as a group. Cache, hooks and loop get
to know them when the group is on disk.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from deap_nn.engines import Engine
from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.pruning import NoPruning, Pruner, Rule
from deap_nn.random_stream import protected
from deap_nn.runs import Cache, Journal
from deap_nn.search.outcomes import TIME_IS_OVER, BrokenProgram, StopRun, fitness_of
from deap_nn.status import Status

LONGEST_GROUP = 0.5
"""Seconds after which a group is written to disk, however slow the disk is."""

OnEvaluation = Callable[[Individual, FitnessValues], object]


class _Arrival(NamedTuple):
    """A result in the journal, perhaps not on disk yet."""

    place: int
    key: Key
    individual: Individual
    values: FitnessValues


class Evaluations:
    """Evaluations of individuals on an engine, each key once.

    Args:
        engine: Where the evaluations run.
        journal: Where results are written to. Those that it has from an earlier part of the run are each used in place
            of an evaluation and counted as one.
        on_evaluation: Hooks called with each evaluation once it is on disk; one that returns True stops the run.
        cost: The expected cost of an evaluation, in any unit; in a batch, the most expensive start first, so that no
            long one starts when the others end.
        cache: The results shared with other runs, read and added to.
        pruner: Decides which evaluations of a batch end early.
        worst: The fitness of an individual that could not be measured.
        until: The value of `time.monotonic()` after which `next` and `map` raise `StopRun`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        journal: Journal | None = None,
        on_evaluation: Iterable[OnEvaluation] = (),
        cost: Callable[[Individual], float] | None = None,
        cache: Cache | None = None,
        pruner: Pruner | None = None,
        worst: float = 0.0,
        until: float | None = None,
    ) -> None:
        self._engine = engine
        self._hooks = tuple(on_evaluation)
        self._cost, self._cache, self._worst, self._until = cost, cache, worst, until
        self._pruner = pruner or NoPruning()
        self._journal = Journal() if journal is None else journal
        self._tickets = itertools.count()
        self._known: dict[bytes, int] = {}  # places in the journal by digest of the key: little, as there may be many
        self._waiting: dict[Key, list[int]] = {}  # tickets that wait for a result
        self._under_way: dict[int, tuple[Key, Individual]] = {}  # by engine ticket
        self._group: list[_Arrival] = []  # not on disk yet
        self._ready: list[tuple[int, int, Key, FitnessValues]] = []  # a heap of results not yet returned, by place
        self._places: dict[Key, int] = {}  # the same places, by key
        self.counts: Counter[str] = Counter()
        """Evaluations since this was last cleared: `cached` (no training was needed) or by status."""
        self.new: list[bool] = []
        """Of each individual of the last `map`, whether the search had not asked for it before."""

    def submit(
        self,
        function: Callable[..., Any],
        individual: Individual,
        repetition: int = 0,
        budget: float = 1.0,
        *,
        prune: bool = True,
    ) -> int:
        """Request the evaluation of an individual; `next` returns the result.

        Args:
            function: `individual -> fitness values`; sent to the engine. Further keyword arguments are `rule`, if the
                pruner has one, and `repetition` and `budget`, unless they are 0 and 1.0.
            individual: The individual to evaluate.
            repetition: The number of the evaluation among several of its genome, 0 or more.
            budget: The share of a full training, above 0 and up to 1.
            prune: Whether the pruner may end it early.

        Returns:
            The ticket under which `next` returns the result.

        Raises:
            StopRun: If the result came from the cache and a hook asked to stop.
        """
        key = Key.of(individual, repetition, budget)
        with protected():
            ticket = next(self._tickets)
            if not self._recall(ticket, key, individual):
                self._start(function, key, individual, self._pruner.rule if prune else None)
            self._commit()
        return ticket

    def end_at(self, until: float | None) -> None:
        """Change the value of `time.monotonic()` at which the time is over; None: never."""
        self._until = until

    def next(self) -> tuple[int, FitnessValues]:
        """Return the ticket and fitness values of the next submitted evaluation to end.

        Raises:
            BrokenProgram: If its function raised.
            StopRun: If a hook asked for it, or the time is over.
            LookupError: If no evaluation is under way.
        """
        with protected():
            _, ticket, _, values = self._take()
        return ticket, values

    def map(self, function: Callable[..., Any], individuals: Iterable[Individual]) -> list[FitnessValues]:
        """Return the fitness values of individuals, in their order.

        Args:
            function: `individual -> fitness values`; sent to the engine. If the pruner has a rule, it is passed as the
                keyword argument `rule`.
            individuals: The individuals to evaluate.

        Raises:
            BrokenProgram: If `function` raised, or if every evaluation that had to be run was lost.
            StopRun: If a hook asked for it, or the time is over.
        """
        everyone = list(individuals)
        self.new.clear()
        with protected():
            values = self._batch(function, everyone, self._pruner.rule)
            again = self._pruner.reprieve(values)
            for place in again:
                self._known.pop(Key.of(everyone[place]).digest, None)
            repeated = self._batch(function, [everyone[place] for place in again], None)
        del self.new[len(everyone) :]
        for place, one in zip(again, repeated, strict=True):
            values[place] = one
        return values

    def _batch(
        self, function: Callable[..., Any], individuals: Sequence[Individual], rule: Rule | None
    ) -> list[FitnessValues]:
        tickets, new = [], []
        for place, individual in enumerate(individuals):
            tickets.append(next(self._tickets))
            key = Key.of(individual)
            self.new.append(key not in self._waiting and key.digest not in self._known)
            if not self._recall(tickets[-1], key, individual):
                new.append((place, key, individual))
        if (cost := self._cost) is not None:
            new.sort(key=lambda one: cost(one[2]), reverse=True)
        for _, key, individual in new:
            self._start(function, key, individual, rule)
        self._commit()
        results = self._collect(tickets)
        lost = [results[place] for place, *_ in new if results[place].status is Status.LOST]
        if new and len(lost) == len(new):
            raise BrokenProgram(
                f"every evaluation of the generation was lost, the last one so: {lost[-1].record.reason}"
            )
        return results

    def _collect(self, tickets: Sequence[int]) -> list[FitnessValues]:
        """Wait for these tickets; results for other tickets are kept until they are asked for."""
        found: dict[int, FitnessValues] = {}
        others = []
        while len(found) < len(tickets):
            entry = self._take()
            if entry[1] in tickets:
                found[entry[1]] = entry[3]
            else:
                others.append(entry)
        for entry in others:
            heapq.heappush(self._ready, entry)
        return [found[ticket] for ticket in tickets]

    def _take(self) -> tuple[int, int, Key, FitnessValues]:
        """Take the next result, waiting if none is ready: its place in the journal, its ticket, its key, its values."""
        while not self._ready:
            self._wait()
        entry = heapq.heappop(self._ready)
        self._places.pop(entry[2], None)
        return entry

    def _recall(self, ticket: int, key: Key, individual: Individual) -> bool:
        """Use a result that is known, pending, in the journal or in the cache; return False if the engine is needed."""
        if key in self._waiting:
            self._waiting[key].append(ticket)
            self.counts["cached"] += 1
        elif (place := self._known.get(key.digest)) is not None:
            heapq.heappush(self._ready, (self._places.get(key, -1), ticket, key, self._journal.values(place)))
            self.counts["cached"] += 1
        elif (place := self._journal.take(key)) is not None:
            self._learn(place, [ticket], key, self._journal.values(place))
        else:
            self._waiting[key] = [ticket]
            if (shared := self._shared(key)) is None:
                return False
            self._write(key, individual, shared)
        return True

    def _shared(self, key: Key) -> FitnessValues | None:
        shared = None if self._cache is None else self._cache.get(key)
        return None if shared is None else self._pruner.judge(shared)

    def _start(self, function: Callable[..., Any], key: Key, individual: Individual, rule: Rule | None) -> None:
        options: dict[str, Any] = {} if rule is None else {"rule": rule}
        if key.repetition or key.budget != 1.0:
            options |= {"repetition": key.repetition, "budget": key.budget}
        ticket = self._engine.submit(partial(function, **options) if options else function, individual)
        self._under_way[ticket] = key, individual

    def _wait(self) -> None:
        """Wait for the engine's next answer; what else arrives until it could be on disk makes a group with it."""
        if not self._under_way:
            raise LookupError("no evaluation is under way: submit one first")
        began = time.monotonic()
        try:
            if not self._arrive(self._until, most=1):
                raise StopRun(TIME_IS_OVER)
            self._arrive(began + min(self._journal.pace, LONGEST_GROUP))
        finally:
            self._commit()

    def _arrive(self, until: float | None, most: int | None = None) -> int:
        """Write what the engine answers until then, or at most so many answers, to the journal; return how many."""
        count = 0
        for ticket, outcome in self._engine.as_completed(until):
            key, individual = self._under_way.pop(ticket)
            self._write(key, individual, _of_key(key, fitness_of(outcome, self._worst)))
            count += 1
            if count == most:
                break
        return count

    def _write(self, key: Key, individual: Individual, values: FitnessValues) -> None:
        self._group.append(_Arrival(self._journal.append(individual, values), key, individual, values))

    def _commit(self) -> None:
        """Have the group on disk, and then make it known."""
        self._journal.sync()
        group, self._group = self._group, []
        for place, key, _, values in group:
            self._learn(place, self._waiting.pop(key), key, values)
            if self._cache is not None:
                self._cache.put(key, values)
        replies = [hook(individual, values) for _, _, individual, values in group for hook in self._hooks]
        if True in replies:
            raise StopRun("a hook asked for it")

    def _learn(self, place: int, tickets: Iterable[int], key: Key, values: FitnessValues) -> None:
        self._known[key.digest] = place
        self._places[key] = place
        self.counts["cached" if values.record.from_cache else values.status] += 1
        for ticket in tickets:
            heapq.heappush(self._ready, (place, ticket, key, values))


def _of_key(key: Key, values: FitnessValues) -> FitnessValues:
    """Return the values, with repetition and budget in the record unless it is the first full evaluation."""
    if not key.repetition and key.budget == 1.0:
        return values
    return FitnessValues(values, replace(values.record, repetition=key.repetition, budget=key.budget))
