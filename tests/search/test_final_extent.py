"""How much a final training is, on stub objectives and a clock that stands still."""

import time
from types import SimpleNamespace

import pytest
import search_stubs
from search_stubs import trained

from deap_nn import Individual, Run
from deap_nn.evaluation import Size
from deap_nn.search import Settings
from deap_nn.search.budget import Budget
from deap_nn.search.final_extent import Extent, FinalExtent
from deap_nn.search.final_pace import WIDE, FinalPace
from deap_nn.search.objective import Objective
from deap_nn.space import widened


@pytest.fixture
def run(tmp_path, clock):
    return Run.create(tmp_path / "run", {"settings": {}})


def square(individual):
    """Work that is that of the square of a width, where time is no power of it."""
    return float(individual[0].genes["units"] ** (2 / WIDE))


def extent_of(run, seconds, samples=100_000, test_samples=0, size=lambda _: Size(1, 1), **settings):
    objective = Objective(
        search_stubs.fitness,
        {"evaluate": "stub"},
        cost=square,
        size=size,
        widen=lambda individual, factor: Individual(widened(search_stubs.SPACE, individual, factor)),
        samples=samples,
        test_samples=test_samples,
    )
    chosen = Settings(engine="serial", **settings)
    return FinalExtent(
        chosen, Budget(Run(run.path), seconds), objective, FinalPace(chosen, SimpleNamespace(capacity=1), objective)
    )


# --- epochs ---


@pytest.mark.parametrize(
    ("took", "epochs"),
    [(700.0, 2), (70.0, 11), (1.0, 112), (None, 14)],  # at most sixteen times as many; unknown: twice
)
def test_it_takes_as_many_epochs_as_there_is_time_for(run, took, epochs):
    assert extent_of(run, 140.0, samples=100).of(trained(took), 1) == (pytest.approx(epochs, abs=1), 1.0)


def test_of_a_training_that_was_ended_early_the_epochs_that_it_ran_count(run):
    best = trained(30.0, epochs=3)  # as if it had taken 70 seconds for 7
    assert extent_of(run, 140.0, samples=100).of(best, 1).epochs == pytest.approx(11, abs=1)


def test_what_was_asked_for_is_done(run):
    assert extent_of(run, 140.0, final_epochs=3, final_width=2.0).of(trained(70.0), 1) == (3, 2.0)
    assert extent_of(run, None, final_epochs=3).of(trained(70.0), 1) == (3, 1.0)
    assert extent_of(run, None, final_width=0.5).of(trained(70.0), 1) == (14, 0.5)
    assert extent_of(run, None, final_epochs=3, final_width=2.0).usual(trained(70.0)) == (3, 2.0)


# --- width ---

SAMPLES = 10_000  # of which 40 epochs are enough


@pytest.mark.parametrize(("times", "width"), [(0.9, 1.0), (1.1, 1.0), (2.3, 1.5), (4.1, 2.0), (9.1, 3.0), (99.0, 4.0)])
def test_what_time_there_is_beyond_enough_samples_goes_into_width(run, times, width):
    best = trained(7 / 1.15)  # a second an epoch
    extent = extent_of(run, (40 * times + 4) / 0.97, SAMPLES).of(best, 1)
    assert extent.width == width
    assert extent.epochs == min(112, int(40 * times / width**2 + 1e-6))


@pytest.mark.parametrize(("samples", "epochs"), [(5_000, 80), (10_000, 40), (40_000, 20)])
def test_the_fewer_samples_the_more_epochs_are_enough(run, tmp_path, samples, epochs):
    almost, enough = (((epochs + more) * 1.25**2 + 4) / 0.97 for more in (-0.1, 0.1))
    assert extent_of(run, almost, samples).of(trained(7 / 1.15), 1).width == 1.0
    other = Run.create(tmp_path / "other", {"settings": {}})
    assert extent_of(other, enough, samples).of(trained(7 / 1.15), 1) == (epochs, 1.25)


@pytest.mark.parametrize(("epochs", "width"), [(6.9, 3.0), (7.1, 4.0)])
def test_it_learns_for_no_fewer_epochs_than_in_the_search(run, epochs, width):
    extent = extent_of(run, (epochs * 16 + 4) / 0.97, samples=10**9).of(trained(7 / 1.15), 1)
    assert extent == (int(epochs * 16 / width**2), width)


@pytest.mark.parametrize(("epochs", "width"), [(160, 1.0), (40, 2.0), (10, 4.0)])
def test_there_is_time_for_the_epochs_that_were_asked_for(run, epochs, width):
    extent = extent_of(run, (40 * 4.1 + 4) / 0.97, SAMPLES, final_epochs=epochs).of(trained(7 / 1.15), 1)
    assert extent == (epochs, width)


def test_several_networks_share_the_time(run):
    extent = extent_of(run, (40 * 4.1 * 4 + 4) / 0.97, SAMPLES, ensemble=4).of(trained(7 / 1.15), 1)
    assert extent == (41, 2.0)


def test_the_width_is_decided_once_and_not_at_all_by_a_run_of_old(run):
    best = trained(7 / 1.15)
    assert extent_of(run, 500.0, SAMPLES).of(best, 1).width == 3.0
    assert extent_of(run, 450.0, SAMPLES).of(trained(70.0), 1).width == 3.0
    run.update(decisions={"final_epochs": 9})
    assert extent_of(run, 450.0, SAMPLES).of(best, 1) == Extent(9)


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"max_parameters": 200}, lambda individual: Size(individual[0].genes["units"], 0)),
        ({"max_multiply_adds": 200}, lambda individual: Size(0, individual[0].genes["units"])),
    ],
)
def test_limits_to_the_size_hold(run, settings, size):
    extent = extent_of(run, 2000.0, SAMPLES, size=size, **settings)
    assert extent.of(trained(7 / 1.15), 1).width == 3.0  # 192 units


def test_where_sizes_are_unknown_or_wanted_small_it_stays_as_it_is(run, tmp_path):
    assert extent_of(run, 1000.0, SAMPLES, size=None).of(trained(7 / 1.15), 1).width == 1.0
    other = Run.create(tmp_path / "other", {"settings": {}})
    several = extent_of(other, 1000.0, SAMPLES, objectives=("accuracy", "parameters"))
    assert several.of(trained(7 / 1.15), 1).width == 1.0


# --- views ---


@pytest.mark.parametrize(
    ("test_share", "wanted", "views", "epochs"),
    [(0.0, 6, 6, 11), (0.2, 6, 6, 10), (1.0, 6, 2, 10), (1.0, 2, 2, 10), (4.0, 6, 1, 9), (4.0, 3, 1, 9)],
)
def test_views_that_take_too_much_of_a_budget_are_not_judged(run, test_share, wanted, views, epochs):
    best, tests = trained(70.0), int(100 * test_share)  # 11.5 s an epoch
    extent = extent_of(run, 140.0, 100, tests)
    assert extent.views(best, wanted) == views
    assert extent.of(best, views) == (epochs, 1.0)
    assert extent_of(run, None, 100, 900).views(best, wanted) == wanted


def test_it_is_not_so_wide_that_judging_takes_too_long(run):
    assert extent_of(run, 10_000.0, SAMPLES, SAMPLES * 150).of(trained(7 / 1.15), 1).width == 3.0  # 90 s times nine


# --- the end of the search ---


@pytest.mark.parametrize(
    ("took", "final_epochs", "end"),
    [
        (700.0, None, 300.0),  # the final training needs all that is left
        (10.0, None, 548.6),  # 202 s for sixteen times as many epochs, with a tenth more samples and for safety
        (10.0, 7, 738.35),
        (None, None, 300.0),  # unknown
    ],
)
def test_the_search_goes_on_while_finalists_and_final_training_could_not_use_the_time(run, took, final_epochs, end):
    best, began = trained(took), time.monotonic()
    extent = extent_of(run, 1000.0, final_epochs=final_epochs)
    assert extent.end_of_search(best) - began == pytest.approx(end, abs=0.1)
    assert extent_of(run, None).end_of_search(best) is None


def test_a_wider_one_that_was_asked_for_needs_its_time(run):
    best, began = trained(10.0), time.monotonic()
    ends = [
        extent_of(run, 1000.0, final_epochs=epochs, final_width=width).end_of_search(best)
        for epochs, width in ((28, 1.0), (7, 2.0))
    ]
    assert ends[0] == pytest.approx(ends[1])
    assert ends[0] - began == pytest.approx(1000 * 0.77 - 19 - 1.1 * 46, abs=0.1)
    assert extent_of(run, 140.0, 100, 50, final_width=1.0).views(trained(70.0), 6) == 2
    assert extent_of(run, 140.0, 100, 50, final_width=2.0).views(trained(70.0), 6) == 1
