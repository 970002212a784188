"""The portable training: plain Keras, for the JAX and PyTorch backends and for layers of the user's own.

Slower than `deap_nn.training.compiled_tf.trainer`, with the same schedule, loss, metrics and order of samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from deap_nn.networks import LayerSpec
from deap_nn.training.portable.model import build_layers, connect
from deap_nn.training.schedule import OnEpoch, Samples, Schedule, Training, verdict


def train(
    specs: Sequence[LayerSpec],
    input_shape: tuple[int, ...],
    schedule: Schedule,
    training: Samples,
    validation: Samples,
    seed: int,
    on_epoch: OnEpoch | None = None,
) -> Training:
    """Train the network of a blueprint; see `deap_nn.training.train`."""
    layers = build_layers(specs, seed, schedule.precision)
    model = connect(layers, specs, input_shape)
    compile_model(model, schedule, len(training))
    rng = np.random.default_rng([seed, 1])
    result = Training()
    while result.epochs < schedule.epochs and not result.stopped:
        order = rng.permutation(len(training))
        epoch = model.fit(
            training.x[order],
            training.y[order],
            batch_size=schedule.batch_size,
            shuffle=False,
            validation_data=(validation.x, validation.y),
            verbose=0,
        )
        result.add(*(epoch.history[name][0] for name in result.history))
        result.stopped = verdict(result, on_epoch)
    result.weights = [layer.get_weights() for layer in layers]
    return result


def compile_model(model: keras.Model, schedule: Schedule, samples: int) -> None:
    """Compile a network for class indices, with the optimizer of its schedule for a training on so many samples."""
    optimizer = keras.optimizers.get(schedule.optimizer)
    if schedule.learning_rate is not None:
        optimizer.learning_rate = schedule.learning_rate
    if schedule.learning_rate_decay == "cosine":
        rate = float(optimizer.learning_rate)
        optimizer.learning_rate = keras.optimizers.schedules.CosineDecay(rate, schedule.steps(samples))
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
