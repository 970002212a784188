"""Predictions of a run's best network. Input: raw inputs. Output: a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deap_nn.data import check_numbers, read_npz
from deap_nn.errors import InputError
from deap_nn.runs import MODEL, Run
from deap_nn.tasks import Task, task_from_json

NAMES = ("x", "x_test")


def read_images(path: Path) -> np.ndarray:
    """Return raw inputs from an .npz file: the array `x`, else `x_test`, else the only array.

    Raises:
        InputError: If there is no such array.
    """
    arrays, _ = read_npz(path)
    for name in NAMES:
        if name in arrays:
            return np.asarray(arrays[name])
    if len(arrays) != 1:
        raise InputError(f"{path} holds {', '.join(arrays) or 'nothing'}; expected an array x, or x_test, or one alone")
    return np.asarray(next(iter(arrays.values())))


def predict(run_dir: Path, images: np.ndarray) -> str:
    """Return, as CSV, the predictions of a run's best network for each image.

    Args:
        run_dir: The directory of a run whose winner is trained.
        images: Raw images, in the form of the run's data: `(n, height, width, channels)`, `(n, height, width)` or
            `(n, features)`.

    Raises:
        InputError: If the run has no trained network, or there are no images, or other ones than it was trained on.
    """
    run = Run(run_dir)
    path = run.path / MODEL
    if not path.exists():
        raise InputError(f"{run_dir} holds no {MODEL}: name the directory of a run that has trained its winner")
    images = check_numbers("images", images)
    from deap_nn.models import predict_file  # The import loads Keras

    return to_csv(predict_file(path, images), task_from_json(run.info["data"]))


def to_csv(outputs: np.ndarray, task: Task) -> str:
    """Return a table of a network's outputs: the number of the image and the task's columns."""
    header, rows = task.table(outputs)
    lines = [["image", *header], *([str(number), *row] for number, row in enumerate(rows))]
    return "".join(",".join(line) + "\n" for line in lines)
