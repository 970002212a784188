"""Searches that have a time: how they size themselves, what they write down, and that a replay takes it from there."""

import json
import random
import time
from types import SimpleNamespace

import pytest
import search_stubs

from deap_nn import Run, resume
from deap_nn.engines import make_engine
from deap_nn.evaluation import Pace
from deap_nn.search import Settings, budget
from deap_nn.search.budget import SEARCHED, Budget
from deap_nn.search.objective import Objective
from deap_nn.search.sizing import FEWEST, SEARCH_SHARE, most_work, seconds_of_evaluation, sized, time_limit


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {"settings": {}})


def again(run):
    """The run as the next sitting reads it."""
    return Run(run.path)


def test_all_sittings_count(run, clock):
    first = Budget(run, 100.0)
    clock(30)
    assert (first.spent, first.left) == (30, 70)
    first.close()
    clock(1000)  # between the sittings
    second = Budget(again(run), 100.0)
    clock(50)
    assert (second.spent, second.left) == (80, 20)
    clock(50)
    assert second.left == 0
    assert second.until(0.5) == time.monotonic()


def test_what_a_kill_leaves_uncounted_is_little(run, clock):
    one = Budget(run, 100.0)
    for _ in range(20):
        clock(1)
        one.keep()
    assert Budget(again(run), 100.0).spent >= 20 - budget.INTERVAL - 1


def test_a_decision_is_written_before_it_is_used_and_taken_from_there(run, clock):
    def make():
        return [1, 2]

    assert Budget(run, 100.0).decide("sizes", make) == [1, 2]
    assert json.loads((run.path / "run.json").read_text())["decisions"] == {"sizes": [1, 2]}
    assert Budget(again(run), 100.0).decide("sizes", lambda: pytest.fail("decided twice")) == [1, 2]


def test_a_decision_may_rest_on_another(run, clock):
    one = Budget(run, 100.0)
    assert one.decide("outer", lambda: one.decide("inner", lambda: 1) + 1) == 2
    assert run.info["decisions"] == {"inner": 1, "outer": 2}


def test_more_time_takes_back_that_the_search_has_ended(run, clock):
    one = Budget(run, 100.0)
    one.decide("population", lambda: 7)
    one.decide(SEARCHED, lambda: True)
    assert Budget(again(run), 100.0).decided(SEARCHED)
    more = Budget(again(run), 200.0)
    assert not more.decided(SEARCHED)
    assert more.decided("population")


def test_without_a_limit_nothing_is_decided_by_the_clock(run):
    none = Budget(run, None)
    assert (none.left, none.until(0.5)) == (None, None)
    settings = Settings()
    with make_engine("serial") as engine:
        assert sized(settings, search_stubs.SPACE, Objective(search_stubs.fitness, {}), engine, none) is settings
        assert most_work(settings, engine, none) is None


def cost(individual):
    return 1e9 * individual[-1].genes["epochs"]


def measured(individual):
    return Pace(1.0, 1e9)  # a second and one for each epoch


def size(run, seconds):
    objective = Objective(search_stubs.fitness, {}, cost=cost, calibrate=measured)
    before = random.getstate()
    with make_engine("serial") as engine:
        one = Budget(run, seconds)
        settings = sized(Settings(budget=seconds), search_stubs.SPACE, objective, engine, one)
        limit = most_work(settings, engine, one)
    assert random.getstate() == before  # the evolution's stream is not touched
    return settings, limit


@pytest.mark.parametrize(("seconds", "population"), [(60, 6), (1350, 9), (36_000, 10)])
def test_the_population_is_as_large_as_the_time_allows(run, clock, seconds, population):
    settings, limit = size(run, seconds)
    assert settings.population == pytest.approx(population, abs=2)
    assert settings.generations > 1000
    assert limit == pytest.approx((SEARCH_SHARE * seconds / FEWEST - 1) * 1e9)
    assert size(again(run), seconds) == (settings, limit)


def test_where_starting_takes_longest_networks_are_still_trained(run, clock):
    one = Budget(run, 60.0)
    one.decide("pace", lambda: [100.0, 1e9])
    with make_engine("serial") as engine:
        assert most_work(Settings(), engine, one) == pytest.approx(SEARCH_SHARE * 60 / FEWEST / 2 * 1e9)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, 600), ({"budget": 60}, 600), ({"budget": 9000}, SEARCH_SHARE * 4500), ({"budget": 9000, "time_limit": 9}, 9)],
)
def test_a_training_may_take_half_of_what_the_search_may(given, seconds):
    assert time_limit(Settings(**given)) == pytest.approx(seconds)


def test_what_the_time_limit_would_probably_end_is_bred_again(run, clock):
    one = Budget(run, 36_000.0)
    one.decide("pace", lambda: [1.0, 1e9])
    with make_engine("serial") as engine:
        assert most_work(Settings(budget=36_000, time_limit=100), engine, one) == pytest.approx((80 - 1) * 1e9)


def test_only_workers_that_have_work_count(run, clock):
    engine, one = SimpleNamespace(capacity=8), Budget(run, 1200.0)
    one.decide("pace", lambda: [1.0, 1e9])
    limit = most_work(Settings(algorithm="steady-state", lag=2), engine, one)
    assert limit == pytest.approx((SEARCH_SHARE * 1200 * 2 / FEWEST - 1) * 1e9)


def test_a_search_with_a_budget_ends_in_time_and_can_be_repeated_from_its_journal(tmp_path):
    path = tmp_path / "run"
    begun = time.monotonic()
    search_stubs.search(path, search_stubs.slow_fitness, budget=2.0)
    assert time.monotonic() - begun < 20  # a busy machine included
    run = Run(path)
    assert run.status == "finished"
    assert run.info["decisions"] == {SEARCHED: True}
    best, journal = run.best, (path / "evaluations.jsonl").read_text()
    assert len(journal.splitlines()) > 8
    resume(path, evaluate=search_stubs.slow_fitness)
    assert (Run(path).best, (path / "evaluations.jsonl").read_text()) == (best, journal)


def test_more_time_goes_on_with_the_search(tmp_path):
    path = tmp_path / "run"
    search_stubs.search(path, search_stubs.slow_fitness, budget=2.0)
    before = (path / "evaluations.jsonl").read_text()
    resume(path, evaluate=search_stubs.slow_fitness, budget=5.0)
    assert (path / "evaluations.jsonl").read_text().startswith(before)
    assert len((path / "evaluations.jsonl").read_text()) > len(before)


def test_an_evaluation_with_halving_takes_the_time_of_a_part():
    pace, works = Pace(1.0, 10.0), [390.0, 780.0]
    assert seconds_of_evaluation(Settings(), pace, works) == 1 + 58.5
    assert seconds_of_evaluation(Settings(pruner="halving"), pace, works) == pytest.approx(1 + 58.5 * 7 / 39)
