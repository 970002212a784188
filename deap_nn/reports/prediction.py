"""The best network of a run at work: raw images in, probabilities out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deap_nn.data import read_npz

NAMES = ("x", "x_test")


def read_images(path: Path) -> np.ndarray:
    """Read raw inputs from an .npz file: the array `x`, else `x_test`, else the only array.

    Raises:
        ValueError: if there is no such array.
    """
    arrays, _ = read_npz(path)
    for name in NAMES:
        if name in arrays:
            return arrays[name]
    if len(arrays) != 1:
        raise ValueError(f"{path} holds {', '.join(arrays) or 'nothing'}; expected an array x, or x_test, or one alone")
    return next(iter(arrays.values()))


def predict_probabilities(run_dir: Path, images: np.ndarray) -> np.ndarray:
    """Return the probability of each class (columns) for each image (rows).

    Args:
        run_dir: of a run whose winner is trained.
        images: raw, as the run's data was: `(n, height, width, channels)`, `(n, height, width)` or `(n, features)`.

    Raises:
        ValueError: if the run has no trained network, or the images have another shape than its data.
    """
    path = run_dir / "best.keras"
    if not path.exists():
        raise ValueError(f"{run_dir} holds no best.keras: name the directory of a run that has trained its winner")
    from deap_nn.training import predict_file  # loads Keras

    return predict_file(path, images)


def to_csv(probabilities: np.ndarray) -> str:
    """Return a table: the number of the image, the likeliest class, the probability of each class."""
    header = ["image", "class", *(f"p{label}" for label in range(probabilities.shape[1]))]
    rows = [
        [str(number), str(row.argmax()), *(f"{value:.6f}" for value in row)] for number, row in enumerate(probabilities)
    ]
    return "".join(",".join(line) + "\n" for line in [header, *rows])
