"""What pictures of generations show."""

import matplotlib.image
import numpy as np
import pytest
from deap import tools
from logbook_stubs import LOGBOOK, T, deaps_own, row
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deap_nn.plots import fitness_curve, plot_comparison, plot_fitness, save


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


def test_deaps_logbook_is_drawn():
    logbook = deaps_own()
    (best, mean) = plot_fitness(logbook).lines
    assert mean.get_ydata().tolist() == logbook.select("avg")
    assert len(best.get_ydata()) == 5


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
