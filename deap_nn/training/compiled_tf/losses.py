"""Losses and measures as TensorFlow functions: one row for each of the Keras names that a task may use.

Each takes the last layer's output before its activation, and the targets, and returns one number per sample; the value
for an epoch is their mean.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from deap_nn.recipe import Schedule

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""`(outputs before the activation, targets) -> one number per sample`."""


def _cross_entropy(schedule: Schedule) -> Loss:
    smoothing = schedule.label_smoothing

    def loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        of_labels = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        if smoothing == 0:
            return of_labels
        of_all = tf.reduce_logsumexp(logits, -1) - tf.reduce_mean(logits, -1)  # the mean over all classes as labels
        return (1 - smoothing) * of_labels + smoothing * of_all

    return loss


LOSSES: dict[str, Callable[[Schedule], Loss]] = {"sparse_categorical_crossentropy": _cross_entropy}

MEASURES: dict[str, Loss] = {
    "accuracy": lambda logits, labels: tf.cast(tf.equal(tf.argmax(logits, -1, tf.int32), labels), tf.float32),
}
