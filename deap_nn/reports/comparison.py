"""A comparison of runs that differ in one thing: means, their spread, and differences run by run.

Input: runs grouped by what they differ in, with one per seed in each group. Output: a CSV file and a table.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from deap_nn.plots import half_width
from deap_nn.runs import Run

Groups = Mapping[str, Sequence[Run]]
MEASURES = ("search_validation_accuracy", "test_accuracy")


def accuracies(run: Run) -> tuple[float, ...]:
    """Return the best validation accuracy and the test accuracy of a run whose winner is trained."""
    best = run.best or {}
    return tuple(best[measure] for measure in MEASURES)


def write_csv(path: Path, groups: Groups) -> None:
    """Write one row per run."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["group", "seed", "status", "generations", "evaluations", *MEASURES])
        for name, runs in groups.items():
            for run in runs:
                logbook = run.logbook
                counts = (len(logbook) - 1, sum(logbook.select("nevals")))
                writer.writerow([name, run.info["settings"]["seed"], run.status, *counts, *accuracies(run)])


def table(groups: Groups) -> list[str]:
    """Return the lines of a table: mean and standard deviation by group, then the differences between groups.

    Differences are taken seed by seed; the mean difference is followed by half the width of its 95 % confidence
    interval (Student's t). With one run per group there is no spread, and "-" takes its place.

    Args:
        groups: The runs by group: in each the same seeds in the same order, at least one.
    """
    values = {name: np.array([accuracies(run) for run in runs]) for name, runs in groups.items()}
    lines = [_line("", "validation accuracy", "test accuracy")]
    for name, rows in values.items():
        spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.full(len(MEASURES), np.nan)
        lines.append(_line(name, *_cells(rows.mean(axis=0), spread, "")))
    for (name, rows), (other, others) in combinations(values.items(), 2):
        gain = others - rows
        spread = gain.std(axis=0, ddof=1) if len(gain) > 1 else np.full(len(MEASURES), np.nan)
        interval = half_width(spread, np.full(len(MEASURES), len(gain)))
        lines.append(_line(f"{other} less {name}", *_cells(gain.mean(axis=0), interval, "+")))
    return lines


def _cells(means: np.ndarray, spreads: np.ndarray, sign: str) -> list[str]:
    return [
        f"{mean:{sign}.4f} ± " + ("-" if np.isnan(spread) else f"{spread:.4f}")
        for mean, spread in zip(means, spreads, strict=True)
    ]


def _line(name: str, *cells: str) -> str:
    return f"{name:26}" + "".join(f"{cell:>22}" for cell in cells)
