"""What pictures of several objectives show."""

import pytest

from deap_nn.plots import front_cloud, plot_front

NETWORKS = [(0.9, 500, 3.0), (0.8, 20, 2.0), (0.7, 30, 1.0), (0.6, 900, 9.0)]


def test_a_front_is_what_none_dominates():
    cloud = front_cloud([one[:2] for one in NETWORKS], (1.0, -1.0))
    assert cloud.front.tolist() == [[0.9, 500], [0.8, 20]]
    assert cloud.others.tolist() == [[0.7, 30], [0.6, 900]]
    assert front_cloud(NETWORKS, (1.0, -1.0, -1.0)).others.tolist() == [[0.6, 900, 9.0]]
    with pytest.raises(ValueError, match="received no networks"):
        front_cloud([], (1.0, -1.0))


def test_there_is_a_panel_for_each_objective_besides_the_first():
    (ax,) = plot_front([one[:2] for one in NETWORKS], (1.0, -1.0), ("accuracy", "parameters"))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale()) == ("parameters", "accuracy", "log")
    assert ax.lines[0].get_drawstyle() == "steps-post"
    left, right = plot_front(NETWORKS, (1.0, -1.0, -1.0), ("accuracy", "parameters", "latency"))
    assert (left.get_xlabel(), right.get_xlabel(), right.get_xscale()) == ("parameters", "latency", "linear")
    assert left.figure is right.figure
    assert not left.lines
