"""Whole trainings with PyTorch: the same steps as with TensorFlow, repeatable and resumable."""

import random
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch, whose back end is tested, is not installed")

from network_stubs import TEN_CLASSES, chain
from test_recipe import PARTS, SCHEDULE, convolutions
from test_training import (
    SHAPE,
    TRAIN,
    VALIDATION,
    dense_network,
    flat,
    run,
    same,
    weights_of_fresh_process,
)

from deap_nn.models import trained_model
from deap_nn.networks import blueprint
from deap_nn.space.presets import FULL, MODERN, TABULAR, VISION
from deap_nn.training import Samples, Schedule, feed, train
from deap_nn.training.compiled_tf import trainer as compiled
from deap_nn.training.compiled_torch import trainer as torch_trainer
from deap_nn.training.compiled_torch.trainer import TorchTrainer, knows

pytestmark = pytest.mark.slow

MILD = replace(SCHEDULE, epochs=3, learning_rate=0.03)
FEW = Samples(TRAIN.x[:430], TRAIN.y[:430]), Samples(VALIDATION.x[:120], VALIDATION.y[:120])


@cache
def plain():
    return train(convolutions(), TEN_CLASSES, MILD, *FEW, 1, trainer="compiled_torch")


def both(specs, schedule, training=FEW[0], validation=FEW[1]):
    """Train with PyTorch and with TensorFlow from the same seed, and compare."""
    assert knows(specs, TEN_CLASSES, schedule)
    assert compiled.knows(specs, TEN_CLASSES, schedule)
    ours, theirs = (
        train(specs, TEN_CLASSES, schedule, training, validation, 1, trainer=trainer)
        for trainer in ("compiled_torch", "compiled_tf")
    )
    for name, column in ours.history.items():
        np.testing.assert_allclose(column, theirs.history[name], rtol=2e-3, atol=4e-3, err_msg=name)
    for mine, expected in zip(flat(ours.weights), flat(theirs.weights), strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, expected, rtol=1e-3, atol=1e-4)
    return ours


@pytest.mark.parametrize(
    "changes",
    [
        *PARTS,
        {"flip": "alternating", "shift": 2, "cutout": 3},
        {"batch_size": 143, "momentum": 0.0, "weight_average": 0.99, "learning_rate": 0.3},
        *({"optimizer": name, "learning_rate": 1e-3} for name in ("adagrad", "adam", "adamw", "rmsprop")),
    ],
    ids=str,
)
def test_steps_are_those_of_tensorflow(changes):
    ours = both(convolutions(), replace(MILD, **changes))
    assert not same(ours, plain())


@pytest.mark.parametrize("preset", [FULL, MODERN, VISION, TABULAR], ids=lambda space: space.name)
def test_networks_of_the_presets_take_the_steps_of_tensorflow(preset):
    random.seed(4)
    specs = [
        replace(spec, config={**spec.config, "rate": 0.0}) if spec.layer == "Dropout" else spec
        for spec in blueprint(preset, preset.sample(), SHAPE, TEN_CLASSES)
    ]
    both(specs, Schedule(epochs=2, optimizer="sgd", learning_rate=0.01, batch_size=100))


def test_flat_samples_take_the_steps_of_tensorflow_with_noise():
    layer = ("Dense", {"units": 32, "activation": "swish"})
    specs = chain(
        (64,), layer, ("BatchNormalization", {"momentum": 0.9}), ("Dense", {"units": 10, "activation": "softmax"})
    )
    training, validation = (
        Samples(samples.x.reshape(-1, 64) * 16, samples.y, np.full(64, 1 / 16), np.linspace(-1, 0, 64))
        for samples in FEW
    )
    assert not same(
        both(specs, replace(MILD, noise=0.2), training, validation), both(specs, MILD, training, validation)
    )


def of_digits_with_dropout():
    """Train a network with convolutions and dropout, for a fresh process too."""
    *layers, last = convolutions()
    specs = chain(
        SHAPE, *((one.layer, one.config) for one in layers), ("Dropout", {"rate": 0.3}), (last.layer, last.config)
    )
    return train(specs, TEN_CLASSES, replace(MILD, optimizer="adam"), *FEW, 1, trainer="compiled_torch")


@pytest.fixture
def one_thread():
    """Sums over a batch are split among threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_the_same_seed_gives_bit_equal_weights_here_and_in_a_fresh_process(tmp_path):
    first = of_digits_with_dropout()
    assert same(first, of_digits_with_dropout())
    fresh = weights_of_fresh_process(of_digits_with_dropout, tmp_path / "weights.npz")
    assert all((a == b).all() for a, b in zip(flat(first.weights), fresh, strict=True))


def start(specs, schedule=MILD):
    return TorchTrainer(specs, TEN_CLASSES, schedule, *FEW, 1)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_from_its_state_another_training_goes_on_bit_by_bit(optimizer):
    schedule = replace(MILD, optimizer=optimizer, learning_rate=0.01, weight_average=0.9, warmup=0.1)
    whole = start(dense_network(0.4), schedule)
    whole.train(0)
    state, weights = whole.state(), whole.weights()
    kept = [array.copy() for array in state + flat(weights)]
    losses = [whole.train(1), whole.evaluate(1)]
    assert all((one == copy).all() for one, copy in zip(state + flat(weights), kept, strict=True))  # later steps
    other = start(dense_network(0.4), schedule)
    other.restore(state)
    assert [other.train(1), other.evaluate(1)] == losses
    assert all((a == b).all() for a, b in zip(flat(whole.weights()), flat(other.weights()), strict=True))


@pytest.mark.parametrize("measured", [100, 128, 300, 1000])
@pytest.mark.parametrize("part", [None, 120])
def test_all_validation_samples_count_once(measured, part, monkeypatch):
    monkeypatch.setattr(torch_trainer, "MEASURED", measured)
    if part is not None:
        monkeypatch.setattr(feed, "PART", part * 64 * 4)
    specs, schedule = dense_network(), Schedule(epochs=1, batch_size=40)
    result = run(specs, schedule, way=TorchTrainer)
    model = trained_model(specs, result.weights, 1.0, 0.0)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(VALIDATION.x, VALIDATION.y, verbose=0)
    assert result.history["val_loss"] == pytest.approx([loss], rel=1e-5)
    assert result.history["val_accuracy"] == [pytest.approx(accuracy, abs=1e-6)]
    assert np.isclose(result.history["val_accuracy"][0] * 300 % 1, 0)


def test_beyond_the_end_of_its_schedule_the_last_rate_holds():
    trainer = start(convolutions(), replace(MILD, learning_rate_decay="linear", momentum=0.0))
    trainer.skip(10_000)
    before = trainer.weights()
    trainer.train(0)
    changes = [abs(a - b).max() for a, b in zip(flat(before), flat(trainer.weights()), strict=True)]
    assert 0 < max(changes) < 0.01


def test_functions_for_other_sizes_are_given_up():
    trainer = start(convolutions(), replace(MILD, start_resolution=0.5))
    sizes = []
    for epoch in range(3):
        trainer.train(epoch)
        trainer.evaluate(epoch)
        shapes = {shape[1:] for shape, _ in trainer._functions}
        assert len(trainer._functions) == 3  # with one for the last batch, which is smaller
        assert len(shapes) == 1
        sizes += shapes
    assert sizes[0] < sizes[-1] == SHAPE


def test_memory_that_runs_out_is_reported_as_such(monkeypatch):
    def exhausted(self, epoch):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nMore about it")

    monkeypatch.setattr(TorchTrainer, "train", exhausted)
    with pytest.raises(MemoryError, match=r"^CUDA out of memory. Tried to allocate 2 GiB.$"):
        train(dense_network(), TEN_CLASSES, MILD, TRAIN, VALIDATION, 1, trainer="compiled_torch")


def test_what_it_does_not_know_is_left_to_others():
    assert not knows(dense_network(), TEN_CLASSES, replace(MILD, optimizer="nadam"))
    assert not knows(chain(SHAPE, ("Activation", {"activation": "mish"})), TEN_CLASSES, MILD)


def test_a_child_that_trains_with_it_loads_neither_keras_nor_tensorflow():
    script = "import sys, deap_nn.training.compiled_torch.trainer; print({'keras', 'tensorflow'} & sys.modules.keys())"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert loaded.stdout.strip() == "set()"
