"""The results of the turns: a table, a CSV file, and a plot of the best validation accuracy against time."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from contest.turn import WAYS, Turn

OURS = "deap_nn"
COLUMNS = ("networks", "given_up", "epochs", "validation_accuracy", "test_accuracy")


class Score(NamedTuple):
    """The results of one turn.

    Attributes:
        networks: Trainings that ended in time; a second training of a network by Hyperband counts again.
        given_up: Those of them that were pruned.
        epochs: The epochs trained in all of them.
        validation_accuracy: The best one, nan if there is none.
        test_accuracy: That of the winner, nan if there is none.
        curve: `(seconds, best validation accuracy so far)`, one row for each network trained in full.
    """

    networks: int
    given_up: int
    epochs: int
    validation_accuracy: float
    test_accuracy: float
    curve: np.ndarray

    def best_at(self, seconds: np.ndarray) -> np.ndarray:
        """Return the best validation accuracy at these times, nan before the first one."""
        bests = np.concatenate([[np.nan], self.curve[:, 1]])
        return bests[np.searchsorted(self.curve[:, 0], seconds, side="right")]

    def passed(self, accuracy: float) -> float:
        """Return the seconds after which an accuracy was reached, nan if it never was."""
        times = self.curve[self.curve[:, 1] >= accuracy, 0]
        return float(times[0]) if len(times) else np.nan


Scores = dict[str, list[tuple[int, Score]]]
"""For each way, its seeds and their scores."""


def write(out: Path, turns: Sequence[Turn]) -> list[str]:
    """Write `compare.csv`, `compare.md` and `compare.png`; return the lines of the table.

    Args:
        out: The folder to write to.
        turns: The turns; those that have not been taken are left out.
    """
    scores: Scores = {}
    for turn in turns:
        if turn.result:
            scores.setdefault(turn.way, []).append((turn.seed, score(turn)))
    lines = table(scores)
    write_csv(out / "compare.csv", scores)
    (out / "compare.md").write_text("\n".join(lines) + "\n")
    if scores:
        plot(scores, turns[0].conditions.seconds).savefig(out / "compare.png", dpi=150)
    return lines


def score(turn: Turn) -> Score:
    """Read the results of a turn."""
    evaluations = turn.evaluations
    complete = [line for line in evaluations if line["status"] == "ok"]
    bests = np.maximum.accumulate([line["accuracy"] for line in complete])
    test = turn.result["test_accuracy"]
    return Score(
        len(evaluations),
        sum(line["status"] == "pruned" for line in evaluations),
        sum(line["epochs"] for line in evaluations),
        float(bests[-1]) if complete else np.nan,
        np.nan if test is None else test,
        np.column_stack([[line["seconds"] for line in complete], bests]),
    )


def table(scores: Scores) -> list[str]:
    """Return the lines of a Markdown table: mean and standard deviation over the seeds."""
    level = np.nanmedian([score.validation_accuracy for _, score in scores[OURS]]) if OURS in scores else np.nan
    header = ["way", "seeds", "networks", "pruned", "epochs", "best validation accuracy", "test accuracy"]
    rows = [header + ([] if np.isnan(level) else [f"seconds to {level:.4f} (deap_nn's median)"])]
    rows.append(["---"] + ["---:"] * (len(rows[0]) - 1))
    for way, some in scores.items():
        own = [score for _, score in some]
        counts = [f"{np.mean([getattr(score, name) for score in own]):.0f}" for name in COLUMNS[:3]]
        spreads = [_spread([getattr(score, name) for score in own]) for name in COLUMNS[3:]]
        times = [] if np.isnan(level) else [_passed([score.passed(level) for score in own])]
        rows.append([WAYS[way].title, str(len(own)), *counts, *spreads, *times])
    return ["| " + " | ".join(row) + " |" for row in rows]


def _spread(values: Sequence[float]) -> str:
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return "-"
    return f"{known.mean():.4f}" + (f" ± {known.std(ddof=1):.4f}" if len(known) > 1 else "")


def _passed(times: Sequence[float]) -> str:
    known = [time for time in times if not np.isnan(time)]
    share = "" if len(known) == len(times) else f" ({len(known)} of {len(times)} seeds)"
    return f"{np.median(known):.0f}{share}" if known else "never"


def write_csv(path: Path, scores: Scores) -> None:
    """Write one row for each way and seed; a missing figure is an empty field."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["way", "seed", *COLUMNS])
        for way, some in scores.items():
            for seed, score in some:
                values = [getattr(score, name) for name in COLUMNS]
                writer.writerow([way, seed, *("" if np.isnan(value) else value for value in values)])


def plot(scores: Scores, seconds: float) -> Figure:
    """Plot the best validation accuracy against time: the mean over the seeds, once each of them has one."""
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.subplots()
    grid = np.linspace(0.0, seconds, 1001)
    for way, some in scores.items():
        axes.step(
            grid, np.mean([score.best_at(grid) for _, score in some], axis=0), where="post", label=WAYS[way].title
        )
    axes.set(xlabel="seconds", ylabel="best validation accuracy", xlim=(0, seconds))
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3)
    return figure
