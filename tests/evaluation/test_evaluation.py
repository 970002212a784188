"""Evaluations with real networks, in this process."""

import json
import math
import os
import pickle
import random
import subprocess
import sys
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
import search_stubs

from deap_nn import PRESETS, Individual, LayerKind
from deap_nn.data import DataSpec, load, save_arrays
from deap_nn.engines import Crowded, crowding, make_engine
from deap_nn.evaluation import (
    FinalPlan,
    Problem,
    calibrate,
    evaluate,
    evaluating,
    genome_seed,
    join_winners,
    planned_work,
    size_of,
    train_winner,
)
from deap_nn.pruning import Thresholds
from deap_nn.pruning.front_race import FrontThresholds, Known
from deap_nn.space import Block, Choice, Float, Integer, SearchSpace, widened
from deap_nn.status import Status

pytestmark = pytest.mark.slow

DIGITS = DataSpec("digits", train_samples=200)


@pytest.fixture
def individual():
    random.seed(3)
    return Individual(PRESETS["dense"].sample())


@pytest.fixture(scope="module")
def problem():
    return Problem(PRESETS["dense"], DIGITS, training_seed=1)


def test_the_record_tells_how_it_went(individual, problem):
    values = evaluate(individual, problem)
    record, epochs = values.record, individual[-1].genes["epochs"]
    assert values == (record.curve("val_accuracy")[-1],)
    assert 0 < values[0] < 1
    assert record.status == "ok"
    assert record.reason == ""
    assert record.epochs == epochs
    assert {name: len(curve) for name, curve in record.history.items()} == dict.fromkeys(
        ("loss", "accuracy", "val_loss", "val_accuracy"), epochs
    )
    assert record.network[0] == "Flatten() -> 64"
    assert record.network[-1] == "Dense(units=10, activation=softmax) -> 10"
    assert record.parameters > 64 * 32
    assert record.seconds.keys() == {"load", "train"}
    assert record.seed == genome_seed(1, individual)
    assert record.worker
    assert record.device


def test_an_accuracy_is_a_share_of_the_validation_samples(individual, problem):
    right = evaluate(individual, problem)[0] * len(load(DIGITS).y_validation)
    assert right == pytest.approx(round(right), abs=1e-9)


def test_data_that_are_not_those_that_the_run_began_with_are_not_trained_on(tmp_path, individual):
    x, y = np.random.default_rng(0).normal(size=(100, 8, 8, 1)), np.arange(100) % 10
    save_arrays(tmp_path / "data.npz", x, y)
    data = DataSpec(str(tmp_path / "data.npz"))
    problem = Problem(PRESETS["dense"], data, fingerprint=load(data).fingerprint)
    assert evaluate(individual, problem).status == "ok"
    save_arrays(tmp_path / "data.npz", x + 1, y)
    load.cache_clear()  # as in a child that starts now
    with pytest.raises(RuntimeError, match="no longer holds the data that the run began with: put them back"):
        evaluate(individual, problem)


def test_replaced_data_are_noticed_where_processes_share_a_copy(tmp_path):
    x, y = np.random.default_rng(0).integers(0, 256, (400, 32, 32, 3), np.uint8), np.arange(400) % 4
    save_arrays(tmp_path / "data.npz", x, y)
    data = DataSpec(str(tmp_path / "data.npz"))
    first = load(data)  # held, so that its copy stays
    problem = Problem(PRESETS["dense"], data, fingerprint=first.fingerprint)
    load.cache_clear()  # as in a child that starts now
    assert problem.splits() is not first
    save_arrays(tmp_path / "data.npz", 255 - x, y)
    load.cache_clear()
    with pytest.raises(RuntimeError, match="no longer holds the data that the run began with: put them back"):
        problem.splits()


def test_small_data_are_divided_into_more_batches_and_the_record_says_so(individual, problem):
    assert len(load(DIGITS).y_train) == 160
    values = evaluate(individual, problem)
    assert values.record.batch_size == 8
    as_in_the_genome = evaluate(individual, replace(problem, min_steps=0))
    assert as_in_the_genome.record.batch_size is None
    assert as_in_the_genome.record.history != values.record.history


def test_the_seed_and_the_genome_decide_everything(individual, problem):
    first, again = evaluate(individual, problem), evaluate(individual, problem)
    assert first.record.history == again.record.history
    other = evaluate(individual, Problem(problem.space, problem.data, training_seed=2))
    assert other.record.history != first.record.history


def test_the_stream_of_random_is_left_as_it_was(individual, problem):
    random.seed(5)
    expected = random.random()
    random.seed(5)
    evaluate(individual, problem)
    assert random.random() == expected


def test_a_network_that_falls_behind_is_pruned(individual, problem):
    full = evaluate(individual, problem).record.curve("val_accuracy")
    values = evaluate(individual, problem, rule=Thresholds((1.0,) * 20))
    assert values == (0.0,)
    assert values.record.status == "pruned"
    assert values.record.reason == "pruned in epoch 3"
    assert values.record.curve("val_accuracy") == full[:3]


def space_of(kind):
    training = LayerKind(
        "training", {"epochs": Integer(2, 2), "optimizer": Choice(("sgd",)), "learning_rate": Float(1e30, 1e30)}
    )
    return SearchSpace("odd", (Block(kind, 1, 1),), training)


def test_a_training_that_diverges_is_the_worst_and_says_when():
    dense = LayerKind("dense", {"units": Integer(16, 16), "activation": Choice(("linear",))}, takes="flat")
    space = space_of(dense)
    values = evaluate(Individual(space.sample()), Problem(space, DIGITS))
    assert values == (0.0,)
    assert values.record.status == "failed"
    assert values.record.reason.startswith("diverged in epoch ")


def unbuildable(genes, shape):
    raise ValueError("no such layer can be")


def too_large(genes, shape):
    raise MemoryError("no room")


def programming_error(genes, shape):
    return [undefined]  # noqa: F821


@pytest.mark.parametrize(
    "build, reason",
    [(unbuildable, "cannot be built: no such layer can be"), (too_large, "out of memory: no room")],
)
def test_a_network_that_cannot_be_is_the_worst_and_says_why(build, reason):
    space = space_of(LayerKind("odd", {}, takes="map", build=build))
    values = evaluate(Individual(space.sample()), Problem(space, DIGITS))
    assert values == (0.0,)
    assert values.record.status == "failed"
    assert values.record.reason == reason


def test_what_runs_out_of_memory_in_an_engine_is_for_the_engine_to_try_again(monkeypatch, individual, problem):
    def train(*args, **options):
        raise MemoryError("no room")

    monkeypatch.setattr("deap_nn.training.train", train)
    with crowding.attempt(), pytest.raises(Crowded) as caught:
        evaluate(individual, problem)
    values = pickle.loads(pickle.dumps(caught.value.otherwise))
    assert (*values, values.record.status, values.record.reason) == (0.0, "failed", "out of memory: no room")
    assert values.record.network
    with make_engine("serial") as engine:
        (outcome,) = engine.map(partial(evaluate, problem=problem), [individual])
    assert (outcome.status, outcome.value.record.reason) == ("ok", "out of memory: no room")


class AcceleratorError(RuntimeError):
    """As PyTorch's."""


@pytest.mark.parametrize(
    "error",
    [
        AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("INTERNAL: failed to load module: CUDA_ERROR_OUT_OF_MEMORY"),
    ],
)
def test_memory_that_the_libraries_below_a_framework_lack_is_memory(monkeypatch, individual, problem, error):
    def run(*args):
        raise error

    monkeypatch.setattr("deap_nn.training.run", run)
    assert evaluate(individual, problem).record.reason == f"out of memory: {error}"


def misfit(genes, shape):
    return [keras.layers.Flatten(), Misfit()]


class Misfit(keras.layers.Layer):
    """A layer that Keras finds wanting only when the network is connected."""

    def compute_output_shape(self, shape):
        return shape

    def call(self, inputs):
        raise ValueError("no such input")


def test_a_network_that_keras_refuses_in_training_is_the_worst_too():
    space = space_of(LayerKind("odd", {}, takes="map", build=misfit))
    values = evaluate(Individual(space.sample()), Problem(space, DIGITS))
    assert (*values, values.record.status) == (0.0, "failed")
    assert values.record.reason.startswith("cannot be built: ")
    assert "no such input" in values.record.reason


def test_a_broken_program_is_not_hidden():
    space = space_of(LayerKind("odd", {}, takes="map", build=programming_error))
    with pytest.raises(NameError):
        evaluate(Individual(space.sample()), Problem(space, DIGITS))


def test_a_value_error_of_our_own_is_a_broken_program(monkeypatch, individual, problem):
    def broken(*args, **options):
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr("deap_nn.training.train", broken)
    with pytest.raises(ValueError, match="broadcast"):
        evaluate(individual, problem)


def test_the_winner_is_measured_on_the_test_split(individual, problem):
    winner = train_winner(individual, FinalPlan(), problem)
    counts = np.array(winner.report["confusion_matrix"]).sum(axis=1)
    assert list(counts) == list(np.bincount(load(DIGITS).y_test))
    assert winner.trained_on == "training + validation"
    assert 0 < winner.report["test_accuracy"] < 1
    assert len(winner.report["class_accuracy"]) == 10
    assert winner.model.startswith(b"PK")


def test_a_winner_may_be_wider_than_its_genome_says(tmp_path, individual, problem):
    winner = train_winner(individual, FinalPlan(width=1.5), problem)
    (tmp_path / "best.keras").write_bytes(winner.model)
    hidden = [one.units for one in keras.models.load_model(tmp_path / "best.keras").layers if "dense" in one.name][:-1]
    assert hidden == [one.genes["units"] for one in widened(problem.space, individual, 1.5)[:-1]]
    assert hidden != [one.genes["units"] for one in individual[:-1]]
    assert winner.training["width"] == 1.5


def test_the_winner_of_a_search_in_bfloat16_is_saved_in_float32(tmp_path):
    space = PRESETS["conv2d"]
    problem = Problem(space, DIGITS, precision="bfloat16")
    random.seed(3)
    individual = Individual(space.sample())
    assert evaluate(individual, problem).record.history != evaluate(individual, Problem(space, DIGITS)).record.history
    (tmp_path / "best.keras").write_bytes(train_winner(individual, FinalPlan(), problem).model)
    model = keras.models.load_model(tmp_path / "best.keras")
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}


def test_without_validation_data_the_training_of_the_search_is_repeated(tmp_path, individual, problem):
    winner, splits = train_winner(individual, FinalPlan(with_validation=False), problem), problem.splits()
    assert winner.trained_on == "training"
    (tmp_path / "best.keras").write_bytes(winner.model)
    outputs = keras.models.load_model(tmp_path / "best.keras").predict(splits.x_validation, verbose=0)
    right = np.mean(outputs.argmax(axis=1) == splits.y_validation)
    assert right == pytest.approx(evaluate(individual, problem)[0])


def test_another_repetition_has_another_seed_and_another_validation_split(individual, problem):
    first, second, again = (evaluate(individual, problem, repetition=number).record for number in (0, 1, 1))
    assert second.seed == genome_seed(1, individual, 1) != first.seed
    assert second.history == again.history != first.history
    splits = [load(problem.data_of(number)) for number in (0, 1)]
    assert splits[0].fingerprint != splits[1].fingerprint


def test_a_smaller_budget_begins_as_the_full_training_does(individual, problem):
    full, half = (evaluate(individual, problem, budget=budget) for budget in (1.0, 0.5))
    epochs = math.ceil(individual[-1].genes["epochs"] / 2)
    assert half.record.epochs == epochs < full.record.epochs
    assert half.record.curve("val_loss") == full.record.curve("val_loss")[:epochs]
    assert half == (full.record.curve("val_accuracy")[epochs - 1],)
    assert half.record.status is Status.OK


def test_a_larger_budget_is_a_longer_training_from_its_beginning(individual, problem, monkeypatch):
    monkeypatch.setattr(evaluating, "genome_seed", lambda *_: 7)
    individual[-1].genes |= {"epochs": 3, "learning_rate_decay": "linear"}
    twice = evaluate(individual, problem, budget=2.0).record
    individual[-1].genes["epochs"] = 6
    assert twice.epochs == 6
    assert twice.history == evaluate(individual, problem).record.history


def of_training(values):
    """What a training is known by, wherever and in however many parts it was done."""
    return tuple(values), values.status, values.record.history, values.record.epochs


@pytest.mark.parametrize(
    ("trainer", "engine"), [("compiled_tf", "serial"), ("compiled_tf", "processes"), ("portable", "processes")]
)
def test_in_parts_a_training_comes_to_the_same_wherever_each_is_done(individual, problem, trainer, engine):
    own = partial(evaluate, problem=replace(problem, trainer=trainer), rule=Thresholds())
    whole, state, workers = own(individual), b"", set()
    epochs = whole.record.epochs
    for budget in (1 / 9, 1 / 3, 1.0):
        with make_engine(engine, workers=1) as one:  # each time another process
            (outcome,) = one.map(partial(own, budget=budget, paused=state), [individual])
        part, state = outcome.value, outcome.value.paused
        workers.add(part.record.worker)
        done = math.ceil(budget * epochs)
        assert part.record.epochs == done
        if budget < 1:
            assert (part, part.status, part.record.reason) == ((0.0,), "paused", f"paused in epoch {done}")
            assert part.record.curve("running_val_accuracy") == whole.record.curve("running_val_accuracy")[:done]
    assert of_training(part) == of_training(whole)
    assert state == b""
    assert len(workers) == (3 if engine == "processes" else 1)


def test_a_lost_state_is_made_up_for_from_the_seed(individual, problem):
    own = partial(evaluate, individual, problem, rule=Thresholds())
    assert of_training(own(paused=b"lost", budget=1.0)) == of_training(own())
    paused = own(paused=own(paused=b"", budget=1 / 3).paused, budget=1 / 9)  # it is too far
    assert of_training(paused) == of_training(own(paused=b"", budget=1 / 9))


def test_a_training_that_fails_leaves_nothing_to_go_on_from():
    dense = LayerKind("dense", {"units": Integer(16, 16), "activation": Choice(("linear",))}, takes="flat")
    space = space_of(dense)
    values = evaluate(Individual(space.sample()), Problem(space, DIGITS), budget=0.5, paused=b"")
    assert (values.status, values.paused) == ("failed", b"")


def test_flat_features_are_trained_on(tmp_path, individual):
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    save_arrays(tmp_path / "flat.npz", rng.normal(y[:, None], 1.0, (200, 5)).astype(np.float32), y)
    values = evaluate(individual, Problem(PRESETS["dense"], DataSpec(str(tmp_path / "flat.npz"))))
    assert values.record.status == "ok"


def test_the_seed_of_a_training_is_a_digest():
    individual = Individual(search_stubs.SPACE.sample())
    seeds = {genome_seed(seed, individual) for seed in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 2**31 for seed in seeds)


def huge(genes, shape):
    import keras

    return [keras.layers.Flatten(), keras.layers.Dense(10**13)]


def embedding(genes, shape):
    return [keras.layers.Embedding(20, 4), keras.layers.GlobalMaxPooling1D()]


def test_token_numbers_reach_an_embedding_as_they_are(tmp_path):
    tokens = np.random.default_rng(0).integers(0, 20, (400, 6))
    save_arrays(tmp_path / "tokens.npz", tokens, (tokens == 7).any(axis=1).astype(int))
    training = {"epochs": Integer(15, 15), "optimizer": Choice(("adam",)), "learning_rate": Float(0.05, 0.05)}
    blocks = (Block(LayerKind("embedding", {}, build=embedding), 1, 1),)
    space = SearchSpace("tokens", blocks, LayerKind("training", training))
    problem, one = Problem(space, DataSpec(str(tmp_path / "tokens.npz"))), Individual(space.sample())
    assert evaluate(one, problem)[0] == 1.0
    winner = train_winner(one, FinalPlan(), problem)
    assert winner.report["test_accuracy"] == 1.0
    (tmp_path / "model.keras").write_bytes(winner.model)
    outputs = keras.models.load_model(tmp_path / "model.keras").predict(np.array([[7] * 6, [3] * 6]), verbose=0)
    assert list(outputs.argmax(axis=1)) == [1, 0]


@keras.saving.register_keras_serializable("tests")
class Scale(keras.layers.Layer):
    """What Keras's guide asks of a layer, and no more."""

    def build(self, shape):
        self.factors = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.factors


def one_of_its_own(genes, shape):
    return Scale()


def a_lambda(genes, shape):
    return [keras.layers.Flatten(), keras.layers.Lambda(lambda inputs: inputs[:, :8])]


@pytest.mark.parametrize(("build", "shape"), [(one_of_its_own, "8x8x1"), (a_lambda, "8")])
def test_layers_of_ones_own_need_what_keras_asks_and_are_saved(tmp_path, build, shape):
    training = LayerKind("training", {"epochs": Integer(2, 2), "optimizer": Choice(("adam",))})
    space = SearchSpace("own", (Block(LayerKind("own", {}, takes="map", build=build), 1, 1),), training)
    one, problem = Individual(space.sample()), Problem(space, DIGITS)
    record = evaluate(one, problem).record
    assert (record.status, record.reason) == ("ok", "")
    assert any(line.endswith(f"-> {shape}") for line in record.network)
    (tmp_path / "model.keras").write_bytes(train_winner(one, FinalPlan(), problem).model)
    model = keras.models.load_model(tmp_path / "model.keras", safe_mode=False)
    assert model.predict(np.zeros((1, 8, 8, 1)), verbose=0).shape == (1, 10)


FOREIGN = """
import random
from deap_nn import PRESETS, Individual
from deap_nn.data import DataSpec
from deap_nn.evaluation import FinalPlan, Problem, evaluate, train_winner
random.seed(1)
space = PRESETS["conv2d"]
individual, problem = Individual(space.sample()), Problem(space, DataSpec("digits", train_samples=100))
print(evaluate(individual, problem).status, train_winner(individual, FinalPlan(), problem).trained_on)
"""


def test_what_the_keras_json_of_another_project_says_does_not_matter(tmp_path):
    setting = {"image_data_format": "channels_first", "backend": "nowhere", "floatx": "float16"}
    (tmp_path / "keras.json").write_text(json.dumps(setting))
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(tmp_path), "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-c", FOREIGN]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["ok training + validation"], done.stderr


def test_a_network_that_the_framework_has_no_memory_for_is_the_worst():
    space = space_of(LayerKind("odd", {}, takes="map", build=huge))
    values = evaluate(Individual(space.sample()), Problem(space, DIGITS))
    assert values == (0.0,)
    assert values.record.reason.startswith("out of memory: ")


def mirrored_individual():
    """A small network for images, trained on mirror images."""
    space = PRESETS["vision"]
    random.seed(2)
    individual = Individual(space.sample())
    for layer in individual[:-2]:
        layer.genes |= {"filters": 16} | ({"depth": 1, "block": "plain"} if "depth" in layer.genes else {})
    individual[-1].genes |= {"epochs": 4, "flip": "random", "start_resolution": 1.0}
    return individual, Problem(space, DIGITS, training_seed=1)


def test_a_rule_is_asked_for_the_size_of_the_network(individual, problem):
    parameters = size_of(individual, problem).parameters
    for larger, status in [(0, "pruned"), (1, "ok")]:
        known = (Known(1.0, (parameters + larger,)),)
        rule = FrontThresholds(gains=(0.0,) * 20, names=("parameters",), known=known)
        assert evaluate(individual, problem, rule=rule).status == status


def test_what_else_is_measured_is_recorded_where_it_is_asked_for(individual, problem):
    record = evaluate(individual, problem).record
    assert record.multiply_adds is record.latency is None
    more = evaluate(individual, problem, measured=("multiply_adds", "latency")).record
    assert more.multiply_adds == size_of(individual, problem).multiply_adds
    assert more.parameters == size_of(individual, problem).parameters
    assert 0 < more.latency < 1
    assert more.history == record.history


@pytest.mark.parametrize(
    ("flip", "shift", "numbers"),
    [("none", 0, None), ("random", 0, ["2"]), ("none", 1, ["3"]), ("random", 2, ["2", "6"])],
)
def test_views_are_measured_of_what_a_training_knows(flip, shift, numbers):
    individual, problem = mirrored_individual()
    individual[-1].genes |= {"flip": flip, "shift": shift}
    found = evaluate(individual, problem, repetition=1, views=True).record.views
    assert (found and list(found)) == numbers
    assert all(0 < value <= 1 for value in (found or {}).values())


def test_views_are_measured_where_they_are_asked_for_and_the_latency_is_not():
    individual, problem = mirrored_individual()
    assert evaluate(individual, problem, repetition=1).record.views is None
    assert evaluate(individual, problem, repetition=1, views=True, measured=("latency",)).record.views is None


def test_a_network_that_judges_both_sides_is_saved_so(tmp_path):
    individual, problem = mirrored_individual()
    splits = problem.splits()
    for mirrored in (False, True):
        winner = train_winner(individual, FinalPlan(views=2 if mirrored else 1), problem)
        assert winner.views == (2 if mirrored else 1)
        (tmp_path / "best.keras").write_bytes(winner.model)
        model = keras.models.load_model(tmp_path / "best.keras")
        one, other = (model.predict(x, verbose=0) for x in (splits.x_test, splits.x_test[:, :, ::-1]))
        assert np.allclose(one, other, atol=1e-5) is mirrored
        right = np.mean(one.argmax(axis=1) == splits.y_test)
        assert right == pytest.approx(winner.report["test_accuracy"], abs=0.006)


def test_a_final_training_that_was_cut_off_goes_on(tmp_path, monkeypatch):
    from deap_nn.training import course

    individual, problem = mirrored_individual()
    monkeypatch.setattr(course, "INTERVAL", 0)
    plan = FinalPlan(epochs=6, checkpoint=str(tmp_path / "state.npz"))
    whole = train_winner(individual, plan._replace(checkpoint=None), problem)
    paced, after = [], course.Course.after

    def cut_off(self, epoch, *others):
        following = after(self, epoch, *others)
        paced.append(epoch)
        if len(paced) == 3:
            raise KeyboardInterrupt
        return following

    monkeypatch.setattr(course.Course, "after", cut_off)
    with pytest.raises(KeyboardInterrupt):
        train_winner(individual, plan, problem)
    again = train_winner(individual, plan, problem)
    assert paced == [1, 2, 3, 4, 5, 6]
    assert (again.report, again.epochs) == (whole.report, 6)


def test_a_final_training_keeps_its_time(tmp_path):
    individual, problem = mirrored_individual()
    winner = train_winner(individual, FinalPlan(epochs=5000, seconds=3.0), problem)
    assert 0 < winner.epochs < 5000
    assert winner.seconds < 30


def test_the_work_of_a_training_grows_with_what_it_does():
    individual, problem = mirrored_individual()
    work = planned_work(individual, problem)
    more = Individual.from_json(individual.to_json())
    more[-1].genes["epochs"] = 8
    assert planned_work(more, problem) == pytest.approx(2 * work)
    more[-1].genes["start_resolution"] = 0.75
    assert planned_work(more, problem) < 2 * work
    wider = Individual.from_json(individual.to_json())
    wider[1].genes["filters"] = 64
    assert planned_work(wider, problem) > work


def test_what_a_training_takes_is_measured():
    pace = calibrate(*mirrored_individual())
    assert pace.overhead > 0
    assert 1e6 < pace.speed < 1e15
    assert pace.seconds(pace.speed) == pytest.approx(pace.overhead + 1)


def test_an_ensemble_answers_with_the_mean(tmp_path):
    individual, problem = mirrored_individual()
    other = Individual.from_json(individual.to_json())
    other[1].genes["filters"] = 24
    winners = [train_winner(one, FinalPlan(views=2 if one is other else 1), problem) for one in (individual, other)]
    joined = join_winners([winner.model for winner in winners], problem)
    outputs = []
    for name, content in (("a", winners[0].model), ("b", winners[1].model), ("joined", joined.model)):
        (tmp_path / f"{name}.keras").write_bytes(content)
        model = keras.models.load_model(tmp_path / f"{name}.keras")
        outputs.append(model.predict(problem.splits().x_test, verbose=0))
    np.testing.assert_allclose(outputs[2], (outputs[0] + outputs[1]) / 2, atol=1e-5)
    right = np.mean(outputs[2].argmax(axis=1) == problem.splits().y_test)
    assert joined.report["test_accuracy"] == pytest.approx(right, abs=0.003)
