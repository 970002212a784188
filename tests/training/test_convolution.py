"""Which way and which precision a convolution takes, and what it gives there."""

import numpy as np
import pytest
import tensorflow as tf
from network_stubs import chain

from deap_nn.models import build_layers
from deap_nn.training.compiled_tf import convolution, precision
from deap_nn.training.compiled_tf.convolution import WORTH_ROUNDING, convolve, is_spectral

pytestmark = pytest.mark.slow

MAP = (7, 8, 16)


def layer(filters=16, kernel_size=3, strides=1, shape=MAP):
    config = {"filters": filters, "kernel_size": kernel_size, "strides": strides, "padding": "same"}
    (spec,) = chain(shape, ("Conv2D", config | {"activation": "linear"}))
    return spec


def normal(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(1, 2, shape).astype(np.float32))


@pytest.mark.parametrize("strides", [1, 2])
def test_in_bfloat16_it_is_that_of_keras_s_mixed_policy(monkeypatch, strides):
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: True)  # as Keras does on any processor
    spec, x, kernel = layer(strides=strides), normal(12, *MAP), normal(3, 3, 16, 16, seed=1)
    (theirs,) = build_layers([spec], 0, "bfloat16")
    theirs.build((None, *MAP))
    theirs.set_weights([kernel.numpy(), np.zeros(16, np.float32)])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, kernel])
        ours, expected = convolve(x, kernel, spec, "bfloat16"), tf.cast(theirs(x), tf.float32)
        upstream = normal(*ours.shape, seed=2)
        our_sum, expected_sum = tf.reduce_sum(upstream * ours), tf.reduce_sum(upstream * expected)
    assert ours.dtype == tf.float32
    np.testing.assert_array_equal(ours, expected)
    assert (ours != convolve(x, kernel, spec, "float32")).numpy().any()
    np.testing.assert_array_equal(tape.gradient(our_sum, x), tape.gradient(expected_sum, x))
    np.testing.assert_array_equal(tape.gradient(our_sum, kernel), tape.gradient(expected_sum, theirs.kernel.value))


def test_one_too_small_to_gain_stays_in_float32():
    x, kernel = normal(12, 7, 8, 3), normal(3, 3, 3, 16, seed=1)
    assert np.prod(kernel.shape[:-1]) < WORTH_ROUNDING
    rounded, exact = (convolve(x, kernel, layer(shape=(7, 8, 3)), precision) for precision in ("bfloat16", "float32"))
    np.testing.assert_array_equal(rounded, exact)


@pytest.mark.parametrize(("strides", "kernel_size", "direct"), [(1, 7, False), (1, 1, True), (2, 7, True)])
def test_it_takes_the_shorter_way(strides, kernel_size, direct):
    spec, x = layer(64, kernel_size, strides, (12, 12, 64)), normal(12, 12, 12, 64)
    kernel = normal(kernel_size, kernel_size, 64, 64, seed=1)
    output = tf.function(lambda x: convolve(x, kernel, spec, "float32"))
    operations = output.get_concrete_function(x).graph.get_operations()
    assert ("Conv2D" in {operation.type for operation in operations}) == direct
    assert is_spectral(spec, "float32") != direct


@pytest.mark.parametrize(("threads", "spectral"), [("1", True), ("2", False)])
def test_the_way_may_depend_on_the_threads_that_a_training_was_given(monkeypatch, threads, spectral):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", threads)
    assert is_spectral(layer(128, 3, shape=(8, 8, 128)), "float32") == spectral


@pytest.mark.parametrize(
    ("tiles", "dtype", "spectral"), [(True, "bfloat16", False), (False, "bfloat16", True), (True, "float32", True)]
)
def test_where_tiles_are_multiplied_bfloat16_goes_directly(monkeypatch, tiles, dtype, spectral):
    monkeypatch.setattr(convolution, "multiplies_tiles", lambda: tiles)
    assert is_spectral(layer(64, 7, shape=(12, 12, 64)), dtype) == spectral
