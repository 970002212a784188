"""What a practitioner writes by hand: plain Keras, no search, trained for as long as a search may take.

For images three stages of two 3x3 convolutions with batch normalisation, max pooling between them, global max pooling,
dropout; SGD with Nesterov's momentum, one-cycle learning rate, weight decay, label smoothing; flips (of colour images)
and shifts. For features two wide layers with dropout and Adam. The number of epochs is what fits into the time, judging
by two that are timed first.

    python benchmarks/by_hand.py --dataset cifar10-10k.npz --budget 10m --seed 0
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

from deap_nn.data import DataSpec, load
from deap_nn.search.duration import seconds_of

BATCH, RATE, CLOSING = 128, 0.1, 5.0
MOST_EPOCHS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--train-samples", type=int, default=10_000)
    parser.add_argument("--budget", type=seconds_of, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began, cpu = time.monotonic(), time.process_time()
    keras.utils.set_random_seed(options.seed)
    splits = load(DataSpec(options.dataset, options.train_samples))
    x = np.concatenate([splits.x_train, splits.x_validation])
    y = np.concatenate([splits.y_train, splits.y_validation])
    x, x_test = (splits.scaled(one) for one in (x, splits.x_test))
    x, x_test = (x - x.mean(), x_test - x.mean()) if x.ndim == 4 else (x, x_test)
    y = keras.utils.to_categorical(y, splits.task.outputs)
    epochs = affordable_epochs(x, y, options.budget - CLOSING, began)
    accuracy = train(x, y, epochs, options.seed, x_test, splits.y_test)
    print(
        f"test accuracy {accuracy:.4f}, {epochs} epochs, {time.monotonic() - began:.0f} s, "
        f"{time.process_time() - cpu:.0f} s of CPU"
    )


def affordable_epochs(x: np.ndarray, y: np.ndarray, seconds: float, began: float) -> int:
    """Train for two epochs and return how many more fit into the time, judging by the second."""
    model, rng = compiled(x, y, 2), np.random.default_rng(0)
    for _ in range(2):
        started = time.monotonic()
        model.fit(moved(x, rng), y, batch_size=BATCH, verbose=0)
    now = time.monotonic()
    return max(1, min(MOST_EPOCHS, int((seconds - (now - began) - 5) / (now - started))))


def train(x: np.ndarray, y: np.ndarray, epochs: int, seed: int, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """Return the test accuracy of a training for that many epochs."""
    model, rng = compiled(x, y, epochs), np.random.default_rng(seed)
    for _ in range(epochs):
        model.fit(moved(x, rng), y, batch_size=BATCH, verbose=0)
    return float(np.mean(model.predict(x_test, batch_size=500, verbose=0).argmax(1) == y_test))


def compiled(x: np.ndarray, y: np.ndarray, epochs: int) -> keras.Model:
    """Return the network for these data, compiled for that many epochs."""
    steps = -(-len(x) // BATCH) * epochs
    rising = max(1, steps // 4)
    if x.ndim == 2:
        hidden = [layers.Dense(256, "relu"), layers.Dropout(0.3), layers.Dense(128, "relu"), layers.Dropout(0.3)]
        model = keras.Sequential([keras.Input(x.shape[1:]), *hidden, layers.Dense(y.shape[1], "softmax")])
        optimizer = keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(2e-3, steps), weight_decay=1e-2)
    else:
        model = convolutional(x.shape[1:], y.shape[1])
        rate = keras.optimizers.schedules.CosineDecay(0.0, steps - rising, warmup_target=RATE, warmup_steps=rising)
        optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-3)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)  # XLA convolves slowly on processors
    return model


def convolutional(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Return three stages of two convolutions."""
    stack: list[layers.Layer] = [keras.Input(shape)]
    for number, filters in enumerate((32, 64, 128)):
        for _ in range(2):
            stack += [layers.Conv2D(filters, 3, padding="same", use_bias=False)]
            stack += [layers.BatchNormalization(momentum=0.9), layers.Activation("relu")]
        stack += [layers.MaxPooling2D()] if number < 2 else [layers.GlobalMaxPooling2D()]
    return keras.Sequential([*stack, layers.Dropout(0.2), layers.Dense(classes, "softmax")])


def moved(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return images shifted by up to an eighth of their side and, if they have colours, mirrored by chance."""
    if x.ndim != 4:
        return x
    most = x.shape[1] // 8
    padded = np.pad(x, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, x.shape[1:3], axis=(1, 2))
    down, right = rng.integers(0, 2 * most + 1, (2, len(x)))
    result = windows[np.arange(len(x)), down, right].transpose(0, 2, 3, 1)
    flips = rng.random(len(x)) < (0.5 if x.shape[-1] == 3 else 0.0)
    return np.where(flips[:, None, None, None], result[:, :, ::-1], result)


if __name__ == "__main__":
    main()
