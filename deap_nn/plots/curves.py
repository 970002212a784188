"""What pictures of generations show, as plain records: means with their bands, and the best so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from deap_nn.errors import InputError

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
