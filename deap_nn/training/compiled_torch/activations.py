"""The activations of a blueprint as PyTorch functions; each computes the same as Keras's of that name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "tanh": torch.tanh,
    "swish": functional.silu,
    "silu": functional.silu,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "leaky_relu": partial(functional.leaky_relu, negative_slope=0.2),
    "sigmoid": torch.sigmoid,
    "softmax": partial(functional.softmax, dim=1),  # over the channels, which come second in maps, too
}
