import functools
import itertools
import random
import time
from unittest.mock import Mock

import pytest
import search_stubs
from search_stubs import SPACE

from deap_nn.engines import Outcome
from deap_nn.evolution import FitnessValues, Individual, Record
from deap_nn.pruning import NoPruning, Thresholds
from deap_nn.random_stream import protected
from deap_nn.runs import Cache, Journal
from deap_nn.search import BrokenProgram, Evaluations, StopRun, fitness_of
from deap_nn.status import Status


class StubEngine:
    """Runs what is submitted when it is asked for outcomes, the last first; none where the time to wait is over."""

    def __init__(self, outcomes=None):
        self.submitted = []
        self._tickets = itertools.count()
        self._outcomes = outcomes or {}

    def submit(self, function, individual):
        ticket = next(self._tickets)
        self.submitted.append((ticket, function, individual))
        return ticket

    def as_completed(self, until=None):
        while self.submitted and (until is None or time.monotonic() < until):
            ticket, function, individual = self.submitted.pop()
            if ticket in self._outcomes:
                yield ticket, self._outcomes[ticket]
            else:
                yield ticket, Outcome("ok", function(individual))


def individuals(count):
    return [Individual(SPACE.sample()) for _ in range(count)]


def calls(log, individual):
    log.append(individual.canonical())
    return search_stubs.fitness(individual)


def test_fitness_comes_in_the_order_of_the_individuals():
    everyone = individuals(5)
    values = Evaluations(StubEngine()).map(search_stubs.fitness, everyone)
    assert values == [search_stubs.fitness(individual) for individual in everyone]
    assert all(value.status == "ok" for value in values)


def test_equal_genomes_are_evaluated_once_in_a_generation_and_over_the_run():
    log, twins = [], individuals(1) * 3 + individuals(1)
    evaluations = Evaluations(StubEngine())
    first = evaluations.map(functools.partial(calls, log), twins)
    again = evaluations.map(functools.partial(calls, log), twins)
    assert len(log) == 2
    assert first == again
    assert evaluations.counts == {"ok": 2, "cached": 2 + 4}


def test_the_journal_stands_for_evaluations_and_counts_as_them():
    log, (one, two) = [], individuals(2)
    journal = [(one, FitnessValues((0.25,), {"status": "timeout"}))]
    told = []
    evaluations = Evaluations(StubEngine(), journal=Journal(journal), on_evaluation=[lambda *a: told.append(a[0])])
    values = evaluations.map(functools.partial(calls, log), [one, two, one])
    assert values[0] == values[2] == (0.25,)
    assert log == [two.canonical()]
    assert told == [two]
    assert evaluations.counts == {"timeout": 1, "ok": 1, "cached": 1}


class Reprieving(NoPruning):
    """Repeats the first of every batch in full."""

    rule = Thresholds((0.9,) * 20)

    def reprieve(self, batch):
        return [0]


def with_rule(log, individual, rule):
    log.append(rule)
    return FitnessValues((0.1,), {"status": "pruned"}) if rule.values else FitnessValues((0.2,))


def test_what_is_reprieved_is_repeated_in_full_or_has_a_second_result_in_the_journal():
    (one,) = individuals(1)
    for journal, asked in (
        ([], [Reprieving.rule, Thresholds()]),
        ([(one, FitnessValues((0.1,), {"status": "pruned"}))], [Thresholds()]),
        ([(one, FitnessValues((0.1,), {"status": "pruned"})), (one, FitnessValues((0.2,)))], []),
    ):
        log = []
        evaluations = Evaluations(StubEngine(), journal=Journal(journal), pruner=Reprieving())
        assert evaluations.map(functools.partial(with_rule, log), [one]) == [(0.2,)]
        assert log == asked
        assert evaluations.counts == {"pruned": 1, "ok": 1}


def test_hooks_see_each_evaluation_as_it_ends_and_may_stop():
    seen, everyone = [], individuals(4)

    def stop_at_two(individual, values):
        seen.append((individual, values))
        return len(seen) == 2

    with pytest.raises(StopRun, match="hook"):
        Evaluations(StubEngine(), on_evaluation=[stop_at_two]).map(search_stubs.fitness, everyone)
    assert [individual for individual, _ in seen] == [everyone[3], everyone[2]]


def test_all_hooks_are_called_also_when_the_first_one_stops():
    seen = []
    hooks = [lambda *_: True, lambda *_: seen.append(1)]
    with pytest.raises(StopRun):
        Evaluations(StubEngine(), on_evaluation=hooks).map(search_stubs.fitness, individuals(1))
    assert seen == [1]


def test_an_exception_of_an_evaluation_is_a_broken_program_and_shows_the_traceback():
    outcome = Outcome("error", reason="ValueError: no", traceback="Traceback ...\nValueError: no")
    with pytest.raises(BrokenProgram, match=r"(?s)ValueError: no.*Traceback"):
        Evaluations(StubEngine({0: outcome})).map(search_stubs.fitness, individuals(2))


@pytest.mark.parametrize("status", ["timeout", "lost"])
def test_what_was_ended_gets_the_worst_fitness_and_its_reason(status):
    values = fitness_of(Outcome(status, reason="because", attempts=3, worker="here"))
    assert values == (0.0,)
    assert values.record == Record(Status(status), "because", attempts=3, worker="here")


def test_a_generation_that_is_lost_as_a_whole_fails_the_run():
    outcomes = {ticket: Outcome("lost", reason="killed by signal 9") for ticket in range(3)}
    with pytest.raises(BrokenProgram, match=r"every evaluation .* lost.*killed by signal 9"):
        Evaluations(StubEngine(outcomes)).map(search_stubs.fitness, individuals(3))


def test_one_survivor_of_a_generation_is_enough():
    outcomes = {ticket: Outcome("lost", reason="killed") for ticket in range(2)}
    values = Evaluations(StubEngine(outcomes)).map(search_stubs.fitness, individuals(3))
    assert [value.status for value in values] == ["lost", "lost", "ok"]


@pytest.mark.parametrize("wrong", [0.5, None, (), (0.1, 0.2), ("0.5",), "0.5"])
def test_what_is_no_fitness_is_refused(wrong):
    with pytest.raises(BrokenProgram, match="expected a tuple of one number"):
        fitness_of(Outcome("ok", wrong))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_fitness_that_is_not_finite_becomes_the_worst(number):
    values = fitness_of(Outcome("ok", (number,)))
    assert values == (0.0,)
    assert values.record == Record(Status.FAILED, f"the fitness is {number}")


def test_when_the_time_is_over_the_run_stops():
    class Slow(StubEngine):
        def as_completed(self, until=None):
            if len(self.submitted) == 2:
                yield next(super().as_completed())

    told = []
    evaluations = Evaluations(Slow(), until=0.0, on_evaluation=[lambda *a: told.append(a)])
    with pytest.raises(StopRun, match="the time is over"):
        evaluations.map(search_stubs.fitness, individuals(2))
    assert len(told) == 1


def test_a_cache_is_asked_before_and_told_after(tmp_path):
    everyone = individuals(3)
    for expected in ({"ok": 3}, {"cached": 3}):
        cache, told = Cache(tmp_path / "cache", {}), Mock()
        evaluations = Evaluations(StubEngine(), cache=cache, on_evaluation=[told])
        values = evaluations.map(search_stubs.fitness, everyone)
        assert evaluations.counts == expected
        assert values == [search_stubs.fitness(individual) for individual in everyone]
        assert told.call_count == 3
        cache.close()


class NotingJournal(Journal):
    """Notes what is done with it, and takes as long to be on disk as it is told."""

    def __init__(self, order, pace=0.0):
        super().__init__()
        self._order, self._pace = order, pace

    def append(self, individual, values):
        self._order.append("journal")
        return super().append(individual, values)

    def sync(self):
        if self._order and self._order[-1] == "journal":
            self._order.append("disk")

    @property
    def pace(self):
        return self._pace


def test_what_arrives_while_the_disk_would_write_is_written_together_and_told_afterwards():
    order = []
    hooks = [lambda *_: order.append("hook")]
    evaluations = Evaluations(StubEngine(), on_evaluation=hooks, journal=NotingJournal(order, pace=60.0))
    everyone = individuals(4)
    assert evaluations.map(search_stubs.fitness, everyone) == [search_stubs.fitness(one) for one in everyone]
    assert order == ["journal"] * 4 + ["disk"] + ["hook"] * 4


def test_of_a_group_that_a_broken_program_ends_nothing_is_lost():
    order = []
    hooks = [lambda *_: order.append("hook")]
    engine = StubEngine({1: Outcome("error", reason="KeyError")})
    with pytest.raises(BrokenProgram):
        Evaluations(engine, on_evaluation=hooks, journal=NotingJournal(order, pace=60.0)).map(
            search_stubs.fitness, individuals(4)
        )
    assert order == ["journal", "journal", "disk", "hook", "hook"]  # the stub runs the last first


def test_what_a_group_holds_is_told_to_all_hooks_before_one_of_them_stops():
    seen = []

    def stop(individual, values):
        seen.append(individual)
        return len(seen) == 1

    with pytest.raises(StopRun):
        Evaluations(StubEngine(), on_evaluation=[stop], journal=NotingJournal([], pace=60.0)).map(
            search_stubs.fitness, individuals(3)
        )
    assert len(seen) == 3


def test_the_answers_of_a_cache_are_one_group(tmp_path):
    cache, order = Cache(tmp_path / "cache", {}), []
    everyone = individuals(3)
    Evaluations(StubEngine(), cache=cache).map(search_stubs.fitness, everyone)
    Evaluations(StubEngine(), cache=cache, journal=NotingJournal(order)).map(search_stubs.fitness, everyone * 2)
    cache.close()
    assert order == ["journal"] * 3 + ["disk"]


def test_a_finished_evaluation_is_in_the_journal_before_it_is_in_the_cache(tmp_path):
    """And is kept by the cache also where a hook stops the run."""
    cache, order = Mock(get=Mock(return_value=None), put=Mock(side_effect=lambda *_: order.append("cache"))), []
    hooks = [lambda *_: order.append("hook"), lambda *_: True]
    with pytest.raises(StopRun):
        evaluations = Evaluations(StubEngine(), cache=cache, on_evaluation=hooks, journal=NotingJournal(order))
        evaluations.map(search_stubs.fitness, individuals(1))
    assert order == ["journal", "disk", "cache", "hook"]


def test_what_came_from_a_cache_counts_as_such_when_it_is_played_again():
    (one,) = individuals(1)
    journal = [(one, FitnessValues((0.5,), {"status": "ok", "from_cache": True}))]
    evaluations = Evaluations(StubEngine(), journal=Journal(journal))
    evaluations.map(search_stubs.fitness, [one])
    assert evaluations.counts == {"cached": 1}


def test_the_most_expensive_evaluations_start_first_and_the_order_of_the_results_stays():
    everyone, engine = individuals(6), StubEngine()
    submitted = []
    engine.submit = lambda function, individual: (
        submitted.append(individual) or StubEngine.submit(engine, function, individual)
    )
    values = Evaluations(engine, cost=len).map(search_stubs.fitness, everyone)
    assert [len(individual) for individual in submitted] == sorted(map(len, everyone), reverse=True)
    assert values == [search_stubs.fitness(individual) for individual in everyone]


# --- one by one ---


def noting(log, individual, repetition=0, budget=1.0):
    log.append((individual.canonical(), repetition, budget))
    return search_stubs.fitness(individual)


def test_single_evaluations_are_told_as_they_end():
    one, two = individuals(2)
    evaluations = Evaluations(StubEngine())
    tickets = [evaluations.submit(search_stubs.fitness, individual) for individual in (one, two)]
    expected = [(tickets[1], search_stubs.fitness(two)), (tickets[0], search_stubs.fitness(one))]
    assert [evaluations.next() for _ in range(2)] == expected  # the stub runs the last first
    with pytest.raises(LookupError, match="submit one first"):
        evaluations.next()


def test_equal_keys_share_an_evaluation_and_other_repetitions_and_budgets_have_their_own():
    log, (one,) = [], individuals(1)
    evaluations = Evaluations(StubEngine())
    function = functools.partial(noting, log)
    asked = [(0, 1.0), (0, 1.0), (1, 1.0), (0, 0.5), (0, 1.0)]
    tickets = [evaluations.submit(function, one, *which) for which in asked]
    told = dict(evaluations.next() for _ in tickets)
    assert told.keys() == set(tickets)
    assert sorted(log) == [(one.canonical(), 0, 0.5), (one.canonical(), 0, 1.0), (one.canonical(), 1, 1.0)]
    assert evaluations.counts == {"ok": 3, "cached": 2}
    assert [(told[i].record.repetition, told[i].record.budget) for i in tickets] == [
        (None, None), (None, None), (1, 1.0), (0, 0.5), (None, None),
    ]  # fmt: skip


def test_a_batch_leaves_what_others_have_asked_for_alone():
    one, two = individuals(2)
    evaluations = Evaluations(StubEngine())
    ticket = evaluations.submit(search_stubs.fitness, one)
    assert evaluations.map(search_stubs.fitness, [two, one]) == [search_stubs.fitness(i) for i in (two, one)]
    assert evaluations.next() == (ticket, search_stubs.fitness(one))


class JumbledEngine(StubEngine):
    """Answers in an order of its own, as workers of different speed do."""

    def __init__(self, seed):
        super().__init__()
        self._random = random.Random(seed)

    def as_completed(self, until=None):
        while self.submitted and (until is None or time.monotonic() < until):
            ticket, function, individual = self.submitted.pop(self._random.randrange(len(self.submitted)))
            yield ticket, Outcome("ok", function(individual))


def steady_state(evaluations, evaluated=30, under_way=3):
    """A loop without generations, whose course depends on the order in which results come; equal genomes are common."""
    stream, seeds, told = random.Random(7), individuals_of(5), []
    tickets = {evaluations.submit(search_stubs.fitness, one): one for one in seeds[:under_way]}
    while len(told) < evaluated:
        ticket, values = evaluations.next()
        told.append((tickets.pop(ticket).canonical(), values[0]))
        child = Individual.from_json(stream.choice(seeds).to_json())
        child[-1].genes["epochs"] = 1 + int(values[0] * 100) % 4
        tickets[evaluations.submit(search_stubs.fitness, child)] = child
    return told


def individuals_of(seed):
    with protected():
        random.seed(seed)
        return individuals(4)


@pytest.mark.parametrize("seed", range(5))
def test_a_loop_without_generations_is_played_again_in_the_order_of_its_journal(seed):
    """Wherever it was cut off, and without evaluating again what was in time."""
    journal = []
    whole = steady_state(Evaluations(JumbledEngine(seed), on_evaluation=[lambda *one: journal.append(one)]))
    place = {individual.canonical(): number for number, (individual, _) in enumerate(journal)}
    assert len(place) < len(whole)
    for kept in range(len(journal) + 1):
        heard = Mock(return_value=None)
        told = steady_state(
            Evaluations(JumbledEngine(seed + 100), journal=Journal(journal[:kept]), on_evaluation=[heard])
        )
        late = next((i for i, (genome, _) in enumerate(whole) if place[genome] >= kept), len(whole))
        assert told[:late] == whole[:late]
        again = {call.args[0].canonical() for call in heard.call_args_list}
        assert not again & {individual.canonical() for individual, _ in journal[:kept]}
