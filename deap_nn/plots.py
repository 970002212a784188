"""Pictures of a run. Each function draws on Matplotlib Axes and returns them; saving is the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.special import stdtrit


@dataclass(frozen=True)
class FitnessCurve:
    """What `plot_fitness` draws, by generation.

    Attributes:
        generations: their numbers.
        mean: accuracy of the networks that were trained in full.
        half_width: of the 95 % confidence interval of that mean (Student's t), 0 where there is one network.
        best: the best so far.
    """

    generations: np.ndarray
    mean: np.ndarray
    half_width: np.ndarray
    best: np.ndarray


def fitness_curve(logbook: Sequence[Mapping[str, Any]]) -> FitnessCurve:
    """Compute the curve of a logbook: a run's own, or one of DEAP's loops with avg, std and max.

    The number of networks behind a mean is that of the first generation (all of which is evaluated) less those
    that failed or were given up.

    Args:
        logbook: at least one row.

    Raises:
        ValueError: if it is empty or lacks a field.
    """
    if not logbook:
        raise ValueError("the logbook is empty, expected at least one generation")
    missing = {"gen", "nevals", "avg", "std", "max"} - logbook[0].keys()
    if missing:
        raise ValueError(
            f"the logbook lacks {', '.join(sorted(missing))}: register avg, std and max with deap.tools.Statistics"
        )
    size = logbook[0]["nevals"]
    counts = np.array([size - row.get("failed", 0) - row.get("pruned", 0) for row in logbook])
    deviation = _column(logbook, "std") * np.sqrt(counts / np.maximum(counts - 1, 1))
    half_width = stdtrit(np.maximum(counts - 1, 1), 0.975) * deviation / np.sqrt(np.maximum(counts, 1))
    highest = np.maximum.accumulate(np.nan_to_num(_column(logbook, "max"), nan=-np.inf))
    best = _column(logbook, "best") if "best" in logbook[0] else highest
    return FitnessCurve(_column(logbook, "gen"), _column(logbook, "avg"), half_width, best)


def plot_fitness(logbook: Sequence[Mapping[str, Any]], ax: Axes | None = None, label: str = "") -> Axes:
    """Draw the mean of each generation with the 95 % band of the mean, and the best so far.

    Args:
        logbook: of a run (`Run.logbook`) or of one of DEAP's loops.
        ax: where to draw; None for a figure of its own (`ax.figure.savefig(...)` saves it).
        label: what stands before "mean" and "best" in the legend.
    """
    curve = fitness_curve(logbook)
    if ax is None:
        ax = Figure(figsize=(7, 4.5), layout="constrained").subplots()
    (line,) = ax.plot(curve.generations, curve.mean, label=f"{label} mean".strip())
    ax.fill_between(
        curve.generations,
        curve.mean - curve.half_width,
        curve.mean + curve.half_width,
        color=line.get_color(),
        alpha=0.2,
        label=None if label else "95 % band of the mean",
    )
    ax.plot(
        curve.generations,
        curve.best,
        color=line.get_color(),
        linestyle="--",
        label=f"{label} best so far".strip(),
    )
    ax.set_xlabel("generation")
    ax.set_ylabel("validation accuracy")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def save(ax: Axes, path: Path) -> None:
    """Save the figure of `ax` as a PNG file; no display is needed."""
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.savefig(path, dpi=120)


def _column(logbook: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    return np.array([np.nan if row[name] is None else row[name] for row in logbook], float)
