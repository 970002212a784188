"""The initial weights of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from deap_nn.networks import LayerSpec
from deap_nn.training.schedule import Weights


def initial_weights(specs: Sequence[LayerSpec], seed: int) -> Weights:
    """Draw weights as Keras does: kernels Glorot uniform, everything else as given by its `Weight.start`.

    Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html, equation 16.
    """
    rng = np.random.default_rng(seed)
    return [
        [
            _glorot(rng, weight.shape) if weight.start is None else np.full(weight.shape, weight.start, np.float32)
            for weight in spec.weights or ()
        ]
        for spec in specs
    ]


def _glorot(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    field = math.prod(shape[:-2])
    limit = math.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
