"""What a search would be, said before it begins."""

import numpy as np
import pytest

from deap_nn import Block, LayerKind, SearchSpace
from deap_nn.evaluation import Pace
from deap_nn.search import dry_run
from deap_nn.space.presets import DENSE


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Nothing is trained: a second, and one for 10 million multiply-adds."""
    import sys

    monkeypatch.setattr(sys.modules["deap_nn.search.outlook"], "timed", lambda *_: Pace(1.0, 1e7))


def test_it_says_which_networks_and_how_long(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = dry_run("dense", "digits", engine="serial", algorithm="truncation", population=10, generations=4)
    assert said.startswith("search space dense")
    assert "first networks, the middle of 100 and the smallest and largest" in said
    assert "at most 42 trainings on 1 workers" in said
    assert list(tmp_path.iterdir()) == []


def test_with_a_budget_it_says_what_fits(tmp_path):
    said = dry_run(None, "digits", engine="serial", budget="1h")
    assert "search space vision" in said
    assert "in 60.0 minutes: about" in said


def test_with_halving_an_evaluation_is_a_part_of_a_training():
    options = {"engine": "serial", "population": 13, "generations": 2}
    assert "at most 39 trainings on 1 workers" in dry_run("dense", "digits", **options)
    assert "at most 39 parts of trainings on 1 workers" in dry_run("dense", "digits", pruner="halving", **options)


def test_arrays_will_do(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 4))
    assert "search space tabular" in dry_run(None, (x, np.arange(60) % 3), engine="serial")


def own(genes, shape):
    return []


def test_what_layers_of_ones_own_cost_nobody_knows():
    space = SearchSpace("own", (Block(LayerKind("own", {}, build=own), 1, 1),), DENSE.training)
    with pytest.raises(ValueError, match="'own' has layers of your own, whose cost nobody can work out"):
        dry_run(space, "digits")


def test_what_evolve_would_refuse_is_refused():
    with pytest.raises(ValueError, match="population is 2"):
        dry_run("dense", "digits", population=2)
