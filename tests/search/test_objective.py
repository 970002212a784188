import pickle
import shutil
import sys
from functools import partial

import numpy as np
import pytest
import search_stubs

from deap_nn import PRESETS, Block, Individual, LayerKind, SearchSpace
from deap_nn.data import DataSpec, save_arrays
from deap_nn.pruning import Halving
from deap_nn.pruning.rule import first_thresholds
from deap_nn.search import Settings
from deap_nn.search.objective import data_spec, keras_objective, user_objective

DENSE = PRESETS["dense"]


@pytest.fixture
def arrays():
    y = np.arange(60) % 3
    return np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32), y


def test_arrays_are_written_into_the_run(tmp_path, arrays):
    spec = data_spec(arrays, tmp_path / "run", Settings(train_samples=40, seed=3))
    assert spec == DataSpec(str(tmp_path / "run" / "data.npz"), 40, 3)
    info = keras_objective(DENSE, spec, Settings()).info["data"]
    assert (info["input_shape"], info["classes"]) == ([5], 3)


def test_what_a_training_depends_on_goes_with_the_task(tmp_path, arrays):
    settings = Settings(seed=3, precision="bfloat16", min_steps=7, scaling="none")
    spec = data_spec(arrays, tmp_path / "run", settings)
    objective = keras_objective(DENSE, spec, settings)
    problem = objective.evaluate.keywords["problem"]
    assert (problem.training_seed, problem.precision, problem.min_steps, problem.data.scaling) == (
        3, "bfloat16", 7, "none",
    )  # fmt: skip
    assert problem.fingerprint == objective.essence
    assert objective.train_winner.keywords["problem"] == problem


def test_data_is_what_it_holds_wherever_it_lies(tmp_path, arrays):
    save_arrays(tmp_path / "one.npz", *arrays)
    shutil.copy(tmp_path / "one.npz", tmp_path / "two.npz")
    save_arrays(tmp_path / "other.npz", arrays[0] + 1, arrays[1])
    one, two, other = (
        keras_objective(DENSE, DataSpec(str(tmp_path / f"{name}.npz")), Settings()).essence
        for name in ("one", "two", "other")
    )
    assert one == two != other


def test_a_longer_training_of_a_larger_network_costs_more():
    cost = keras_objective(DENSE, DataSpec("digits"), Settings()).cost
    small = Individual(DENSE.sample())
    for chromosome in small[:-1]:
        chromosome.genes["units"] = 32
    large = Individual.from_json(small.to_json())
    large[0].genes["units"] = 64
    longer = Individual.from_json(small.to_json())
    longer[-1].genes["epochs"] = 2 * small[-1].genes["epochs"]
    assert cost(small) < cost(large)
    assert cost(longer) == 2 * cost(small)


def test_chance_is_what_naming_the_commonest_class_reaches(arrays, tmp_path):
    save_arrays(tmp_path / "data.npz", *arrays)
    objective = keras_objective(DENSE, DataSpec(str(tmp_path / "data.npz")), Settings())
    assert objective.make_pruner().rule == first_thresholds(0.4)


def test_without_the_race_nothing_is_pruned():
    assert keras_objective(DENSE, DataSpec("digits"), Settings(pruner="none")).make_pruner().rule is None


@pytest.mark.parametrize("options", [{"algorithm": "truncation"}, {"objectives": ("accuracy", "parameters")}])
def test_halving_is_for_a_steady_state_with_one_objective(options):
    assert type(keras_objective(DENSE, DataSpec("digits"), Settings(pruner="halving")).make_pruner()) is Halving
    with pytest.raises(ValueError, match="pruner is 'halving', which is for algorithm steady-state with one objective"):
        keras_objective(DENSE, DataSpec("digits"), Settings(pruner="halving", **options))


def test_nobody_knows_what_layers_of_ones_own_cost():
    space = SearchSpace("own", (Block(LayerKind("own", {}, build=search_stubs.fitness), 1, 1),), DENSE.training)
    assert keras_objective(space, DataSpec("digits"), Settings()).cost is None


def test_a_kind_that_nobody_can_build_is_refused_at_once():
    space = SearchSpace("odd", (Block(LayerKind("odd", {}), 1, 1),), DENSE.training)
    with pytest.raises(ValueError, match="layer kind 'odd' has no builder"):
        keras_objective(space, DataSpec("digits"), Settings())


def test_a_function_is_known_by_its_name():
    objective = user_objective(partial(search_stubs.fitness), Settings())
    assert objective.info == {"evaluate": "search_stubs:fitness"}
    assert objective.essence == "search_stubs:fitness"
    assert objective.train_winner is None


@pytest.mark.parametrize("space", PRESETS.values(), ids=PRESETS)
def test_a_task_carries_no_data(space):
    objective = keras_objective(space, DataSpec("digits"), Settings())
    assert len(pickle.dumps((objective.evaluate, Individual(space.sample())))) < 10_000


@pytest.mark.parametrize("value", [0, 1.01, -0.5, 90])
def test_a_score_that_no_network_can_have_is_refused_before_the_data_is_asked_for(value):
    expected = rf"stop_at is {value!r}, expected an accuracy above 0 and up to 1$"
    with pytest.raises(ValueError, match=expected):
        keras_objective(DENSE, DataSpec("missing.npz"), Settings(stop_at=value))


def test_networks_know_their_direction():
    with pytest.raises(ValueError, match="minimize is for functions of your own"):
        keras_objective(DENSE, DataSpec("digits"), Settings(minimize=True))


@pytest.mark.parametrize("minimize", [False, True])
def test_what_a_function_could_not_measure_is_worse_than_all_it_can_return(minimize):
    worst = user_objective(search_stubs.fitness, Settings(minimize=minimize)).worst
    assert worst == (sys.float_info.max if minimize else -sys.float_info.max)
