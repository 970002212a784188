"""Augmented samples: what moves where, and that it is drawn from the seed alone."""

import keras
import numpy as np
import pytest

from deap_nn.training import Samples, Schedule
from deap_nn.training.augmentation import Augmentation, moved
from deap_nn.training.augmentation import augmented as augmented_samples

pytestmark = pytest.mark.slow  # the package imports Keras

COUNT = 60
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 7, 6, 3)).astype(np.uint8)
SAMPLES = Samples(IMAGES, np.zeros(COUNT, np.int32))
ROWS = np.random.default_rng(1).permutation(COUNT)


def augmented(seed=3, epoch=0, samples=SAMPLES, **settings):
    schedule, rows = Schedule(epochs=9, **settings), np.arange(len(samples)) if samples is not SAMPLES else ROWS
    draws = Augmentation(schedule, samples, seed, epoch).draws(rows)
    return augmented_samples(samples, rows, draws, schedule.cutout)


def test_without_augmentation_samples_are_as_they_were():
    assert (augmented() == IMAGES[ROWS]).all()
    scaled = augmented(samples=Samples(IMAGES, SAMPLES.y, np.float32(1 / 255)))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, IMAGES / 255, rtol=1e-6)


def test_moves_are_a_reflecting_border_and_a_crop_as_keras_has_them():
    rng = np.random.default_rng(2)
    shifts, flips = rng.integers(-4, 5, (COUNT, 2)), rng.integers(0, 2, COUNT).astype(bool)
    padded = keras.ops.pad(IMAGES.astype("int32"), [[0, 0], [4, 4], [4, 4], [0, 0]], mode="reflect")
    padded = keras.ops.convert_to_numpy(padded)
    for image, border, (down, right), flip in zip(moved(IMAGES, shifts, flips), padded, shifts, flips, strict=True):
        crop = border[4 + down : 11 + down, 4 + right : 10 + right]
        expected = keras.ops.convert_to_numpy(keras.ops.flip(crop, 1)) if flip else crop
        assert (image == expected).all()


def test_a_shift_reaches_as_far_as_it_says_in_all_directions():
    seen = set()
    for epoch in range(20):
        for image, original in zip(augmented(epoch=epoch, shift=1), IMAGES[ROWS], strict=True):
            places = [(i, j) for i in range(7) for j in range(6) if (original[i, j] == image[3, 3]).all()]
            seen |= {(i - 3, j - 3) for i, j in places}
    assert {(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)} <= seen
    assert augmented(shift=50).shape == IMAGES.shape  # more than there are pixels


def test_a_random_flip_takes_half_of_the_images():
    flipped = (augmented(flip="random") == IMAGES[ROWS][:, :, ::-1]).all(axis=(1, 2, 3))
    as_before = (augmented(flip="random") == IMAGES[ROWS]).all(axis=(1, 2, 3))
    assert (flipped ^ as_before).all()
    assert 15 < flipped.sum() < 45


def test_alternating_flips_show_each_side_every_other_epoch():
    first, second, third = (augmented(epoch=epoch, flip="alternating") for epoch in range(3))
    assert (first == second[:, :, ::-1]).all()
    assert (first == third).all()
    assert 15 < (first == IMAGES[ROWS]).all(axis=(1, 2, 3)).sum() < 45


def test_cutout_blots_out_a_square_with_the_mean_colour():
    out = augmented(cutout=4)
    changed = (out != IMAGES[ROWS]).any(axis=3)
    assert (out[changed] == SAMPLES.mean).all()
    assert changed.any(axis=(1, 2)).all()
    assert changed.sum(axis=(1, 2)).max() <= 16
    assert all(rows.sum() <= 4 for rows in changed.any(axis=2))
    assert (SAMPLES.x == IMAGES).all()  # the samples themselves stay


def test_everything_comes_from_seed_and_epoch():
    every = {"flip": "random", "shift": 2, "cutout": 2}
    assert (augmented(**every) == augmented(**every)).all()
    assert (augmented(**every) != augmented(seed=4, **every)).any()
    assert (augmented(**every) != augmented(epoch=1, **every)).any()


def test_noise_is_for_flat_samples():
    flat = Samples(np.zeros((5000, 4), np.float32), np.zeros(5000, np.int32))
    noisy = augmented(samples=flat, noise=0.3, flip="random", shift=2)
    assert noisy.std() == pytest.approx(0.3, rel=0.05)
    assert abs(noisy.mean()) < 0.01
    assert (augmented(noise=0.3) == IMAGES[ROWS]).all()
