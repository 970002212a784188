"""The initial weights of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from deap_nn.networks import LayerSpec, Weight
from deap_nn.training.history import Weights

IDENTITY = "identity"


def initial_weights(specs: Sequence[LayerSpec], seed: int, initializer: str = "glorot_uniform") -> Weights:
    """Draw weights as Keras does: kernels uniform, everything else as given by its `Weight.start`.

    Args:
        specs: The network.
        seed: The seed of the training.
        initializer: "glorot_uniform" (Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html,
            equation 16), "he_uniform" (He et al. 2015, https://arxiv.org/abs/1502.01852, equation 10) or "identity":
            as the first, then see `with_identities`.
    """
    rng = np.random.default_rng(seed)
    drawn = [[_array(rng, weight, initializer) for weight in spec.weights or ()] for spec in specs]
    return with_identities(specs, drawn) if initializer == IDENTITY else drawn


def with_identities(specs: Sequence[LayerSpec], weights: Weights) -> Weights:
    """Return weights with which the first filters of each convolution pass its channels on as they are.

    After Zagoruyko and Komodakis 2017, https://arxiv.org/abs/1706.00388; as initial weights, Jordan 2024,
    https://arxiv.org/abs/2404.00498.

    Args:
        specs: The network.
        weights: Its weights, of which the other filters keep theirs.
    """
    pairs = zip(specs, weights, strict=True)
    return [[_passing(one[0]), *one[1:]] if spec.layer == "Conv2D" else one for spec, one in pairs]


def _passing(kernel: np.ndarray) -> np.ndarray:
    passed = np.arange(min(kernel.shape[2:]))
    kernel = kernel.copy()
    kernel[..., passed] = 0
    high, wide = ((side - 1) // 2 for side in kernel.shape[:2])  # where "same" padding puts an even side, too
    kernel[high, wide, passed, passed] = 1
    return kernel


def _array(rng: np.random.Generator, weight: Weight, initializer: str) -> np.ndarray:
    if weight.start is not None:
        return np.full(weight.shape, weight.start, np.float32)
    return _kernel(rng, weight.shape, initializer)


def _kernel(rng: np.random.Generator, shape: tuple[int, ...], initializer: str) -> np.ndarray:
    field = math.prod(shape[:-2])
    fan = shape[-2] if initializer == "he_uniform" else (shape[-2] + shape[-1])
    limit = math.sqrt(6 / (field * fan))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
