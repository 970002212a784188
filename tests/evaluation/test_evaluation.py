"""Evaluations with real networks, in this process."""

import math
import random
from dataclasses import replace

import keras
import numpy as np
import pytest
import search_stubs

from deap_nn import PRESETS, Individual, LayerKind
from deap_nn.data import DataSpec, load, save_arrays
from deap_nn.evaluation import Problem, evaluate, genome_seed, train_winner
from deap_nn.pruning import Thresholds
from deap_nn.space import Block, Choice, Float, Integer, SearchSpace
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
    winner = train_winner(individual, True, problem)
    counts = np.array(winner.report["confusion_matrix"]).sum(axis=1)
    assert list(counts) == list(np.bincount(load(DIGITS).y_test))
    assert winner.trained_on == "training + validation"
    assert 0 < winner.report["test_accuracy"] < 1
    assert len(winner.report["class_accuracy"]) == 10
    assert winner.model.startswith(b"PK")


def test_the_winner_of_a_search_in_bfloat16_is_saved_in_float32(tmp_path):
    space = PRESETS["conv2d"]
    problem = Problem(space, DIGITS, precision="bfloat16")
    random.seed(3)
    individual = Individual(space.sample())
    assert evaluate(individual, problem).record.history != evaluate(individual, Problem(space, DIGITS)).record.history
    (tmp_path / "best.keras").write_bytes(train_winner(individual, True, problem).model)
    model = keras.models.load_model(tmp_path / "best.keras")
    assert {layer.dtype_policy.name for layer in model.layers} == {"float32"}


def test_without_validation_data_the_training_of_the_search_is_repeated(tmp_path, individual, problem):
    winner, splits = train_winner(individual, False, problem), problem.splits()
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
    training = {"epochs": Integer(40, 40), "optimizer": Choice(("adam",)), "learning_rate": Float(0.05, 0.05)}
    blocks = (Block(LayerKind("embedding", {}, build=embedding), 1, 1),)
    space = SearchSpace("tokens", blocks, LayerKind("training", training))
    problem, one = Problem(space, DataSpec(str(tmp_path / "tokens.npz"))), Individual(space.sample())
    assert evaluate(one, problem)[0] == 1.0
    winner = train_winner(one, True, problem)
    assert winner.report["test_accuracy"] == 1.0
    (tmp_path / "model.keras").write_bytes(winner.model)
    outputs = keras.models.load_model(tmp_path / "model.keras").predict(np.array([[7] * 6, [3] * 6]), verbose=0)
    assert list(outputs.argmax(axis=1)) == [1, 0]


def test_a_network_that_the_framework_has_no_memory_for_is_the_worst():
    space = space_of(LayerKind("odd", {}, takes="map", build=huge))
    values = evaluate(Individual(space.sample()), Problem(space, DIGITS))
    assert values == (0.0,)
    assert values.record.reason.startswith("out of memory: ")
