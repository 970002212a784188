"""What stands between a loop and an engine: what is asked for, what is known, what is under way; each key once.

Nothing is trained twice: evaluations with the same key share a result, whether concurrent or not, and results that a
journal already holds are taken from there. Results that arrive while the disk would be writing one are written to the
journal as a group. Cache, hooks and loop get to know them when the group is on disk.
"""

from __future__ import annotations

import itertools
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from deap_nn.engines import Engine, Outcome
from deap_nn.evolution import Criterion, FitnessValues, Individual, Key
from deap_nn.pruning import NoPruning, Pruner, Rule, Thresholds
from deap_nn.random_stream import protected
from deap_nn.runs import Cache, Journal, Paused
from deap_nn.search.outcomes import TIME_IS_OVER, StopRun, completed, fitness_of

LONGEST_GROUP = 0.5
"""Seconds after which a group is written to disk, however slow the disk is."""

OnEvaluation = Callable[[Individual, FitnessValues], object]


class _Arrival(NamedTuple):
    """A result in the journal, perhaps not on disk yet."""

    place: int
    key: Key
    individual: Individual
    values: FitnessValues


class Results(ABC):
    """Evaluations on an engine; in which order their results are returned is decided by the classes below.

    Args:
        engine: Where the evaluations run.
        journal: Where results are written to. Those that it has from an earlier part of the run are each used in place
            of an evaluation and counted as one.
        on_evaluation: Hooks called with each evaluation once it is on disk; one that returns True stops the run.
        cache: The results shared with other runs, read and added to.
        pruner: Decides which evaluations of a batch end early.
        worst: The fitness of an individual that could not be measured, its first value if there are several.
        criteria: The objectives besides the first.
        until: The value of `time.monotonic()` after which `next` raises `StopRun`.
        until_first: The same as long as there is no result yet, if it is later: one is better than none.
        paused: Where paused trainings leave what they go on from; None if the pruner has none pause.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        journal: Journal | None = None,
        on_evaluation: Iterable[OnEvaluation] = (),
        cache: Cache | None = None,
        pruner: Pruner | None = None,
        worst: float = 0.0,
        criteria: Sequence[Criterion] = (),
        until: float | None = None,
        until_first: float | None = None,
        paused: Paused | None = None,
    ) -> None:
        self._engine, self._until_first = engine, until_first
        self._hooks, self._may_stop = tuple(on_evaluation), True
        self._cache, self._worst, self._until = cache, worst, until
        self._criteria = tuple(criteria)
        self._paused = paused
        self._pruner = pruner or NoPruning()
        self._journal = Journal() if journal is None else journal
        self._tickets = itertools.count()
        self._known: dict[bytes, int] = {}  # places in the journal by digest of the key: little, as there may be many
        self._in_full: set[bytes] = set()  # digests of keys that the pruner's rule does not hold for
        self._waiting: dict[Key, list[int]] = {}  # tickets that wait for a result
        self._under_way: dict[int, tuple[Key, Individual]] = {}  # by engine ticket
        self._group: list[_Arrival] = []  # not on disk yet
        self.counts: Counter[str] = Counter()
        """Evaluations since this was last cleared: `cached` (no training was needed) or by status."""

    def submit(
        self,
        function: Callable[..., Any],
        individual: Individual,
        repetition: int = 0,
        budget: float | None = None,
        *,
        prune: bool = True,
    ) -> int:
        """Request the evaluation of an individual; `next` returns the result.

        Args:
            function: `individual -> fitness values`; sent to the engine. Further keyword arguments are `rule`, if the
                pruner has one, `repetition` and `budget`, unless they are 0 and 1.0, and `paused`, from which it goes
                on, if it may be a part of a training.
            individual: The individual to evaluate.
            repetition: The number of the evaluation among several of its genome, 0 or more.
            budget: The share of a full training, above 0, or how many times its epochs, above 1; None: what the pruner
                says, if it may.
            prune: Whether the pruner may end it early.

        Returns:
            The ticket under which `next` returns the result.

        Raises:
            StopRun: If the result came from the cache and a hook asked to stop.
        """
        if budget is None:
            budget = self._pruner.budget(individual) if prune else 1.0
        key = Key.of(individual, repetition, budget)
        with protected():
            ticket = next(self._tickets)
            if not self._recall(ticket, key, individual):
                self._start(function, key, individual, self._pruner.rule if prune else None)
            self._commit()
        return ticket

    def forget(self, individual: Individual) -> None:
        """Have an individual evaluated anew when it is asked for again, and to its end, whatever its result was."""
        digest = Key.of(individual).digest
        self._known.pop(digest, None)
        self._in_full.add(digest)

    def let_go(self, individual: Individual) -> None:
        """Note that an individual's training is over, or will not go on."""
        if self._paused is not None:
            self._paused.drop(Key.of(individual))

    def end_at(self, until: float | None) -> None:
        """Change the value of `time.monotonic()` at which the time is over; None: never."""
        self._until = until

    def stop_no_more(self) -> None:
        """Let neither the clock nor a hook stop what comes from now on; hooks are told of it all the same."""
        self._until, self._may_stop = None, False

    @abstractmethod
    def next(self) -> tuple[int, FitnessValues]:
        """Return the ticket and fitness values of the next evaluation, waiting for it."""

    @abstractmethod
    def map(self, function: Callable[..., Any], individuals: Iterable[Individual]) -> list[FitnessValues]:
        """Return the fitness values of individuals, in their order."""

    @abstractmethod
    def _commit(self) -> None:
        """Have the group on disk, and then make it known."""

    @abstractmethod
    def _learn(self, place: int, tickets: Iterable[int], key: Key, values: FitnessValues) -> None:
        """Note a result of this session, or of the journal, which is to be returned under these tickets."""

    @abstractmethod
    def _remember(self, place: int, ticket: int, key: Key) -> None:
        """Note that a result that was returned before is to be returned once more, under this ticket."""

    def _tell(self, results: Iterable[tuple[Individual, FitnessValues]]) -> bool:
        """Tell the hooks of evaluations; return whether one of them is to stop the run."""
        replies = [hook(individual, values) for individual, values in results for hook in self._hooks]
        return self._may_stop and True in replies

    def _recall(self, ticket: int, key: Key, individual: Individual) -> bool:
        """Use a result that is known, pending, in the journal or in the cache; return False if the engine is needed."""
        if key in self._waiting:
            self._waiting[key].append(ticket)
            self.counts["cached"] += 1
        elif (place := self._known.get(key.digest)) is not None:
            self._remember(place, ticket, key)
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
        if shared is not None and key.digest not in self._in_full:
            shared = self._pruner.judge(shared)
        return None if shared is None else self._completed(shared)

    def _start(self, function: Callable[..., Any], key: Key, individual: Individual, rule: Rule | None) -> None:
        if rule is not None and key.digest in self._in_full:
            rule = Thresholds()
        options: dict[str, Any] = {} if rule is None else {"rule": rule}
        if key.repetition or key.budget != 1.0:
            options |= {"repetition": key.repetition, "budget": key.budget}
        if rule is not None and self._paused is not None:
            options["paused"] = self._paused.get(key)
        ticket = self._engine.submit(partial(function, **options) if options else function, individual)
        self._under_way[ticket] = key, individual

    def _wait(self) -> None:
        """Wait for the engine's next answer; what else arrives until it could be on disk makes a group with it."""
        if not self._under_way:
            raise LookupError("no evaluation is under way: submit one first")
        began = time.monotonic()
        try:
            if not self._arrive(self._end, most=1):
                raise StopRun(TIME_IS_OVER)
            self._arrive(began + min(self._journal.pace, LONGEST_GROUP))
        finally:
            self._commit()

    @property
    def _end(self) -> float | None:
        if self._until is None or self._until_first is None or self._known:
            return self._until
        return max(self._until, self._until_first)

    def _arrive(self, until: float | None, most: int | None = None) -> int:
        """Write what the engine answers until then, or at most so many answers, to the journal; return how many."""
        count = 0
        for ticket, outcome in self._engine.as_completed(until):
            key, individual = self._under_way.pop(ticket)
            self._keep_paused(key, outcome)
            self._write(key, individual, _of_key(key, self._completed(fitness_of(outcome, self._worst))))
            count += 1
            if count == most:
                break
        return count

    def _keep_paused(self, key: Key, outcome: Outcome) -> None:
        """Keep what a paused training goes on from, before the journal says that it has paused."""
        if self._paused is not None and (state := getattr(outcome.value, "paused", b"")):
            self._paused.put(key, state)

    def _completed(self, values: FitnessValues) -> FitnessValues:
        return completed(values, self._criteria, self._worst)

    def _write(self, key: Key, individual: Individual, values: FitnessValues) -> None:
        self._group.append(_Arrival(self._journal.append(individual, values), key, individual, values))


def _of_key(key: Key, values: FitnessValues) -> FitnessValues:
    """Return the values, with repetition and budget in the record unless it is the first full evaluation."""
    if not key.repetition and key.budget == 1.0:
        return values
    return FitnessValues(values, replace(values.record, repetition=key.repetition, budget=key.budget))
