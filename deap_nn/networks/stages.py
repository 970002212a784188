"""The kind `stage`: convolutions of one width, repeated, as in a VGG or a ResNet; maps shrink in the first repetition.

Every convolution is normalised and therefore has no bias. Pooling stands before the normalisation, which then has fewer
values to normalise (Jordan 2024, https://arxiv.org/abs/2404.00498).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from deap_nn.networks.plan import Plan

DOWNSAMPLING = ("none", "max", "average", "strides")
"""The ways in which a stage halves the sides of its maps: not at all, by 2x2 pooling, or by strides of 2."""

SQUEEZE = 8
"""Filters per unit of a squeeze-and-excitation's inner layer; the paper has 16, for networks several times as wide."""

MIN_SQUEEZED = 4


class Repetition(NamedTuple):
    """What is repeated in a stage: its genes, and how this repetition shrinks the maps."""

    filters: int
    kernel_size: int
    activation: str
    squeeze_excitation: bool
    downsampling: str

    @property
    def pooling(self) -> str:
        """Its pooling: none, max or average."""
        return self.downsampling if self.downsampling in ("max", "average") else "none"

    def strides(self, plan: Plan) -> int:
        """Return its strides, which are 1 on a map with a side of 1."""
        return 2 if self.downsampling == "strides" and min(plan.shape[:-1]) > 1 else 1


def add_stage(plan: Plan, genes: dict[str, Any]) -> None:
    """Add `depth` repetitions of a block; the first one downsamples, dropout follows the last."""
    add = BLOCKS[genes.get("block", "plain")]
    own = {name: genes[name] for name in ("filters", "kernel_size", "activation")}
    squeezes, downsampling = genes.get("squeeze_excitation", False), genes.get("downsampling", "none")
    for number in range(genes["depth"]):
        add(plan, Repetition(**own, squeeze_excitation=squeezes, downsampling="none" if number else downsampling))
    plan.dropout(genes.get("dropout", 0.0))


def _plain(plan: Plan, block: Repetition) -> None:
    """Add convolution, pooling, normalisation and activation."""
    _convolve(plan, block, plan.last, block.strides(plan))
    plan.pool(block.pooling)
    _normalize(plan, block)
    _squeeze_and_excite(plan, block)


def _separable(plan: Plan, block: Repetition) -> None:
    """Add a convolution within each channel, then one of 1x1 across them (Chollet 2017, arXiv:1610.02357)."""
    strides = block.strides(plan)
    plan.add("DepthwiseConv2D", kernel_size=block.kernel_size, strides=strides, padding="same", use_bias=False)
    _convolve(plan, block._replace(kernel_size=1), plan.last, strides=1)
    plan.pool(block.pooling)
    _normalize(plan, block)
    _squeeze_and_excite(plan, block)


def _residual(plan: Plan, block: Repetition) -> None:
    """Add two convolutions and, beside them, a shortcut (He et al. 2015, https://arxiv.org/abs/1512.03385)."""
    source, strides = plan.last, block.strides(plan)
    shortcut = _shortcut(plan, block)
    _convolve(plan, block, source, strides)
    plan.pool(block.pooling)
    _normalize(plan, block)
    _convolve(plan, block, plan.last, strides=1)
    plan.normalize()
    _squeeze_and_excite(plan, block)
    plan.add("Add", inputs=(plan.last, shortcut))
    plan.add("Activation", activation=block.activation)


BLOCKS: dict[str, Callable[[Plan, Repetition], None]] = {
    "plain": _plain,
    "residual": _residual,
    "separable": _separable,
}
"""What a stage can repeat, by the name in the gene `block`."""


def _convolve(plan: Plan, block: Repetition, source: int, strides: int) -> None:
    sizes = {"filters": block.filters, "kernel_size": block.kernel_size, "strides": strides}
    plan.add("Conv2D", inputs=(source,), **sizes, padding="same", activation="linear", use_bias=False)


def _normalize(plan: Plan, block: Repetition) -> None:
    plan.normalize()
    plan.add("Activation", activation=block.activation)


def _shortcut(plan: Plan, block: Repetition) -> int:
    """Return the layer whose output is added: the block's input, pooled and projected where shapes would differ."""
    strides = block.strides(plan)
    plan.pool(block.pooling)
    if strides > 1 or plan.shape[-1] != block.filters:
        _convolve(plan, block._replace(kernel_size=1), plan.last, strides)
        plan.normalize()
    return plan.last


def _squeeze_and_excite(plan: Plan, block: Repetition) -> None:
    """Weigh the channels by what their means say, if wanted (Hu et al. 2017, https://arxiv.org/abs/1709.01507)."""
    if not block.squeeze_excitation:
        return
    source = plan.last
    plan.add("GlobalAveragePooling2D", keepdims=True)
    for filters, activation in ((max(MIN_SQUEEZED, block.filters // SQUEEZE), "relu"), (block.filters, "sigmoid")):
        plan.add("Conv2D", filters=filters, kernel_size=1, strides=1, padding="same", activation=activation)
    plan.add("Multiply", inputs=(source, plan.last))
