"""Samples on the device, augmented there, against what NumPy makes of them."""

import gc

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch, whose back end is tested, is not installed")

from deap_nn.recipe import Schedule
from deap_nn.training import Samples
from deap_nn.training.augmentation import Augmentation, Draws
from deap_nn.training.compiled_torch import resident
from deap_nn.training.compiled_torch.resident import Resident
from deap_nn.training.feed import InMemory

pytestmark = pytest.mark.slow  # the package imports Keras

CPU = torch.device("cpu")
COUNT = 60
ROWS = np.random.default_rng(1).permutation(COUNT)[:50]
EVERYTHING = {"flip": "random", "shift": 2, "cutout": 3}


def images(shape=(7, 6, 3), dtype=np.uint8, scale=1 / 255, offset=-0.5):
    x = np.random.default_rng(0).integers(0, 256, (COUNT, *shape)).astype(dtype)
    return Samples(x, np.arange(COUNT, dtype=np.int32) % 10, scale, offset)


def both(samples, shape=None, epoch=0, **settings):
    """What PyTorch and NumPy make of the same draws."""
    schedule = Schedule(epochs=9, **settings)
    draws = Augmentation(schedule, samples, 3, epoch).draws(ROWS)
    shape = samples.x.shape[1:] if shape is None else shape
    ours, theirs = (
        store.take(ROWS, draws, schedule.cutout, shape) for store in (Resident(samples, CPU), InMemory(samples))
    )
    assert ours[0].dtype == torch.float32
    assert ours[1].dtype == torch.int64
    assert ours[0].is_contiguous()
    np.testing.assert_array_equal(ours[1], theirs[1])
    return ours[0].numpy(), theirs[0]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"shift": 2},
        {"shift": 50},  # more than there are pixels
        {"flip": "random"},
        {"flip": "alternating"},
        {"cutout": 3},
        {"cutout": 20},
        EVERYTHING,
        EVERYTHING | {"flip": "alternating"},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7, 6, 3), (5, 9, 1), (8, 8, 3), (1, 6, 2)], ids=str)
def test_images_are_augmented_as_numpy_does(shape, dtype, settings):
    for epoch in range(2):
        np.testing.assert_array_equal(*both(images(shape, dtype), epoch=epoch, **settings))


@pytest.mark.parametrize(
    ("scale", "offset"),
    [(1.0, 0.0), (np.float64(1 / 3), 0.1), (np.float32([0.5, 1 / 7, 2]), np.array([0.1, -1.0, 3.0]))],
    ids=["nothing", "numbers", "per channel"],
)
def test_images_are_scaled_as_numpy_does(scale, offset):
    np.testing.assert_array_equal(*both(images(scale=scale, offset=offset), **EVERYTHING))


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_flat_samples_are_scaled_per_feature_and_noisy_as_with_numpy(noise):
    rng = np.random.default_rng(0)
    x, scale, offset = rng.normal(size=(COUNT, 5)), rng.normal(size=5), rng.normal(size=5)
    ours, theirs = both(Samples(x, np.arange(COUNT), scale, offset), noise=noise, **EVERYTHING)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("shape", [(4, 4, 3), (6, 5, 3), (3, 7, 3)], ids=str)
def test_images_are_resized_as_numpy_does(shape):
    ours, theirs = both(images((7, 9, 3)), shape, **EVERYTHING)
    assert ours.shape == (len(ROWS), *shape)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_arrays_that_are_read_backwards():
    colours = images()
    backwards = Samples(colours.x[:, ::-1, :, ::-1], colours.y[::-1])
    np.testing.assert_array_equal(*both(backwards, **EVERYTHING))


def test_bytes_stay_bytes_and_trainings_share_them_until_the_samples_are_gone():
    gc.collect()
    before = len(resident._resident)
    samples = images()
    first, second = Resident(samples, CPU), Resident(samples, CPU)
    assert first._x is second._x
    assert first._x.dtype == torch.uint8
    assert Resident(images(), CPU)._x is not first._x
    x = first._x
    first.take(ROWS, Draws(), 0, (7, 6, 3))[0].zero_()  # nobody else's
    np.testing.assert_array_equal(x, samples.x)
    del samples, first, second, x
    gc.collect()
    assert len(resident._resident) == before
