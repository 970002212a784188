"""How fast final trainings are expected to be."""

import os
from types import SimpleNamespace

import pytest
import search_stubs
from search_stubs import trained

from deap_nn.search import Settings, final_pace
from deap_nn.search.final_pace import MORE_SAMPLES, WIDE, FinalPace
from deap_nn.search.objective import Objective


def pace_of(workers=1, **objective):
    made = Objective(search_stubs.fitness, {"evaluate": "stub"}, **objective)
    return FinalPace(Settings(), SimpleNamespace(capacity=workers), made)


@pytest.mark.parametrize(
    ("gpus", "workers", "faster"),
    [((), 4, 8.5), (("0",), 1, 1.0), (("0",), 4, 3.0), (("0", "1"), 4, 1.67)],
)
def test_on_a_gpu_neighbours_count_and_threads_do_not(monkeypatch, gpus, workers, faster):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(16))
    monkeypatch.setattr(final_pace, "find_gpus", lambda: gpus)
    assert pace_of(workers).of_epoch(trained()) == pytest.approx(10 * MORE_SAMPLES / faster, rel=0.01)


def test_a_wider_one_takes_longer(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(1))
    pace = pace_of(cost=lambda one: one[0], widen=lambda one, factor: [one[0] * factor], samples=10, test_samples=5)
    assert pace.growth([3.0], 1.0) == 1.0
    assert pace.growth([3.0], 4.0) == 4.0**WIDE
    assert pace_of().growth([3.0], 4.0) == 16.0  # nothing is known
    best, unknown = trained(), pace_of(samples=10, test_samples=5)
    assert unknown.of_epoch(best, 2.0) == pytest.approx(4 * unknown.of_epoch(best))
    assert unknown.of_judging(best, 3, 2.0) == pytest.approx(4 * unknown.of_judging(best, 3))


def test_of_a_network_that_the_search_has_not_trained_nothing_is_known():
    assert pace_of().of_epoch(trained(None), 2.0) is None
    assert pace_of(samples=10, test_samples=5).of_judging(trained(None), 3) == 0.0
