"""Pictures of several objectives: all networks, and those that no other is better than in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deap_nn.errors import InputError
from deap_nn.plots.canvas import tidy

Point = Sequence[float]


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
    tidy(ax)
