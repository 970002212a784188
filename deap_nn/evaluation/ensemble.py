"""Several trained networks as one: the mean of their outputs (Hansen and Salamon 1990, doi 10.1109/34.58871)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deap_nn.evaluation.problem import Problem


@dataclass(frozen=True)
class Ensemble:
    """Networks as one.

    Attributes:
        model: The content of its `.keras` file.
        report: Its results on the test split, see `Task.report`.
    """

    model: bytes
    report: dict[str, Any]


def join_winners(models: Sequence[bytes], problem: Problem) -> Ensemble:
    """Return trained networks as one that puts out the mean of their outputs, measured on the test split.

    Args:
        models: The content of their `.keras` files.
        problem: The data of the search.
    """
    from deap_nn.models import averaged, model_bytes, outputs_of

    splits = problem.splits()
    model = averaged(models)
    return Ensemble(model_bytes(model), splits.task.report(splits.y_test, outputs_of(model, splits.x_test)))
