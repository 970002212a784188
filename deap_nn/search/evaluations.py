"""Evaluations whose results are returned as they end, and the `map` of the loops with generations.

`Evaluations.map` serves as `toolbox.map`; `submit` and `next` are for loops of your own. What a journal holds comes in
the order in which it first arrived.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from deap_nn.engines import Engine
from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.pruning import Rule
from deap_nn.random_stream import protected
from deap_nn.search.outcomes import A_HOOK_ASKED, BrokenProgram, Enough, StopRun
from deap_nn.search.results import Results
from deap_nn.status import Status


class Evaluations(Results):
    """Evaluations of individuals on an engine, each key once.

    Args:
        engine: Where the evaluations run.
        cost: The expected cost of an evaluation, in any unit; in a batch, the most expensive start first, so that no
            long one starts when the others end.
        most: How many individuals `map` evaluates, those of an earlier part of the run included; None: any number.
        **options: `journal`, `on_evaluation`, `cache`, `pruner`, `worst`, `criteria` and `until`, as for
            `deap_nn.search.results.Results`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        cost: Callable[[Individual], float] | None = None,
        most: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(engine, **options)
        self._cost, self._most = cost, most
        self._ready: list[tuple[int, int, Key, FitnessValues]] = []  # a heap of results not yet returned, by place
        self._places: dict[Key, int] = {}  # the same places, by key
        self.new: list[bool] = []
        """Of each individual of the last `map`, whether the search had not asked for it before."""

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
            Enough: If not all were evaluated, because there have been as many evaluations as there may be.
            StopRun: If a hook asked for it, or the time is over.
        """
        everyone = list(individuals)
        self.new.clear()
        allowed = self._allowed(everyone)
        with protected():
            values = self._batch(function, allowed, self._pruner.rule)
            if len(allowed) < len(everyone):
                raise Enough(f"{self._most} evaluations are done")
            again = self._pruner.reprieve(values)
            for place in again:
                self.forget(everyone[place])
            repeated = self._batch(function, [everyone[place] for place in again], self._pruner.rule)
        del self.new[len(everyone) :]
        for place, one in zip(again, repeated, strict=True):
            values[place] = one
        return values

    def _allowed(self, individuals: Sequence[Individual]) -> Sequence[Individual]:
        """Return as many, from the first, as bring no more new evaluations than there may be."""
        if self._most is None:
            return individuals
        left, new = self._most - len(self._known), set[bytes]()
        for place, individual in enumerate(individuals):
            if (digest := Key.of(individual).digest) not in self._known:
                new.add(digest)
            if len(new) > left:
                return individuals[:place]
        return individuals

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

    def _commit(self) -> None:
        """Have the group on disk, and then make it known."""
        self._journal.sync()
        group, self._group = self._group, []
        for place, key, _, values in group:
            self._learn(place, self._waiting.pop(key), key, values)
            if self._cache is not None:
                self._cache.put(key, values)
        if self._tell((individual, values) for _, _, individual, values in group):
            raise StopRun(A_HOOK_ASKED)

    def _learn(self, place: int, tickets: Iterable[int], key: Key, values: FitnessValues) -> None:
        self._known[key.digest] = place
        self._places[key] = place
        self.counts["cached" if values.record.from_cache else values.status] += 1
        for ticket in tickets:
            self._deliver(place, ticket, key, values)

    def _remember(self, place: int, ticket: int, key: Key) -> None:
        self._deliver(self._places.get(key, -1), ticket, key, self._journal.values(place))

    def _deliver(self, place: int, ticket: int, key: Key, values: FitnessValues) -> None:
        heapq.heappush(self._ready, (place, ticket, key, values))
