"""The records behind pictures of generations, in exact numbers."""

import math

import numpy as np
import pytest
from logbook_stubs import LOGBOOK, T, deaps_own, row

from deap_nn.plots import best_curve, best_so_far, fitness_curve


def test_the_band_is_students_interval_of_the_mean():
    curve = fitness_curve(LOGBOOK)
    assert curve.generations.tolist() == [0, 1, 2]
    assert curve.mean == pytest.approx([0.25, 0.45, 0.4])
    assert curve.best.tolist() == [0.4, 0.5, 0.6]
    deviation = [math.sqrt(0.05 / 3), math.sqrt(0.005), math.sqrt(0.06 / 3)]
    counts = [4, 2, 4]
    expected = [T[n] * s / math.sqrt(n) for s, n in zip(deviation, counts, strict=True)]
    assert curve.half_width == pytest.approx(expected, rel=1e-6)


def test_survivors_that_once_failed_stay_out_of_the_band_in_later_generations():
    # a generation of 4 of which 2 failed long ago: nothing failed in this generation, the mean is that of 2
    later = {**row(1, [0.4, 0.5], 0.5), "failed": 0, "nevals": 1}
    assert fitness_curve([LOGBOOK[0], later]).half_width[1] == pytest.approx(T[2] * math.sqrt(0.005 / 2), rel=1e-6)


def test_one_network_has_a_mean_and_no_band():
    curve = fitness_curve([row(0, [0.3], 0.3, failures=3)])
    assert curve.mean.tolist() == [0.3]
    assert np.isnan(curve.half_width).all()


def test_a_generation_in_which_all_failed_is_a_gap():
    curve = fitness_curve([LOGBOOK[0], row(1, [], 0.4, failures=4), LOGBOOK[2]])
    assert np.isnan(curve.mean).tolist() == [False, True, False]
    assert np.isnan(curve.half_width).tolist() == [False, True, False]
    assert curve.best.tolist() == [0.4, 0.4, 0.6]


def test_the_logbook_of_deaps_own_loop():
    logbook = deaps_own()
    curve = fitness_curve(logbook)
    assert curve.generations.tolist() == [0, 1, 2, 3, 4]
    assert curve.mean.tolist() == logbook.select("avg")
    assert curve.half_width == pytest.approx(np.array(logbook.select("std")) * T[5] / math.sqrt(4), rel=1e-6)
    highest = logbook.select("max")
    assert curve.best.tolist() == [max(highest[: number + 1]) for number in range(5)]


def test_the_best_so_far_never_falls_and_starts_with_the_first_success():
    rows = [{"gen": number, "max": value} for number, value in enumerate([None, 0.4, 0.2, None, 0.5])]
    assert best_so_far(rows).tolist() == pytest.approx([math.nan, 0.4, 0.4, 0.4, 0.5], nan_ok=True)


def test_runs_are_averaged_and_one_that_ended_early_keeps_its_best():
    short = [row(0, [0.1], 0.2)]
    long = [row(0, [0.1], 0.1), row(1, [0.1], 0.6), row(2, [0.1], 0.7)]
    curve = best_curve([short, long])
    assert curve.generations.tolist() == [0, 1, 2]
    assert curve.mean == pytest.approx([0.15, 0.4, 0.45])
    # the standard deviation of two values is their difference over the root of 2
    assert curve.half_width == pytest.approx([T[2] * d / 2 for d in (0.1, 0.4, 0.5)], rel=1e-6)


def test_a_single_run_has_no_band():
    curve = best_curve([LOGBOOK])
    assert curve.mean.tolist() == [0.4, 0.5, 0.6]
    assert np.isnan(curve.half_width).all()


def test_no_runs_are_refused():
    with pytest.raises(ValueError, match="received no logbooks, expected those of at least one run"):
        best_curve([])
