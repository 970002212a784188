"""The initial weights of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from deap_nn.networks import LayerSpec, Weight
from deap_nn.training.history import Weights


def initial_weights(specs: Sequence[LayerSpec], seed: int, initializer: str = "glorot_uniform") -> Weights:
    """Draw weights as Keras does: kernels uniform, everything else as given by its `Weight.start`.

    Args:
        specs: The network.
        seed: The seed of the training.
        initializer: "glorot_uniform" (Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html,
            equation 16) or "he_uniform" (He et al. 2015, https://arxiv.org/abs/1502.01852, equation 10).
    """
    rng = np.random.default_rng(seed)
    return [[_array(rng, weight, initializer) for weight in spec.weights or ()] for spec in specs]


def _array(rng: np.random.Generator, weight: Weight, initializer: str) -> np.ndarray:
    if weight.start is not None:
        return np.full(weight.shape, weight.start, np.float32)
    return _kernel(rng, weight.shape, initializer)


def _kernel(rng: np.random.Generator, shape: tuple[int, ...], initializer: str) -> np.ndarray:
    field = math.prod(shape[:-2])
    fan = shape[-2] if initializer == "he_uniform" else (shape[-2] + shape[-1])
    limit = math.sqrt(6 / (field * fan))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
