"""Losses and measures as TensorFlow functions: one row for each of the Keras names that a task may use.

Each takes the last layer's output before its activation, and the targets, and returns one number per sample; the value
for an epoch is their mean.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

OfSamples = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""`(outputs before the activation, targets) -> one number per sample`."""

LOSSES: dict[str, OfSamples] = {
    "sparse_categorical_crossentropy": lambda logits, labels: tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels, logits
    ),
}

MEASURES: dict[str, OfSamples] = {
    "accuracy": lambda logits, labels: tf.cast(tf.equal(tf.argmax(logits, -1, tf.int32), labels), tf.float32),
}
