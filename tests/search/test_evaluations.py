import functools
import itertools
from unittest.mock import Mock

import pytest
import search_stubs
from search_stubs import SPACE

from deap_nn.engines import Outcome
from deap_nn.evolution import FitnessValues, Individual
from deap_nn.runs import Cache
from deap_nn.search import BrokenProgram, EvaluationMap, StopRun, fitness_of


class StubEngine:
    """Runs what is submitted when it is asked for outcomes, the last first."""

    def __init__(self, outcomes=None):
        self.submitted = []
        self._tickets = itertools.count()
        self._outcomes = outcomes or {}

    def submit(self, function, individual):
        ticket = next(self._tickets)
        self.submitted.append((ticket, function, individual))
        return ticket

    def as_completed(self, until=None):
        while self.submitted:
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
    values = EvaluationMap(StubEngine()).map(search_stubs.fitness, everyone)
    assert values == [search_stubs.fitness(individual) for individual in everyone]
    assert all(value.record["status"] == "ok" for value in values)


def test_equal_genomes_are_evaluated_once_in_a_generation_and_over_the_run():
    log, twins = [], individuals(1) * 3 + individuals(1)
    evaluations = EvaluationMap(StubEngine())
    first = evaluations.map(functools.partial(calls, log), twins)
    again = evaluations.map(functools.partial(calls, log), twins)
    assert len(log) == 2
    assert first == again
    assert evaluations.counts == {"ok": 2, "cached": 2 + 4}


def test_the_journal_stands_for_evaluations_and_counts_as_them():
    log, (one, two) = [], individuals(2)
    journal = {one.canonical(): [FitnessValues((0.25,), {"status": "timeout"})]}
    told = []
    evaluations = EvaluationMap(StubEngine(), journal=journal, on_evaluation=[lambda *a: told.append(a[0])])
    values = evaluations.map(functools.partial(calls, log), [one, two, one])
    assert values[0] == values[2] == (0.25,)
    assert log == [two.canonical()]
    assert told == [two]
    assert evaluations.counts == {"timeout": 1, "ok": 1, "cached": 1}


def test_who_is_forgotten_is_evaluated_anew_or_has_a_second_result_in_the_journal():
    log, (one, two) = [], individuals(2)
    journal = {one.canonical(): [FitnessValues((0.1,)), FitnessValues((0.2,))]}
    evaluations = EvaluationMap(StubEngine(), journal=journal)
    for expected in ([0.1], [0.2], [search_stubs.fitness(one)[0]]):
        assert [values[0] for values in evaluations.map(functools.partial(calls, log), [one])] == expected
        evaluations.forget(one)
    evaluations.forget(two)
    assert log == [one.canonical()]


def test_hooks_see_each_evaluation_as_it_ends_and_may_stop():
    seen, everyone = [], individuals(4)

    def stop_at_two(individual, values):
        seen.append((individual, values))
        return len(seen) == 2

    with pytest.raises(StopRun, match="hook"):
        EvaluationMap(StubEngine(), on_evaluation=[stop_at_two]).map(search_stubs.fitness, everyone)
    assert [individual for individual, _ in seen] == [everyone[3], everyone[2]]


def test_all_hooks_are_called_also_when_the_first_one_stops():
    seen = []
    hooks = [lambda *_: True, lambda *_: seen.append(1)]
    with pytest.raises(StopRun):
        EvaluationMap(StubEngine(), on_evaluation=hooks).map(search_stubs.fitness, individuals(1))
    assert seen == [1]


def test_an_exception_of_an_evaluation_is_a_broken_program_and_shows_the_traceback():
    outcome = Outcome("error", reason="ValueError: no", traceback="Traceback ...\nValueError: no")
    with pytest.raises(BrokenProgram, match=r"(?s)ValueError: no.*Traceback"):
        EvaluationMap(StubEngine({0: outcome})).map(search_stubs.fitness, individuals(2))


@pytest.mark.parametrize("status", ["timeout", "lost"])
def test_what_was_ended_gets_the_worst_fitness_and_its_reason(status):
    values = fitness_of(Outcome(status, reason="because", attempts=3, worker="here"))
    assert values == (0.0,)
    assert values.record == {"status": status, "reason": "because", "attempts": 3, "worker": "here"}


def test_a_generation_that_is_lost_as_a_whole_fails_the_run():
    outcomes = {ticket: Outcome("lost", reason="killed by signal 9") for ticket in range(3)}
    with pytest.raises(BrokenProgram, match=r"every evaluation .* lost.*killed by signal 9"):
        EvaluationMap(StubEngine(outcomes)).map(search_stubs.fitness, individuals(3))


def test_one_survivor_of_a_generation_is_enough():
    outcomes = {ticket: Outcome("lost", reason="killed") for ticket in range(2)}
    values = EvaluationMap(StubEngine(outcomes)).map(search_stubs.fitness, individuals(3))
    assert [value.record["status"] for value in values] == ["lost", "lost", "ok"]


@pytest.mark.parametrize("wrong", [0.5, None, (), (0.1, 0.2), ("0.5",), "0.5"])
def test_what_is_no_fitness_is_refused(wrong):
    with pytest.raises(BrokenProgram, match="expected a tuple of one number"):
        fitness_of(Outcome("ok", wrong))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_fitness_that_is_not_finite_becomes_the_worst(number):
    values = fitness_of(Outcome("ok", (number,)))
    assert values == (0.0,)
    assert values.record == {"status": "failed", "reason": f"the fitness is {number}"}


def test_when_the_time_is_over_the_run_stops():
    class Slow(StubEngine):
        def as_completed(self, until=None):
            yield next(super().as_completed(until))

    told = []
    evaluations = EvaluationMap(Slow(), until=0.0, on_evaluation=[lambda *a: told.append(a)])
    with pytest.raises(StopRun, match="the time is over"):
        evaluations.map(search_stubs.fitness, individuals(2))
    assert len(told) == 1


def test_a_cache_is_asked_before_and_told_after(tmp_path):
    everyone = individuals(3)
    for expected in ({"ok": 3}, {"cached": 3}):
        cache, told = Cache(tmp_path / "cache", {}), Mock()
        evaluations = EvaluationMap(StubEngine(), cache=cache, on_evaluation=[told])
        values = evaluations.map(search_stubs.fitness, everyone)
        assert evaluations.counts == expected
        assert values == [search_stubs.fitness(individual) for individual in everyone]
        assert told.call_count == 3
        cache.close()


def test_what_came_from_a_cache_counts_as_such_when_it_is_played_again():
    (one,) = individuals(1)
    journal = {one.canonical(): [FitnessValues((0.5,), {"status": "ok", "from_cache": True})]}
    evaluations = EvaluationMap(StubEngine(), journal=journal)
    evaluations.map(search_stubs.fitness, [one])
    assert evaluations.counts == {"cached": 1}


def test_the_dearest_evaluations_start_first_and_the_order_of_the_results_stays():
    everyone, engine = individuals(6), StubEngine()
    submitted = []
    engine.submit = lambda function, individual: (
        submitted.append(individual) or StubEngine.submit(engine, function, individual)
    )
    values = EvaluationMap(engine, cost=len).map(search_stubs.fitness, everyone)
    assert [len(individual) for individual in submitted] == sorted(map(len, everyone), reverse=True)
    assert values == [search_stubs.fitness(individual) for individual in everyone]
