"""Keras's optimizers as functions of one long PyTorch vector, with Keras's default constants.

An update is a handful of kernels however many layers there are. Each is tested step by step against the Keras optimizer
of its name; the papers stand beside the same functions in `deap_nn.training.compiled_tf.optimizers`.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from deap_nn.recipe import Schedule
from deap_nn.training.updates import Formulas, Optimizer, Update, composed

Slots = tuple[torch.Tensor, ...]


def _sgd(
    w: torch.Tensor, g: torch.Tensor, slots: Slots, step: torch.Tensor, rate: torch.Tensor
) -> tuple[torch.Tensor, Slots]:
    return w - rate * g, slots


def _nesterov(momentum: float) -> Update:
    def update(
        w: torch.Tensor, g: torch.Tensor, slots: Slots, step: torch.Tensor, rate: torch.Tensor
    ) -> tuple[torch.Tensor, Slots]:
        change = rate * g
        velocity = momentum * slots[0] - change
        return torch.add(w, velocity, alpha=momentum) - change, (velocity,)

    return update


def _rmsprop(
    w: torch.Tensor, g: torch.Tensor, slots: Slots, step: torch.Tensor, rate: torch.Tensor
) -> tuple[torch.Tensor, Slots]:
    v = 0.9 * slots[0] + 0.1 * g.square()
    return w - rate * g * (v + 1e-7).rsqrt(), (v,)


def _adagrad(
    w: torch.Tensor, g: torch.Tensor, slots: Slots, step: torch.Tensor, rate: torch.Tensor
) -> tuple[torch.Tensor, Slots]:
    total = slots[0] + g.square()
    return w - rate * g * (total + 1e-7).rsqrt(), (total,)


def _adam(
    w: torch.Tensor, g: torch.Tensor, slots: Slots, step: torch.Tensor, rate: torch.Tensor
) -> tuple[torch.Tensor, Slots]:
    m = torch.lerp(slots[0], g, 1 - 0.9)
    v = torch.lerp(slots[1], g.square(), 1 - 0.999)
    t = step.float()
    alpha = rate * (1 - 0.999**t).sqrt() / (1 - 0.9**t)
    return w - alpha * m / (v.sqrt() + 1e-7), (m, v)


def _adamw(
    w: torch.Tensor, g: torch.Tensor, slots: Slots, step: torch.Tensor, rate: torch.Tensor
) -> tuple[torch.Tensor, Slots]:
    return _adam(w - 0.004 * rate * w, g, slots, step, rate)


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(0.01, (), _sgd),
    "rmsprop": Optimizer(0.001, (0.0,), _rmsprop),
    "adagrad": Optimizer(0.001, (0.1,), _adagrad),
    "adam": Optimizer(0.001, (0.0, 0.0), _adam),
    "adamw": Optimizer(0.001, (0.0, 0.0), _adamw),
}


def optimizer_of(schedule: Schedule, kernels: np.ndarray, device: torch.device) -> Optimizer:
    """Return the optimizer of a training, with its learning rate, momentum, weight decay and clipping.

    Args:
        schedule: The settings of the training.
        kernels: 1 for each weight that decays, else 0.
        device: Where the weights are.
    """
    decaying = partial(_decaying, device=device)
    return composed(schedule, OPTIMIZERS, Formulas(_nesterov, decaying, _clipping), kernels)


def _decaying(update: Update, shares: np.ndarray, device: torch.device) -> Update:
    """Return the update after a decoupled weight decay."""
    decay = torch.tensor(shares, dtype=torch.float32, device=device)
    return lambda w, g, slots, step, rate: update(torch.addcmul(w, w, rate * decay, value=-1), g, slots, step, rate)


def _clipping(update: Update, norm: float) -> Update:
    """Return the update with gradients of at most that norm, all together."""
    return lambda w, g, slots, step, rate: update(
        w, g * (norm / torch.linalg.vector_norm(g).clamp(min=norm)), slots, step, rate
    )
