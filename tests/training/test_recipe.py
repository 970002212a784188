"""The parts of a recipe in whole trainings, on both back ends."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from network_stubs import TEN_CLASSES, chain
from test_training import SHAPE, TRAIN, VALIDATION, dense_network, flat, run, same
from training_stubs import WAYS

from deap_nn.models import trained_model
from deap_nn.training import Schedule, feed, train
from deap_nn.training.compiled_tf import trainer as compiled
from deap_nn.training.compiled_tf.losses import LOSSES
from deap_nn.training.feed import Feed
from deap_nn.training.portable import trainer as portable
from deap_nn.training.portable.compiling import compile_model
from deap_nn.training.samples import Samples
from deap_nn.training.weights import initial_weights

pytestmark = pytest.mark.slow

SCHEDULE = Schedule(epochs=4, optimizer="sgd", learning_rate=0.1, momentum=0.9, batch_size=100)
ALL = replace(
    SCHEDULE,
    learning_rate_decay="linear",
    warmup=0.2,
    weight_decay=5e-3,
    gradient_clipping=1.0,
    weight_average=0.9,
    label_smoothing=0.1,
    kernel_initializer="he_uniform",
    flip="alternating",
    shift=1,
    cutout=2,
    start_resolution=0.5,
)


def convolutions():
    layer = {"filters": 16, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu"}
    pooling = ("MaxPooling2D", {"pool_size": 2})
    last = ("Dense", {"units": 10, "activation": "softmax"})
    return chain(SHAPE, ("Conv2D", layer), pooling, ("Conv2D", layer), ("GlobalMaxPooling2D", {}), last)


@WAYS
def test_all_of_it_together_learns_and_repeats(way):
    schedule = replace(ALL, epochs=14)
    first = run(convolutions(), schedule, way=way)
    assert first.history["val_accuracy"][-1] > 0.6  # on digits, which mirrors and moves do not suit
    assert same(first, run(convolutions(), schedule, way=way))
    model = trained_model(convolutions(), first.weights, 1.0, 0.0)
    right = np.argmax(model.predict(VALIDATION.x, verbose=0), axis=1) == VALIDATION.y
    assert right.mean() == pytest.approx(first.history["val_accuracy"][-1])


PARTS = [
    {"label_smoothing": 0.2},
    {"weight_decay": 5e-3},
    {"gradient_clipping": 0.1},
    {"weight_average": 0.8},
    {"learning_rate_decay": "cosine", "warmup": 0.3},
    {"kernel_initializer": "he_uniform"},
    {"kernel_initializer": "identity"},
    {"flip": "random", "shift": 1, "cutout": 2},
    {"start_resolution": 0.5},
    {"running_mean": True},
]


@pytest.mark.parametrize("changes", PARTS, ids=str)
def test_both_ways_take_the_same_steps(changes, monkeypatch):
    """From equal weights: the portable way is given those that the compiled one draws."""
    specs, schedule = convolutions(), replace(SCHEDULE, epochs=3, learning_rate=0.03, **changes)

    def with_equal_weights(*arguments):
        trainer = portable.start(*arguments)
        equal = initial_weights(specs, 1, schedule.kernel_initializer)
        for layer, weights in zip(trainer.learner._layers, equal, strict=True):
            layer.set_weights(weights)
        return trainer

    ours, theirs = (run(specs, schedule, way=way) for way in (compiled.start, with_equal_weights))
    for name, column in ours.history.items():
        np.testing.assert_allclose(column, theirs.history[name], atol=0.02, err_msg=name)
    for mine, expected in zip(flat(ours.weights), flat(theirs.weights), strict=True):
        np.testing.assert_allclose(mine, expected, atol=5e-3)
    assert not same(ours, run(specs, replace(SCHEDULE, epochs=3, learning_rate=0.03), way=compiled.start))


@pytest.mark.parametrize("way", [compiled.start, portable.start], ids=["compiled_tf", "portable"])
def test_the_running_mean_is_that_of_the_weights_of_all_steps(way):
    schedule = replace(SCHEDULE, epochs=2, running_mean=True)
    learner = way(dense_network(), TEN_CLASSES, schedule, TRAIN, VALIDATION, 1).learner
    mean = flat(learner.weights())
    for number in range(1, 2 * 11 + 1):
        batch = slice(100 * (number % 11), 100 * (number % 11) + 100)
        learner.learn(TRAIN.x[batch], TRAIN.y[batch])
        momentum = min(1 - 1 / 11, number / (number + 9))
        mean = [momentum * old + (1 - momentum) * new for old, new in zip(mean, flat(learner.weights()), strict=True)]
    model = trained_model(dense_network(), [[], mean[:2], mean[2:]], 1.0, 0.0)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    expected = np.array(model.evaluate(VALIDATION.x, VALIDATION.y, verbose=0)) * len(VALIDATION)
    np.testing.assert_allclose(learner.measure(VALIDATION.x, VALIDATION.y, running=True), expected, rtol=1e-4)
    assert abs(learner.measure(VALIDATION.x, VALIDATION.y, running=False)[0] - expected[0]) > 0.01


@WAYS
def test_the_running_mean_judges_and_changes_nothing(way):
    seen = []
    without = run(convolutions(), SCHEDULE, way=way)
    result = run(convolutions(), replace(SCHEDULE, running_mean=True), 1, lambda *one: seen.append(one), way)
    curve = result.history.pop("running_val_accuracy")
    assert seen == list(enumerate(curve, 1))
    assert curve != without.history["val_accuracy"]
    for name, column in result.history.items():
        np.testing.assert_allclose(column, without.history[name], atol=2e-2 if way is portable.start else 0.0)
    if way is not portable.start:  # where steps are taken in another way
        assert same(result, without)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_smoothed_losses_are_those_of_keras(smoothing):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(50, 10)).astype(np.float32), rng.integers(0, 10, 50)
    schedule = replace(SCHEDULE, label_smoothing=smoothing)
    ours = tf.reduce_mean(LOSSES[TEN_CLASSES.loss](schedule)(tf.constant(logits), tf.constant(labels, tf.int32)))
    model = keras.Sequential([keras.Input((10,)), keras.layers.Activation("softmax")])
    compile_model(model, TEN_CLASSES, schedule, samples=50)
    assert float(ours) == pytest.approx(model.evaluate(logits, labels, batch_size=50, verbose=0)[0], rel=1e-5)


def test_he_weights_are_spread_as_those_of_keras():
    specs = chain((9, 9, 40), ("Conv2D", convolutions()[0].config), ("Flatten", {}))
    ours = initial_weights(specs, 0, "he_uniform")[0][0]
    theirs = keras.ops.convert_to_numpy(keras.initializers.HeUniform(0)(ours.shape))
    assert ours.std() == pytest.approx(theirs.std(), rel=0.03)
    assert abs(ours).max() == pytest.approx(abs(theirs).max(), rel=0.01)


@pytest.mark.parametrize("way", [compiled.start, portable.start], ids=["compiled_tf", "portable"])
def test_from_identities_a_convolution_passes_its_input_on(way):
    plain = convolutions()[0].config | {"padding": "same", "activation": "linear", "use_bias": False, "strides": 1}
    specs = chain(
        (9, 9, 4),
        ("Conv2D", plain | {"filters": 6, "kernel_size": 4}),
        ("Conv2D", plain | {"filters": 3, "kernel_size": 1}),
        ("Flatten", {}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    )
    schedule = replace(SCHEDULE, kernel_initializer="identity")
    samples = Samples(np.random.default_rng(0).normal(size=(5, 9, 9, 4)).astype(np.float32), np.arange(5))
    (wider,), (narrower,), _, (dense, _) = way(specs, TEN_CLASSES, schedule, samples, samples, 1).learner.weights()
    x = samples.x
    out = keras.ops.convert_to_numpy(keras.ops.conv(x, wider, padding="same"))
    np.testing.assert_array_equal(out[..., :4], x)
    assert (out[..., 4:] != x[..., :2]).any()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(keras.ops.conv(x, narrower[:, :, :4])), x[..., :3])
    glorot = way(specs, TEN_CLASSES, SCHEDULE, samples, samples, 1).learner.weights()
    np.testing.assert_array_equal(glorot[0][0][..., 4:], wider[..., 4:])
    np.testing.assert_array_equal(glorot[3][0], dense)


@WAYS
def test_in_several_parts_an_epoch_is_the_same(way, monkeypatch):
    whole = run(dense_network(), SCHEDULE, way=way)
    monkeypatch.setattr(feed, "PART", 300 * 64 * 4)
    parts = list(Feed(dense_network(), SCHEDULE, TRAIN, VALIDATION, 1).training(0))
    assert [len(y) for _, y in parts] == [300, 300, 300, 200]
    in_parts = run(dense_network(), SCHEDULE, way=way)
    for mine, expected in zip(flat(whole.weights), flat(in_parts.weights), strict=True):
        np.testing.assert_allclose(mine, expected, atol=1e-5)


def test_a_shorter_training_begins_as_the_full_one_does():
    whole = run(convolutions(), replace(ALL, epochs=7))
    short = train(convolutions(), TEN_CLASSES, replace(ALL, epochs=7), TRAIN, VALIDATION, 1, epochs=3)
    assert short.history == {name: column[:3] for name, column in whole.history.items()}
