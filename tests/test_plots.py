"""The record behind each picture in exact numbers, then what is drawn."""

import math
import random

import matplotlib.image
import numpy as np
import pytest
from deap import algorithms, tools
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deap_nn.evolution import make_toolbox
from deap_nn.plots import (
    best_curve,
    best_so_far,
    fitness_curve,
    front_cloud,
    plot_comparison,
    plot_fitness,
    plot_front,
    save,
)
from deap_nn.space.presets import FULL

T = {2: 12.706205, 3: 4.302653, 4: 3.182446, 5: 2.776445}
"""Student's t for a 95 % interval, from a table, by the number of values."""


def row(generation, accuracies, best, failures=0, nevals=None):
    """A row of a run's logbook."""
    values = np.array(accuracies, float)
    known = {
        "avg": values.mean(), "std": values.std(), "min": values.min(), "max": values.max()
    } if accuracies else dict.fromkeys(("avg", "std", "min", "max"))  # fmt: skip
    nevals = len(accuracies) + failures if nevals is None else nevals
    return {"gen": generation, "nevals": nevals, **known, "trained": len(accuracies), "best": best, "failed": failures}


LOGBOOK = [
    row(0, [0.1, 0.2, 0.3, 0.4], 0.4),
    row(1, [0.4, 0.5], 0.5, failures=2, nevals=2),
    row(2, [0.3, 0.3, 0.6, 0.4], 0.6, nevals=2),
]


@pytest.fixture(scope="module")
def deaps_own():
    """The logbook of DEAP's eaSimple, with the statistics that its tutorials register."""
    random.seed(4)
    toolbox = make_toolbox(FULL, evaluate=lambda individual: (individual[-1].genes["epochs"] / 25,))
    toolbox.register("select", tools.selTournament, tournsize=2)
    stats = tools.Statistics(lambda individual: individual.fitness.values)
    for name, function in (("avg", np.mean), ("std", np.std), ("min", np.min), ("max", np.max)):
        stats.register(name, function)
    return algorithms.eaSimple(toolbox.population(n=5), toolbox, 0.5, 0.5, 4, stats=stats, verbose=False)[1]


# --- records ---


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


def test_the_logbook_of_deaps_own_loop(deaps_own):
    curve = fitness_curve(deaps_own)
    assert curve.generations.tolist() == [0, 1, 2, 3, 4]
    assert curve.mean.tolist() == deaps_own.select("avg")
    assert curve.half_width == pytest.approx(np.array(deaps_own.select("std")) * T[5] / math.sqrt(4), rel=1e-6)
    highest = deaps_own.select("max")
    assert curve.best.tolist() == [max(highest[: number + 1]) for number in range(5)]


def test_the_best_so_far_never_falls_and_starts_with_the_first_success():
    rows = [{"gen": number, "max": value} for number, value in enumerate([None, 0.4, 0.2, None, 0.5])]
    assert best_so_far(rows).tolist() == pytest.approx([math.nan, 0.4, 0.4, 0.4, 0.5], nan_ok=True)


@pytest.mark.parametrize(
    ("logbook", "message"),
    [
        ([], "the logbook is empty, expected at least one generation"),
        ([{"gen": 0, "nevals": 5, "max": 0.5}], "the logbook lacks avg, std: register avg, std and max with"),
        (tools.Logbook(), "the logbook is empty"),
    ],
)
def test_a_logbook_that_cannot_be_drawn_is_refused(logbook, message):
    with pytest.raises(ValueError, match=message):
        plot_fitness(logbook)


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


# --- pictures ---


def band(ax, number=0):
    """The lower and the upper edge of a band, by generation."""
    corners = np.concatenate([path.vertices for path in ax.collections[number].get_paths()])
    return {
        x: (corners[corners[:, 0] == x, 1].min(), corners[corners[:, 0] == x, 1].max())
        for x in sorted(set(corners[:, 0]))
    }


def test_the_picture_shows_the_record():
    ax = plot_fitness(LOGBOOK)
    assert isinstance(ax, Axes)
    curve = fitness_curve(LOGBOOK)
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["mean"].get_ydata().tolist() == curve.mean.tolist()
    assert lines["best so far"].get_ydata().tolist() == curve.best.tolist()
    for number, (low, high) in band(ax).items():
        middle, half = curve.mean[int(number)], curve.half_width[int(number)]
        assert (low, high) == pytest.approx((middle - half, middle + half))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("generation", "validation accuracy")
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["best so far", "mean", "95 % band of the mean"]
    assert all(float(tick).is_integer() for tick in ax.get_xticks())


def test_it_draws_where_it_is_told_and_names_several_runs():
    ax = Figure().subplots()
    assert plot_fitness(LOGBOOK, ax, "a") is ax
    assert plot_fitness(LOGBOOK[:2], ax, "b") is ax
    assert [line.get_label() for line in ax.lines] == ["a best so far", "a mean", "b best so far", "b mean"]
    colors = [line.get_color() for line in ax.lines]
    assert colors[0] == colors[1] != colors[2] == colors[3]


def test_the_lines_stay_in_view_however_wide_the_band_is():
    wide = [row(number, [0.0, 1.0], 0.5 + number / 100) for number in range(3)]
    ax = plot_fitness(wide)
    bottom, top = ax.get_ylim()
    assert bottom < 0.5 < 0.52 < top
    assert top - bottom < 0.2
    plot_fitness(LOGBOOK, ax, "wider")
    assert ax.get_ylim()[0] < 0.25
    assert ax.get_ylim()[1] > 0.6


@pytest.mark.parametrize(
    "logbook", [LOGBOOK[:1], [row(0, [], 0.0, failures=4)], [row(0, [0.5] * 4, 0.5)] * 2], ids=["one", "none", "flat"]
)
def test_thin_logbooks_are_drawn_too(logbook, tmp_path):
    save(plot_fitness(logbook), tmp_path / "fitness.png")
    assert (tmp_path / "fitness.png").stat().st_size > 1000


def test_deaps_logbook_is_drawn(deaps_own):
    (best, mean) = plot_fitness(deaps_own).lines
    assert mean.get_ydata().tolist() == deaps_own.select("avg")
    assert len(best.get_ydata()) == 5


def test_a_comparison_has_a_line_and_a_band_for_each_kind():
    ax = plot_comparison({"one": [LOGBOOK, LOGBOOK[:2]], "two": [LOGBOOK]})
    assert isinstance(ax, Axes)
    assert [line.get_label() for line in ax.lines] == ["one (2 runs)", "two (1 run)"]
    assert ax.lines[0].get_ydata() == pytest.approx([0.4, 0.5, 0.55])
    assert ax.lines[1].get_ydata() == pytest.approx([0.4, 0.5, 0.6])
    assert band(ax)[2.0] == pytest.approx((0.55 - T[2] * 0.05, 0.55 + T[2] * 0.05), rel=1e-5)
    assert ax.get_xlabel() == "generation"
    assert ax.get_ylabel().startswith("best validation accuracy so far")


def test_a_picture_is_saved_as_a_png_file(tmp_path):
    save(plot_fitness(LOGBOOK), tmp_path / "fitness.png")
    assert (tmp_path / "fitness.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert matplotlib.image.imread(tmp_path / "fitness.png").std() > 0.01  # not empty


# --- fronts ---

NETWORKS = [(0.9, 500, 3.0), (0.8, 20, 2.0), (0.7, 30, 1.0), (0.6, 900, 9.0)]


def test_a_front_is_what_none_dominates():
    cloud = front_cloud([one[:2] for one in NETWORKS], (1.0, -1.0))
    assert cloud.front.tolist() == [[0.9, 500], [0.8, 20]]
    assert cloud.others.tolist() == [[0.7, 30], [0.6, 900]]
    assert front_cloud(NETWORKS, (1.0, -1.0, -1.0)).others.tolist() == [[0.6, 900, 9.0]]
    with pytest.raises(ValueError, match="received no networks"):
        front_cloud([], (1.0, -1.0))


def test_there_is_a_panel_for_each_objective_besides_the_first():
    (ax,) = plot_front([one[:2] for one in NETWORKS], (1.0, -1.0), ("accuracy", "parameters"))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("parameters", "accuracy", "log")
    assert ax.lines[0].get_drawstyle() == "steps-post"
    left, right = plot_front(NETWORKS, (1.0, -1.0, -1.0), ("accuracy", "parameters", "latency"))
    assert (left.get_xlabel(), right.get_xlabel(), right.get_xscale()) == ("parameters", "latency", "linear")
    assert left.figure is right.figure
    assert not left.lines
