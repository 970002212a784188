"""Whole trainings: what they learn, that they repeat bit by bit, and how they end."""

import itertools
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from network_stubs import TEN_CLASSES, chain
from sklearn.datasets import load_digits
from training_stubs import WAYS

from deap_nn.errors import InputError
from deap_nn.models import trained_model
from deap_nn.networks import blueprint
from deap_nn.space import TRAINING, Block, Choice, Chromosome, Float, Integer, LayerKind, SearchSpace
from deap_nn.space.presets import FULL, MODERN
from deap_nn.status import Status
from deap_nn.training import Samples, Schedule, train, trainer
from deap_nn.training.compiled_tf import micro_batches
from deap_nn.training.compiled_tf import trainer as compiled
from deap_nn.training.portable import trainer as portable
from deap_nn.training.weights import initial_weights

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SHAPE = (8, 8, 1)
SCHEDULE = Schedule(epochs=3, optimizer="adam")


def digits():
    x, y = load_digits(return_X_y=True)
    x = (x.reshape(-1, *SHAPE) / 16).astype(np.float32)
    return Samples(x[:1100], y[:1100].astype(np.int32)), Samples(x[1100:1400], y[1100:1400].astype(np.int32))


TRAIN, VALIDATION = digits()


def network(seed=0, preset=FULL):
    random.seed(seed)
    return blueprint(preset, preset.sample(), SHAPE, TEN_CLASSES)


def dense_network(rate=0.0):
    """A network that learns digits in a few epochs."""
    dropout = [("Dropout", {"rate": rate})] if rate else []
    return chain(
        SHAPE,
        ("Flatten", {}),
        ("Dense", {"units": 64, "activation": "relu"}),
        *dropout,
        ("Dense", {"units": 10, "activation": "softmax"}),
    )


def run(specs, schedule=SCHEDULE, seed=1, on_epoch=None, way=None):
    """Train as the package would, or on the back end whose `start` is given."""
    if way is None:
        return train(specs, TEN_CLASSES, schedule, TRAIN, VALIDATION, seed, on_epoch)
    started = way(specs, TEN_CLASSES, schedule, TRAIN, VALIDATION, seed)
    return trainer.run(started, TEN_CLASSES, schedule.epochs, on_epoch, None, schedule.running_mean)


def flat(weights):
    return list(itertools.chain.from_iterable(weights))


def same(one, other):
    """Whether two trainings left bit-equal weights and histories."""
    pairs = zip(flat(one.weights), flat(other.weights), strict=True)
    return one.history == other.history and all((a == b).all() for a, b in pairs)


@WAYS
def test_it_learns_and_reports_what_keras_measures(way):
    specs, schedule = dense_network(0.1), Schedule(epochs=15, optimizer="adam", batch_size=64)
    result = run(specs, schedule, way=way)
    assert result.status is Status.OK
    assert result.reason == ""
    assert result.epochs == 15
    assert all(len(column) == 15 for column in result.history.values())
    assert result.history["val_accuracy"][-1] > 0.85
    assert result.history["loss"][-1] < result.history["loss"][0] / 2
    model = trained_model(specs, result.weights, 1.0, 0.0)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(VALIDATION.x, VALIDATION.y, verbose=0)
    assert result.history["val_loss"][-1] == pytest.approx(loss, rel=1e-4)
    assert result.history["val_accuracy"][-1] == pytest.approx(accuracy, abs=1e-6)


def test_both_ways_reach_the_same_accuracy():
    schedule = Schedule(epochs=12, optimizer="adam", learning_rate=0.005, batch_size=128)
    reached = {
        way: np.mean(
            [run(dense_network(0.2), schedule, seed, way=way).history["val_accuracy"][-1] for seed in range(3)]
        )
        for way in (compiled.start, portable.start)
    }
    assert reached[compiled.start] == pytest.approx(reached[portable.start], abs=0.03)


@WAYS
def test_convolutions_in_bfloat16_learn_as_well(way):
    specs = network(2)
    schedule = Schedule(epochs=8, optimizer="adam", learning_rate=0.005, batch_size=64)
    rounded = replace(schedule, precision="bfloat16")
    exact, first, again = run(specs, schedule, way=way), run(specs, rounded, way=way), run(specs, rounded, way=way)
    assert same(first, again)
    assert not same(first, exact)
    assert {array.dtype for array in flat(first.weights)} == {np.dtype("float32")}
    assert exact.history["val_accuracy"][-1] > 0.9
    assert first.history["val_accuracy"][-1] == pytest.approx(exact.history["val_accuracy"][-1], abs=0.03)


def test_without_randomness_but_the_order_both_ways_take_the_same_steps():
    specs, schedule = dense_network(), Schedule(epochs=2, optimizer="rmsprop", batch_size=100)
    ours = run(specs, schedule, way=compiled.start)
    layers = trained_model(specs, initial_weights(specs, 1), 1.0, 0.0)
    layers.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng([1, 1])
    for _ in range(2):
        order = rng.permutation(len(TRAIN))
        layers.fit(TRAIN.x[order], TRAIN.y[order], batch_size=100, shuffle=False, verbose=0)
    theirs = [layer.get_weights() for layer in layers.layers[2:]]
    for mine, expected in zip(flat(ours.weights), flat(theirs), strict=True):
        np.testing.assert_allclose(mine, expected, atol=2e-4)


def test_micro_batches_give_the_gradient_of_the_whole(monkeypatch):
    first = network(2)[0]
    last = ("Dense", {"units": 10, "activation": "softmax"})
    specs = chain(SHAPE, (first.layer, first.config), ("Flatten", {}), last)
    schedule = Schedule(epochs=2, optimizer="sgd", learning_rate=0.1, batch_size=120)
    assert micro_batches.micro_batch_size(specs, schedule) == 120
    whole = run(specs, schedule, way=compiled.start)
    monkeypatch.setattr(micro_batches, "CACHE", 0)
    assert micro_batches.micro_batch_size(specs, schedule) == 40
    in_micro_batches = run(specs, schedule, way=compiled.start)
    for a, b in zip(flat(whole.weights), flat(in_micro_batches.weights), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    for name, column in whole.history.items():
        np.testing.assert_allclose(column, in_micro_batches.history[name], atol=1e-4)


@WAYS
def test_moving_statistics_keep_up_with_a_short_training(way):
    genes = {"filters": 16, "kernel_size": 3, "activation": "relu", "batch_normalization": True}
    kind = LayerKind("conv2d", {name: Choice((value,)) for name, value in genes.items()}, takes="map")
    training = LayerKind(TRAINING, {"epochs": Integer(1, 9)})
    space = SearchSpace("normalised", (Block(kind, 3, 3),), training)
    specs = blueprint(space, space.sample(), SHAPE, TEN_CLASSES)
    history = run(specs, Schedule(epochs=5, optimizer="adam", batch_size=100), way=way).history
    assert history["accuracy"][-1] > 0.9
    assert history["val_accuracy"][-1] > 0.85


def test_the_same_seed_gives_bit_equal_weights_as_the_first_and_as_the_twentieth():
    first = run(network(), seed=3)
    for number in range(18):
        run(network(number), Schedule(epochs=1), seed=number)
    assert same(first, run(network(), seed=3))
    assert not same(first, run(network(), seed=4))


def test_samples_in_other_arrays_change_nothing():
    first = run(network(), seed=3)
    others = [Samples(samples.x.copy(), samples.y.copy()) for samples in (TRAIN, VALIDATION)]
    assert same(first, train(network(), TEN_CLASSES, SCHEDULE, *others, seed=3))


def of_small_maps():
    """Train a network of the preset `modern` on digits."""
    return run(network(5, MODERN), seed=3)


def of_large_maps():
    """Train a network whose maps are large enough for activations and pooling to be compiled."""
    sizes = {"filters": 16, "kernel_size": 3, "strides": 1, "padding": "same"}
    specs = chain(
        (32, 32, 3),
        ("Conv2D", {**sizes, "activation": "gelu"}),
        ("AveragePooling2D", {"pool_size": 2}),
        ("Conv2D", {**sizes, "filters": 48, "activation": "relu"}),
        ("MaxPooling2D", {"pool_size": 2}),
        ("GlobalAveragePooling2D", {}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    )
    rng = np.random.default_rng(0)
    data = Samples(
        rng.integers(0, 256, (300, 32, 32, 3)).astype(np.uint8), np.arange(300, dtype=np.int32) % 10, 1 / 255
    )
    return train(specs, TEN_CLASSES, Schedule(epochs=2, batch_size=64), data, data, 3)


FRESH = """
import sys
from importlib import import_module
sys.path[:0] = sys.argv[1:3]
import numpy as np
from test_training import flat
result = getattr(import_module(sys.argv[3]), sys.argv[4])()
np.savez(sys.argv[5], *flat(result.weights))
"""


def weights_of_fresh_process(training, path):
    """The weights that a function of a test module leaves in a process of its own, with one thread."""
    threads = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")
    threads |= {"MKL_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    subprocess.run(
        [sys.executable, "-c", FRESH, str(HERE), str(HERE.parent), training.__module__, training.__name__, str(path)],
        env=os.environ | threads,
        check=True,
        timeout=120,
    )
    return list(np.load(path).values())


@pytest.mark.parametrize("training", [of_small_maps, of_large_maps])
def test_the_same_seed_gives_bit_equal_weights_in_fresh_processes(tmp_path, training):
    weights = [weights_of_fresh_process(training, tmp_path / f"{number}.npz") for number in range(2)]
    assert weights[0]
    assert all((a == b).all() for a, b in zip(*weights, strict=True))


@pytest.mark.parametrize("way", ["compiled", "portable"])
def test_global_random_states_stay_as_they_were(way):
    specs = network() if way == "compiled" else user_network()
    random.seed(7)
    np.random.seed(7)
    before, numpy_before = random.getstate(), np.random.get_state()
    run(specs, Schedule(epochs=1))
    assert random.getstate() == before
    assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), numpy_before, strict=True))


@WAYS
def test_divergence_is_reported(way):
    result = run(dense_network(), Schedule(epochs=5, optimizer="sgd", learning_rate=1e30), way=way)
    assert result.status is Status.FAILED
    assert result.epochs < 5
    assert result.reason == f"diverged in epoch {result.epochs}"


@WAYS
def test_a_training_can_be_pruned(way):
    seen = []

    def prune(epoch, accuracy):
        seen.append((epoch, accuracy))
        return epoch == 2

    result = run(dense_network(), Schedule(epochs=5), on_epoch=prune, way=way)
    assert result.status is Status.PRUNED
    assert result.reason == "pruned in epoch 2"
    assert result.epochs == 2
    assert seen == [(1, result.history["val_accuracy"][0]), (2, result.history["val_accuracy"][1])]
    assert result.weights


def own_layers(genes, shape):
    return [keras.layers.Dense(genes["units"], use_bias=False), keras.layers.LayerNormalization()]


def user_network():
    kind = LayerKind("own", {"units": Integer(8, 32)}, takes="flat", build=own_layers)
    space = SearchSpace("own", (Block(kind, 1, 2),), LayerKind(TRAINING, {"epochs": Integer(1, 5)}))
    individual = [Chromosome("own", {"units": 32}), Chromosome(TRAINING, {"epochs": 1})]
    return blueprint(space, individual, SHAPE, TEN_CLASSES)


def test_layers_of_a_users_own_kind_train_and_repeat():
    specs, schedule = user_network(), Schedule(epochs=5, optimizer="adam", batch_size=32)
    first = run(specs, schedule)
    assert first.history["val_accuracy"][-1] > 0.8
    assert same(first, run(specs, schedule))  # from the same blueprint: nothing is left of the first training
    model = trained_model(specs, first.weights, 1.0, 0.0)
    right = np.argmax(model.predict(VALIDATION.x, verbose=0), axis=1) == VALIDATION.y
    assert right.mean() == pytest.approx(first.history["val_accuracy"][-1])


def test_an_optimizer_of_keras_that_has_no_function_here():
    schedule = Schedule(epochs=3, optimizer="nadam", batch_size=64)
    assert not compiled.knows(dense_network(), TEN_CLASSES, schedule)
    assert run(dense_network(), schedule).history["val_accuracy"][-1] > 0.5


@WAYS
def test_a_rate_that_decays_to_nothing_moves_the_last_epoch_little(way):
    schedule = Schedule(epochs=8, optimizer="adam", learning_rate=0.02, batch_size=64)
    moved = {}
    for decay in ("none", "cosine"):
        losses = run(dense_network(), replace(schedule, learning_rate_decay=decay), way=way).history["val_loss"]
        moved[decay] = abs(losses[-1] - losses[-2])
    assert moved["cosine"] < moved["none"] / 2


def test_a_decay_it_does_not_know_is_refused():
    with pytest.raises(InputError, match="learning_rate_decay is 'steps', expected one of 'none', 'linear', 'cosine'"):
        Schedule(epochs=1, learning_rate_decay="steps")


def test_a_schedule_is_read_from_the_genes_it_knows():
    genes = {"epochs": 7, "optimizer": "sgd", "learning_rate": 0.01, "colour": "red"}
    expected = Schedule(epochs=7, optimizer="sgd", learning_rate=0.01, batch_size=300)
    assert Schedule.from_genes(genes) == expected
    assert Schedule.from_genes(genes, "bfloat16") == replace(expected, precision="bfloat16")
    kind = LayerKind(TRAINING, {"epochs": Integer(1, 5), "batch_size": Choice((64,)), "learning_rate": Float(0.1, 1)})
    assert Schedule.from_genes(kind.sample().genes).batch_size == 64
