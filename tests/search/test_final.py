"""Final trainings: what is tried, how long at most, and in which process."""

import os
from contextlib import nullcontext

import pytest
import search_stubs

from deap_nn import Run
from deap_nn.engines import make_engine
from deap_nn.search import Settings
from deap_nn.search import final as final_module
from deap_nn.search.budget import Budget
from deap_nn.search.final import FinalTraining
from deap_nn.search.final_extent import Extent
from deap_nn.search.objective import Objective


@pytest.fixture
def run(tmp_path, clock):
    return Run.create(tmp_path / "run", {"settings": {}})


@pytest.fixture
def best():
    return search_stubs.trained()


def final_of(run, engine, settings, seconds=None, **objective):
    made = Objective(search_stubs.fitness, {"evaluate": "stub"}, **objective)
    return FinalTraining(run, settings, engine, Budget(run, seconds), made)


def test_the_searchs_own_training_follows_one_on_all_data(run, best):
    with make_engine("serial") as engine:
        final = final_of(run, engine, Settings(engine="serial"), 140.0)
        plan, other = final.plans(best, Extent(9), views=2, to_come=1)
    assert plan == (9, True, pytest.approx(140 - 4.2 - 4), None, 2, 1.0)
    assert other[:2] == (7, False)


def test_between_a_wider_one_and_the_searchs_own_is_one_as_wide_as_the_genome_says(run, best):
    with make_engine("serial") as engine:
        plans = list(final_of(run, engine, Settings(engine="serial")).plans(best, Extent(9, 1.5), 1, to_come=None))
    assert [(one.epochs, one.with_validation, one.width) for one in plans] == [
        (9, True, 1.5),
        (9, True, 1.0),
        (7, False, 1.0),
    ]


def test_networks_share_the_time(run, best):
    with make_engine("serial") as engine:
        plan, _ = final_of(run, engine, Settings(engine="serial"), 140.0).plans(best, Extent(9), views=1, to_come=4)
    assert plan.seconds == pytest.approx((140 - 4.2 - 4) / 4)


@pytest.mark.parametrize(
    ("engine", "work", "width", "apart"),
    [
        ("processes", 1e12, 1.0, True),
        ("processes", 1e11, 1.0, False),
        ("processes", 1e11, 2.0, True),
        ("serial", 1e12, 1.0, False),
    ],
)
def test_a_long_training_has_a_child_of_its_own_and_a_file_to_go_on_from(run, best, engine, work, width, apart):
    with make_engine("serial") as of_search:
        final = final_of(run, of_search, Settings(engine=engine), cost=lambda _: work)
        plan, *_ = final.plans(best, Extent(14, width), views=1, to_come=1)
        assert (plan.checkpoint is not None) is apart
        with final.engine(best, plan) as chosen:
            assert (chosen is not of_search) is apart


def test_no_two_trainings_go_on_from_one_file(run, best):
    with make_engine("serial") as of_search:
        final = final_of(run, of_search, Settings(engine="processes"), cost=lambda _: 1e13)
        extents = Extent(14), Extent(15), Extent(14, 2.0)
        names = {plan.checkpoint for one in extents for plan in final.plans(best, one, views=1, to_come=1)}
    assert len(names) == 4  # three, and the search's own, which is the same for all


@pytest.fixture
def limits(monkeypatch):
    """The limits of the children that final trainings would have had."""
    noted = []
    monkeypatch.setattr(
        final_module, "make_engine", lambda _, **options: nullcontext(noted.append(options["time_limit"]))
    )
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(1))
    return noted


@pytest.mark.parametrize(("views", "width", "judging"), [(1, 1.0, 6.9), (6, 1.0, 41.4), (1, 2.0, 27.6)])
def test_a_child_of_its_own_has_time_to_judge_the_test_split(run, best, limits, views, width, judging):
    with make_engine("serial") as of_search:
        final = final_of(run, of_search, Settings(), 1000.0, samples=100, test_samples=100)
        plan, *_ = final.plans(best, Extent(10, width), views, to_come=1)
        with final.engine(best, plan):
            pass
    assert plan.seconds == pytest.approx(1000 - 34 - judging, abs=0.1)
    assert limits == [pytest.approx(1.1 * plan.seconds + 30 + 3 * judging)]


def test_without_a_budget_it_has_the_searchs_limit_for_as_much_more_as_it_has_to_do(run, best, limits):
    with make_engine("serial") as of_search:
        final = final_of(run, of_search, Settings(time_limit=100.0))
        plan, *_ = final.plans(best, Extent(14, 2.0), views=1, to_come=1)
        with final.engine(best, plan):
            pass
    assert limits == [pytest.approx(100 * 1.15 * 2 * 4)]
