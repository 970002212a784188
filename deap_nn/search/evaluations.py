"""Between loop and engine: which evaluations are already known, and what becomes of the others.

`EvaluationMap.map` is what `toolbox.map` gets. In: individuals. Out: their fitness values, in order. Nobody is
trained twice: equal genomes share one evaluation, in a generation and over the whole run, and what a journal
already holds is taken from there.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

from deap_nn.engines import Engine, Outcome
from deap_nn.evolution import WORST_FITNESS, FitnessValues, Individual
from deap_nn.random_stream import protected
from deap_nn.runs import Cache

OnEvaluation = Callable[[Individual, FitnessValues], object]


class StopRun(Exception):  # noqa: N818 - a wish, not an error
    """Somebody asked the run to stop: a hook, or the clock."""


class RunFailed(RuntimeError):  # noqa: N818
    """The run cannot go on; the message is for the user."""


class BrokenProgram(RunFailed):
    """An exception escaped from an evaluation; the message holds the worker's traceback."""


class EvaluationMap:
    """Evaluates individuals on an engine, each genome once.

    Args:
        engine: where the evaluations run.
        journal: fitness values by `Individual.canonical()`, from an earlier part of the run, in the order in which
            they were got. They are used in place of an evaluation and counted as one.
        on_evaluation: called with each individual whose evaluation has ended, and its fitness values, in the
            order in which they end; one that returns True stops the run.
        cost: what an evaluation is expected to take, in any unit; the dearest start first, so that no long one
            begins when the others end.
        cache: results that other runs left, and where this one's go.
        until: a moment of `time.monotonic()` after which `map` raises `StopRun`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        journal: Mapping[str, Iterable[FitnessValues]] | None = None,
        on_evaluation: Iterable[OnEvaluation] = (),
        cost: Callable[[Individual], float] | None = None,
        cache: Cache | None = None,
        until: float | None = None,
    ) -> None:
        self._engine = engine
        self._journal = {key: deque(values) for key, values in (journal or {}).items()}
        self._known: dict[str, FitnessValues] = {}
        self._hooks = tuple(on_evaluation)
        self._cost = cost
        self._cache = cache
        self._until = until
        self.judge: Callable[[FitnessValues], FitnessValues] = lambda values: values
        """What a result from the cache counts as; the race has its own answer."""
        self.counts: Counter[str] = Counter()
        """Since this was last cleared: `cached` (nothing had to be trained), else by the status in the record."""

    def map(self, function: Callable[..., Any], individuals: Iterable[Individual]) -> list[FitnessValues]:
        """Return the fitness values of individuals, in their order.

        Args:
            function: `individual -> fitness values`; shipped to the engine.
            individuals: who is to be evaluated.

        Raises:
            BrokenProgram: if `function` raised, or if every evaluation lost its process.
            StopRun: if a hook asked for it, or the time is over.
        """
        everyone = list(individuals)
        with protected():
            self._dispatch(function, self._unknown(everyone))
        return [self._known[individual.canonical()] for individual in everyone]

    def forget(self, individual: Individual) -> None:
        """Have the next `map` that holds this individual evaluate it anew."""
        self._known.pop(individual.canonical(), None)

    def _unknown(self, everyone: Iterable[Individual]) -> dict[str, Individual]:
        """Take what journal and cache hold, and return the others, each genome once."""
        new: dict[str, Individual] = {}
        for individual in everyone:
            key = individual.canonical()
            if key in self._known or key in new:
                self.counts["cached"] += 1
            elif self._journal.get(key):
                self._learn(key, self._journal[key].popleft())
            elif (shared := self._shared(individual)) is not None:
                self._learn(key, shared)
                self._tell(individual, shared)
            else:
                new[key] = individual
        return new

    def _dispatch(self, function: Callable[..., Any], new: Mapping[str, Individual]) -> None:
        costs = {key: self._cost(individual) if self._cost else 0.0 for key, individual in new.items()}
        dearest_first = sorted(new, key=costs.__getitem__, reverse=True)
        tickets = {self._engine.submit(function, new[key]): key for key in dearest_first}
        lost = 0
        for ticket, outcome in self._engine.as_completed(self._until):
            key = tickets.pop(ticket)
            values = fitness_of(outcome)
            lost += outcome.status == "lost"
            self._learn(key, values)
            if self._cache is not None:
                self._cache.put(new[key], values)
            self._tell(new[key], values)
        if tickets:
            raise StopRun("the time is over")
        if new and lost == len(new):
            raise BrokenProgram(f"every evaluation of the generation was lost, the last one so: {outcome.reason}")

    def _shared(self, individual: Individual) -> FitnessValues | None:
        shared = None if self._cache is None else self._cache.get(individual)
        return None if shared is None else self.judge(shared)

    def _learn(self, key: str, values: FitnessValues) -> None:
        self._known[key] = values
        self.counts["cached" if (values.record or {}).get("from_cache") else values.status] += 1

    def _tell(self, individual: Individual, values: FitnessValues) -> None:
        replies = [hook(individual, values) for hook in self._hooks]
        if True in replies:
            raise StopRun("a hook asked for it")


def fitness_of(outcome: Outcome) -> FitnessValues:
    """Return the fitness of an ended task: what was returned, or the worst for one that was stopped or lost.

    Raises:
        BrokenProgram: if the function raised.
    """
    if outcome.status == "error":
        raise BrokenProgram(f"{outcome.reason}\n{outcome.traceback}".strip())
    if outcome.status == "ok":
        return _checked(outcome.value)
    record = {"status": outcome.status, "reason": outcome.reason, "worker": outcome.worker}
    return FitnessValues((WORST_FITNESS,), record | {"attempts": outcome.attempts})


def _checked(values: Any) -> FitnessValues:
    """Return what an evaluation returned as fitness values; what is not finite becomes the worst, with the reason."""
    if not isinstance(values, tuple | list) or len(values) != 1 or not isinstance(values[0], Real):
        raise BrokenProgram(f"the evaluation returned {values!r}, expected a tuple of one number, such as (0.5,)")
    if not math.isfinite(values[0]):
        return FitnessValues((WORST_FITNESS,), {"status": "failed", "reason": f"the fitness is {values[0]}"})
    if isinstance(values, FitnessValues):
        return values
    return FitnessValues((float(values[0]),), {"status": "ok", "reason": ""})
