"""Keras's optimizers as functions of one long vector.

All weights of a network are in a single vector, so that an update is a handful of operations however many layers there
are: Keras's own optimizers trace about a dozen operations for every weight array. Each is tested step by step against
the Keras optimizer of its name, with Keras's default constants.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import tensorflow as tf

from deap_nn.recipe import Schedule
from deap_nn.training.updates import Formulas, Optimizer, Update, composed

Slots = tuple[tf.Tensor, ...]
Rate: TypeAlias = float | tf.Tensor


def _sgd(w: tf.Tensor, g: tf.Tensor, slots: Slots, step: tf.Tensor, rate: Rate) -> tuple[tf.Tensor, Slots]:
    return w - rate * g, slots


def _nesterov(momentum: float) -> Update:
    """Return the update of Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html."""

    def update(w: tf.Tensor, g: tf.Tensor, slots: Slots, step: tf.Tensor, rate: Rate) -> tuple[tf.Tensor, Slots]:
        (velocity,) = slots
        velocity = momentum * velocity - rate * g
        return w + momentum * velocity - rate * g, (velocity,)

    return update


def _rmsprop(w: tf.Tensor, g: tf.Tensor, slots: Slots, step: tf.Tensor, rate: Rate) -> tuple[tf.Tensor, Slots]:
    """Update as Tieleman and Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning."""
    (v,) = slots
    v = 0.9 * v + 0.1 * tf.square(g)
    return w - rate * g * tf.math.rsqrt(v + 1e-7), (v,)


def _adagrad(w: tf.Tensor, g: tf.Tensor, slots: Slots, step: tf.Tensor, rate: Rate) -> tuple[tf.Tensor, Slots]:
    """Update as Duchi et al. 2011, https://jmlr.org/papers/v12/duchi11a.html."""
    (total,) = slots
    total = total + tf.square(g)
    return w - rate * g * tf.math.rsqrt(total + 1e-7), (total,)


def _adam(w: tf.Tensor, g: tf.Tensor, slots: Slots, step: tf.Tensor, rate: Rate) -> tuple[tf.Tensor, Slots]:
    """Update as Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, the form before section 2.1."""
    m, v = slots
    t = tf.cast(step, tf.float32)
    m = m + (g - m) * (1 - 0.9)
    v = v + (tf.square(g) - v) * (1 - 0.999)
    alpha = rate * tf.sqrt(1 - tf.pow(0.999, t)) / (1 - tf.pow(0.9, t))
    return w - alpha * m / (tf.sqrt(v) + 1e-7), (m, v)


def _adamw(w: tf.Tensor, g: tf.Tensor, slots: Slots, step: tf.Tensor, rate: Rate) -> tuple[tf.Tensor, Slots]:
    """Update as Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101, with Keras's weight decay of 0.004."""
    return _adam(w - 0.004 * rate * w, g, slots, step, rate)


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(0.01, (), _sgd),
    "rmsprop": Optimizer(0.001, (0.0,), _rmsprop),
    "adagrad": Optimizer(0.001, (0.1,), _adagrad),
    "adam": Optimizer(0.001, (0.0, 0.0), _adam),
    "adamw": Optimizer(0.001, (0.0, 0.0), _adamw),
}


def optimizer_of(schedule: Schedule, kernels: np.ndarray) -> Optimizer:
    """Return the optimizer of a training, with its learning rate, momentum, weight decay and clipping.

    Args:
        schedule: The settings of the training.
        kernels: 1 for each weight that decays, else 0.
    """
    return composed(schedule, OPTIMIZERS, Formulas(_nesterov, _decaying, _clipping), kernels)


def _decaying(update: Update, shares: np.ndarray) -> Update:
    """Return the update after a decoupled weight decay."""
    decay = tf.constant(shares)
    return lambda w, g, slots, step, rate: update(w - rate * decay * w, g, slots, step, rate)


def _clipping(update: Update, norm: float) -> Update:
    """Return the update with gradients of at most that norm, all together."""
    return lambda w, g, slots, step, rate: update(w, tf.clip_by_norm(g, norm), slots, step, rate)
