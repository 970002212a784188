"""The views of an image that a trained network may judge: both sides of it, and these shifted by a pixel.

It answers with the mean of its outputs. What is learnt with mirrored and shifted images should not depend on side and
place, but does a little; the mean of several views depends on them less (Krizhevsky et al. 2012,
https://papers.nips.cc/paper/4824; Jordan 2024, https://arxiv.org/abs/2404.00498, whose six views these are).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from deap_nn.recipe.schedule import Schedule

SHIFTS = (0, 1, -1)
"""The pixels by which an image moves up and to the left; negative: down and to the right."""

VIEWS = {
    1: [(0, False)],
    2: list(product(SHIFTS[:1], (False, True))),
    3: list(product(SHIFTS, (False,))),
    6: list(product(SHIFTS, (False, True))),
}
"""The shift of each view, and whether it is mirrored left to right, by the number of views."""

FEWER = {6: 2, 3: 1, 2: 1}
"""The next smaller number of views that a network which knows so many knows, too."""


def reflected(size: int, shift: int) -> np.ndarray:
    """Return the positions `shift, shift + 1, ...` folded into `0 ... size - 1`: a shift of less than the size."""
    positions = np.abs(np.arange(size) + shift)
    return np.where(positions < size, positions, 2 * (size - 1) - positions)


def views_known(schedule: Schedule) -> list[int]:
    """Return the numbers of views, above 1, that a training prepares its network for."""
    flips, shifts = schedule.flip != "none", schedule.shift > 0
    return [number for number, known in ((2, flips), (3, shifts and not flips), (6, shifts and flips)) if known]
