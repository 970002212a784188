"""Plots of runs. Each function computes a plain record, draws it on Matplotlib Axes and returns the Axes.

Saving is up to the caller; `save` needs no display.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.special import stdtrit

from deap_nn.errors import InputError

Point = Sequence[float]

Logbook = Sequence[Mapping[str, Any]]
"""The logbook of a run, or of one of DEAP's loops with avg, std and max."""


@dataclass(frozen=True)
class FitnessCurve:
    """The data that `plot_fitness` draws, by generation.

    Attributes:
        generations: The numbers of the generations.
        mean: The mean accuracy of the networks that were trained in full; NaN if there is none.
        half_width: Half the width of the 95 % confidence interval of that mean (Student's t); NaN for fewer than two
            networks.
        best: The best so far.
    """

    generations: np.ndarray
    mean: np.ndarray
    half_width: np.ndarray
    best: np.ndarray


@dataclass(frozen=True)
class BestCurve:
    """The data that `plot_comparison` draws for several runs of one kind, by generation.

    Attributes:
        generations: The numbers of the generations.
        mean: The mean of the runs' best so far; a run that ended early keeps its last value.
        half_width: Half the width of the 95 % confidence interval of that mean (Student's t); NaN for a single run.
    """

    generations: np.ndarray
    mean: np.ndarray
    half_width: np.ndarray


def fitness_curve(logbook: Logbook) -> FitnessCurve:
    """Compute the curve of a logbook.

    The number of networks behind a mean is the row's `trained` if present, otherwise the size of the first
    generation, all of which is evaluated.

    Args:
        logbook: At least one row with gen, nevals, avg, std and max.

    Raises:
        InputError: If it is empty or lacks a field.
    """
    _check(logbook, "gen", "nevals", "avg", "std", "max")
    size = logbook[0]["nevals"]
    counts = np.array([row.get("trained", size) for row in logbook], float)
    # A logbook's std is that of the whole population; the interval needs that of a sample.
    deviation = _column(logbook, "std") * np.sqrt(counts / np.where(counts > 1, counts - 1, np.nan))
    return FitnessCurve(
        _column(logbook, "gen"), _column(logbook, "avg"), half_width(deviation, counts), best_so_far(logbook)
    )


def best_curve(logbooks: Sequence[Logbook]) -> BestCurve:
    """Compute the mean curve of the best so far of several runs.

    Args:
        logbooks: At least one, each of at least one row.

    Raises:
        InputError: If there is none, or one is empty or lacks a field.
    """
    if not logbooks:
        raise InputError("received no logbooks, expected those of at least one run")
    courses = [best_so_far(logbook) for logbook in logbooks]
    length = max(map(len, courses))
    table = np.array([np.pad(course, (0, length - len(course)), mode="edge") for course in courses])
    runs = np.full(length, len(courses), float)
    deviation = table.std(axis=0, ddof=1) if len(courses) > 1 else np.full(length, np.nan)
    return BestCurve(np.arange(length), table.mean(axis=0), half_width(deviation, runs))


def best_so_far(logbook: Logbook) -> np.ndarray:
    """Return the best fitness up to each generation; NaN while there is none."""
    _check(logbook, "gen", "max")
    if "best" in logbook[0]:
        return _column(logbook, "best")
    highest = np.fmax.accumulate(_column(logbook, "max"))
    return np.asarray(highest)


def half_width(deviation: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return half the width of the 95 % confidence interval of a mean.

    Args:
        deviation: The standard deviation of the sample (divided by n - 1).
        counts: The size n of the sample; for fewer than two there is no interval, and the result is NaN.
    """
    degrees = np.where(counts > 1, counts - 1, np.nan)
    return np.asarray(stdtrit(degrees, 0.975) * deviation / np.sqrt(degrees + 1))


class HasLogbook(Protocol):
    """A run, or anything else that has a logbook."""

    @property
    def logbook(self) -> Any:
        """The logbook."""


def plot_fitness(
    logbook: Logbook | HasLogbook, ax: Axes | None = None, label: str = "", measure: str = "validation accuracy"
) -> Axes:
    """Draw the mean of each generation with the 95 % band of the mean, and the best so far.

    Args:
        logbook: A run, its logbook, or that of one of DEAP's loops.
        ax: The Axes to draw on; None for a new figure (`ax.figure.savefig(...)` saves it).
        label: The text before "mean" and "best" in the legend, if several runs share the Axes.
        measure: What the fitness is, in words.
    """
    curve = fitness_curve(logbook if isinstance(logbook, Sequence) else logbook.logbook)
    ax = _axes() if ax is None else ax
    (best,) = ax.plot(curve.generations, curve.best, marker=".", linewidth=2, label=f"{label} best so far".strip())
    (mean,) = ax.plot(curve.generations, curve.mean, marker=".", label=f"{label} mean".strip())
    if label:
        mean.set(color=best.get_color(), linestyle="--")
    _band(ax, curve.generations, curve.mean, curve.half_width, mean.get_color(), "" if label else "of the mean")
    return _finish(ax, measure)


def plot_comparison(logbooks: Mapping[str, Sequence[Logbook]], ax: Axes | None = None) -> Axes:
    """Draw, for each kind of run, the mean curve of the best so far, with the 95 % band of that mean.

    Args:
        logbooks: The logbooks of the runs of each kind, by the kind's name.
        ax: The Axes to draw on; None for a new figure.
    """
    ax = _axes() if ax is None else ax
    for name, several in logbooks.items():
        curve = best_curve(several)
        runs = f"{len(several)} run" + "s" * (len(several) > 1)
        (line,) = ax.plot(curve.generations, curve.mean, marker=".", linewidth=2, label=f"{name} ({runs})")
        _band(ax, curve.generations, curve.mean, curve.half_width, line.get_color())
    return _finish(ax, "best validation accuracy so far\n(mean of the runs and its 95 % band)")


def plot_front(networks: Sequence[Point], weights: Sequence[float], names: Sequence[str]) -> list[Axes]:
    """Draw networks by their objectives, and which of them none dominates: a panel for each objective but the first.

    Args:
        networks: The values of each network in all objectives, at least one network and two objectives.
        weights: 1.0 for each objective of which more is better, -1.0 where less is.
        names: What the objectives are, in words.

    Raises:
        InputError: If there are no networks.
    """
    cloud = front_cloud(networks, weights)
    panels = len(names) - 1
    figure = Figure(figsize=(7 if panels == 1 else 5 * panels, 4.5), layout="constrained")
    axes = list(figure.subplots(1, panels, squeeze=False)[0])
    for place, ax in enumerate(axes, start=1):
        front = cloud.front[np.argsort(cloud.front[:, place], kind="stable")]
        ax.scatter(cloud.others[:, place], cloud.others[:, 0], s=12, color="0.6", label="dominated")
        if panels == 1:  # with more objectives, a line would join what is no neighbour
            ax.step(front[:, 1], front[:, 0], where="post" if weights[1] < 0 else "pre", alpha=0.6)
        ax.scatter(front[:, place], front[:, 0], s=28, zorder=3, label="the front")
        _label_front(ax, cloud, place, names)
    axes[-1].legend(frameon=False, loc="best")
    return axes


@dataclass(frozen=True)
class FrontCloud:
    """The data that `plot_front` draws, a row for each network, a column for each objective.

    Attributes:
        front: The networks that no other dominates.
        others: All others.
    """

    front: np.ndarray
    others: np.ndarray


def front_cloud(networks: Sequence[Point], weights: Sequence[float]) -> FrontCloud:
    """Tell the networks that none dominates from the others.

    Raises:
        InputError: If there are no networks.
    """
    if not networks:
        raise InputError("received no networks, expected at least one that was trained in full")
    values = np.array([tuple(one) for one in networks], float)
    weighted = values * np.array(weights)
    is_dominated = np.array([bool(((weighted >= row).all(1) & (weighted > row).any(1)).any()) for row in weighted])
    return FrontCloud(values[~is_dominated], values[is_dominated])


def _label_front(ax: Axes, cloud: FrontCloud, place: int, names: Sequence[str]) -> None:
    column = np.concatenate([cloud.front[:, place], cloud.others[:, place]])
    if column.min() > 0 and column.max() > 10 * column.min():
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(nbins=5))
    ax.set_xlabel(names[place])
    ax.set_ylabel(names[0])
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)


def png(ax: Axes) -> bytes:
    """Return the figure of `ax` as a PNG file; no display is needed."""
    figure, content = ax.get_figure(root=True), BytesIO()
    if figure is not None:
        figure.savefig(content, dpi=120, format="png")
    return content.getvalue()


def save(ax: Axes, path: Path) -> None:
    """Save the figure of `ax` as a PNG file."""
    path.write_bytes(png(ax))


def _axes() -> Axes:
    return Figure(figsize=(7, 4.5), layout="constrained").subplots()


def _band(ax: Axes, x: np.ndarray, middle: np.ndarray, half: np.ndarray, color: Any, of: str = "") -> None:
    label = f"95 % band {of}" if of else None
    ax.fill_between(x, middle - half, middle + half, color=color, alpha=0.18, linewidth=0, label=label)


def _finish(ax: Axes, measure: str) -> Axes:
    ax.set_xlabel("generation")
    ax.set_ylabel(measure)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="best")
    _keep_lines_in_view(ax)
    return ax


def _keep_lines_in_view(ax: Axes) -> None:
    """Let a band that is much wider than the lines, such as that of two runs, run off the plot."""
    values = np.concatenate([np.asarray(line.get_ydata(), float) for line in ax.lines])
    values = values[np.isfinite(values)]
    if len(values):
        room = max(0.6 * float(np.ptp(values)), 0.02)
        bottom, top = ax.get_ylim()
        ax.set_ylim(max(bottom, values.min() - room), min(top, values.max() + room), auto=True)


def _check(logbook: Logbook, *fields: str) -> None:
    if not logbook:
        raise InputError("the logbook is empty, expected at least one generation")
    missing = [field for field in fields if field not in logbook[0]]
    if missing:
        raise InputError(
            f"the logbook lacks {', '.join(missing)}: register avg, std and max with deap.tools.Statistics"
        )


def _column(logbook: Logbook, name: str) -> np.ndarray:
    return np.array([np.nan if row[name] is None else row[name] for row in logbook], float)
