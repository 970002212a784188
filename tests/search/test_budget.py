"""Searches that have a time: how they size themselves, what they write down, and that a replay takes it from there."""

import json
import os
import random
import time
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import search_stubs

from deap_nn import Individual, Run, resume
from deap_nn.engines import make_engine
from deap_nn.evaluation import Pace
from deap_nn.search import Settings, budget, final_pace
from deap_nn.search import final as final_module
from deap_nn.search.budget import SEARCHED, Budget
from deap_nn.search.final import FinalTraining
from deap_nn.search.objective import Objective
from deap_nn.search.sizing import SEARCH_SHARE, most_work, seconds_of_evaluation, sized, time_limit


@pytest.fixture
def clock(monkeypatch):
    """A clock that only tests move."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def move(seconds):
        now[0] += seconds

    return move


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


@pytest.mark.parametrize(("seconds", "population"), [(60, 6), (1200, 12), (36_000, 20)])
def test_the_population_is_as_large_as_the_time_allows(run, clock, seconds, population):
    settings, limit = size(run, seconds)
    assert settings.population == pytest.approx(population, abs=2)
    assert settings.generations > 1000
    assert limit == pytest.approx((SEARCH_SHARE * seconds / 12 - 1) * 1e9)
    assert size(again(run), seconds) == (settings, limit)


def test_where_starting_takes_longest_networks_are_still_trained(run, clock):
    one = Budget(run, 60.0)
    one.decide("pace", lambda: [100.0, 1e9])
    with make_engine("serial") as engine:
        assert most_work(Settings(), engine, one) == pytest.approx(SEARCH_SHARE * 60 / 12 / 2 * 1e9)


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
    assert limit == pytest.approx((SEARCH_SHARE * 1200 * 2 / 12 - 1) * 1e9)


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


@pytest.mark.parametrize(
    ("took", "epochs"),
    [(700.0, 2), (70.0, 11), (1.0, 112), (None, 14)],  # at most sixteen times as many; unknown: twice
)
def test_the_final_training_takes_as_many_epochs_as_there_is_time_for(run, clock, took, epochs):
    best = Individual(search_stubs.SPACE.sample())
    best[-1].genes["epochs"] = 7
    values = search_stubs.FitnessValues((0.5,), {"seconds": {"train": took}} if took else {})
    best.fitness.values = values
    with make_engine("serial") as engine:
        final = FinalTraining(run, Settings(engine="serial"), engine, Budget(run, 140.0))
        assert final.epochs(best, 1) == pytest.approx(epochs, abs=1)
        (plan, other) = final.plans(best, 9, views=1, to_come=1)
    assert (plan.epochs, plan.with_validation, plan.seconds) == (9, True, pytest.approx(140 - 4.2 - 4))
    assert (other.epochs, other.with_validation) == (7, False)


def test_of_a_training_that_was_ended_early_the_epochs_that_it_ran_count(run, clock):
    best = Individual(search_stubs.SPACE.sample())
    best[-1].genes["epochs"] = 7
    best.fitness.values = search_stubs.FitnessValues((0.0,), {"seconds": {"train": 30.0}, "epochs": 3})
    with make_engine("serial") as engine:
        final = FinalTraining(run, Settings(engine="serial"), engine, Budget(run, 140.0))
        assert final.epochs(best, 1) == pytest.approx(11, abs=1)  # as if it had taken 70 seconds for 7


@pytest.mark.parametrize(
    ("test_share", "wanted", "views", "epochs"),
    [(0.0, 6, 6, 11), (0.2, 6, 6, 10), (1.0, 6, 2, 10), (1.0, 2, 2, 10), (4.0, 6, 1, 9), (4.0, 3, 1, 9)],
)
def test_views_that_take_too_much_of_a_budget_are_not_judged(run, clock, test_share, wanted, views, epochs):
    best = Individual(search_stubs.SPACE.sample())
    best[-1].genes["epochs"] = 7
    best.fitness.values = search_stubs.FitnessValues((0.5,), {"seconds": {"train": 70.0}})  # 11.5 s an epoch
    with make_engine("serial") as engine:
        final = FinalTraining(run, Settings(engine="serial"), engine, Budget(run, 140.0), None, test_share)
        assert final.views(best, wanted) == views
        assert final.epochs(best, views) == epochs
        assert FinalTraining(run, Settings(), engine, Budget(again(run), None), None, 9.0).views(best, wanted) == wanted


def test_an_evaluation_with_halving_takes_the_time_of_a_part():
    pace, works = Pace(1.0, 10.0), [390.0, 780.0]
    assert seconds_of_evaluation(Settings(), pace, works) == 1 + 58.5
    assert seconds_of_evaluation(Settings(pruner="halving"), pace, works) == pytest.approx(1 + 58.5 * 7 / 39)


@pytest.mark.parametrize(
    ("took", "final_epochs", "end"),
    [
        (700.0, None, 450.0),  # the final training needs all that is left
        (10.0, None, 628.6),  # 202 s for sixteen times as many epochs, with a tenth more samples and for safety
        (10.0, 7, 818.35),
        (None, None, 450.0),  # unknown
    ],
)
def test_the_search_goes_on_while_finalists_and_final_training_could_not_use_the_time(
    run, clock, took, final_epochs, end
):
    best = Individual(search_stubs.SPACE.sample())
    best[-1].genes["epochs"] = 7
    best.fitness.values = search_stubs.FitnessValues((0.5,), {"seconds": {"train": took}} if took else {})
    began = time.monotonic()
    with make_engine("serial") as engine:
        settings = Settings(engine="serial", final_epochs=final_epochs)
        final = FinalTraining(run, settings, engine, Budget(run, 1000.0))
        assert final.end_of_search(best) - began == pytest.approx(end, abs=0.1)
        assert FinalTraining(run, settings, engine, Budget(again(run), None)).end_of_search(best) is None


@pytest.mark.parametrize(
    ("gpus", "workers", "epochs"),
    [((), 4, 97), (("0",), 1, 11), (("0",), 4, 34), (("0", "1"), 4, 19)],  # 8.5 times as fast; 1, 3.0, 1.67 times
)
def test_on_a_gpu_neighbours_count_and_threads_do_not(run, clock, monkeypatch, gpus, workers, epochs):
    best = Individual(search_stubs.SPACE.sample())
    best[-1].genes["epochs"] = 7
    best.fitness.values = search_stubs.FitnessValues((0.5,), {"seconds": {"train": 70.0}})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(16))
    monkeypatch.setattr(final_pace, "find_gpus", lambda: gpus)
    engine = SimpleNamespace(capacity=workers)
    assert FinalTraining(run, Settings(), engine, Budget(run, 140.0)).epochs(best, 1) == pytest.approx(epochs, abs=1)


@pytest.mark.parametrize(
    ("engine", "work", "apart"), [("processes", 1e12, True), ("processes", 1e9, False), ("serial", 1e12, False)]
)
def test_a_long_training_has_a_child_of_its_own_and_a_file_to_go_on_from(run, engine, work, apart):
    best = Individual(search_stubs.SPACE.sample())
    best[-1].genes["epochs"] = 5
    with make_engine("serial") as of_search:
        final = FinalTraining(run, Settings(engine=engine), of_search, Budget(run, None), lambda _: work)
        plan, _ = final.plans(best, 10, views=1, to_come=1)
        assert (plan.checkpoint is not None) is apart
        with final.engine(best, plan) as chosen:
            assert (chosen is not of_search) is apart


@pytest.mark.parametrize(("views", "judging"), [(1, 6.9), (6, 41.4)])
def test_a_child_of_its_own_has_time_to_judge_the_test_split(run, clock, monkeypatch, views, judging):
    best = Individual(search_stubs.SPACE.sample())
    best[-1].genes["epochs"] = 7
    best.fitness.values = search_stubs.FitnessValues((0.5,), {"seconds": {"train": 70.0}})
    limits = []
    monkeypatch.setattr(
        final_module, "make_engine", lambda _, **options: nullcontext(limits.append(options["time_limit"]))
    )
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(1))
    with make_engine("serial") as of_search:
        training = FinalTraining(run, Settings(), of_search, Budget(run, 1000.0), lambda _: 1e12, 1.0)
        plan, _ = training.plans(best, 10, views, to_come=1)
        with training.engine(best, plan):
            pass
    assert plan.seconds == pytest.approx(1000 - 34 - judging, abs=0.1)
    assert limits == [pytest.approx(1.1 * plan.seconds + 30 + 3 * judging)]
