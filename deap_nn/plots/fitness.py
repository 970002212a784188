"""Pictures of generations: of one run, and of several kinds of runs beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from deap_nn.plots.canvas import new_axes, tidy
from deap_nn.plots.curves import Logbook, best_curve, fitness_curve


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
    ax = new_axes() if ax is None else ax
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
    ax = new_axes() if ax is None else ax
    for name, several in logbooks.items():
        curve = best_curve(several)
        runs = f"{len(several)} run" + "s" * (len(several) > 1)
        (line,) = ax.plot(curve.generations, curve.mean, marker=".", linewidth=2, label=f"{name} ({runs})")
        _band(ax, curve.generations, curve.mean, curve.half_width, line.get_color())
    return _finish(ax, "best validation accuracy so far\n(mean of the runs and its 95 % band)")


def _band(ax: Axes, x: np.ndarray, middle: np.ndarray, half: np.ndarray, color: Any, of: str = "") -> None:
    label = f"95 % band {of}" if of else None
    ax.fill_between(x, middle - half, middle + half, color=color, alpha=0.18, linewidth=0, label=label)


def _finish(ax: Axes, measure: str) -> Axes:
    ax.set_xlabel("generation")
    ax.set_ylabel(measure)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    tidy(ax)
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
