"""The same network on inputs of another size: its layers with their shapes worked out anew.

Input: a blueprint and the shape of one sample. Output: a blueprint with equal weights, or None. A training may begin on
small images and end on large ones that way (Tan and Le 2021, https://arxiv.org/abs/2104.00298, section 3.3): small ones
cost less, and what they taught is not lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from deap_nn.networks.layers import LAYERS, Shape
from deap_nn.networks.plan import NETWORK_INPUT, LayerSpec

PHASES = (2 / 7, 4 / 7)
"""The shares of the epochs after which images are halfway between their first and full size, and full."""


def growing(specs: Sequence[LayerSpec], epochs: int, start_resolution: float) -> list[tuple[LayerSpec, ...]]:
    """Return the network in each epoch of a training whose images grow.

    Its shapes are the full ones from the start where smaller images would change its weights.

    Args:
        specs: The blueprint.
        epochs: The number of epochs.
        start_resolution: The share of their sides, above 0 and up to 1, with which images begin.
    """
    full, network = specs[0].input_shape, tuple(specs)
    phases = [sum(epoch >= begin * epochs for begin in PHASES) for epoch in range(epochs)]
    if start_resolution == 1 or len(full) != 3:
        return [network] * epochs
    shares = (start_resolution, (1 + start_resolution) / 2)
    smaller = [resized(specs, (*(round(side * share) for side in full[:2]), full[2])) for share in shares]
    made = [one for one in smaller if one is not None]
    return [([*made, network] if len(made) == len(shares) else [network] * 3)[phase] for phase in phases]


def resized(specs: Sequence[LayerSpec], input_shape: Shape) -> tuple[LayerSpec, ...] | None:
    """Return the same layers for samples of another shape, or None if the network cannot take them as it is.

    It cannot if any array of weights would have another shape (as behind a `Flatten`), if nothing would be left of a
    map, if maps that are added up would no longer be of one size, or if it has a user-defined layer. Fall-backs are not
    decided anew: a layer keeps its configuration.

    Args:
        specs: The blueprint.
        input_shape: The shape of one sample, with as many axes as before.
    """
    shapes = {NETWORK_INPUT: input_shape}
    before = {NETWORK_INPUT: specs[0].input_shape}
    if len(input_shape) != len(specs[0].input_shape):
        return None
    made = []
    for index, spec in enumerate(specs):
        new = None if spec.built is not None else _on(spec, shapes[spec.inputs[0]])
        before[index] = spec.output_shape
        if new is None or _torn_apart(spec, before, shapes):
            return None
        made.append(new)
        shapes[index] = new.output_shape
    return tuple(made)


def _on(spec: LayerSpec, shape: Shape) -> LayerSpec | None:
    """Return the layer on an input of another shape; None if it cannot be the same layer."""
    output_shape = LAYERS[spec.layer].shape(spec.config, shape)
    new = replace(spec, input_shape=shape, output_shape=output_shape)
    return new if min(output_shape) >= 1 and new.weights == spec.weights else None


def _torn_apart(spec: LayerSpec, before: dict[int, Shape], shapes: dict[int, Shape]) -> bool:
    """Tell whether inputs of a layer that had one shape have several now."""
    first, *others = spec.inputs
    return any(before[i] == before[first] and shapes[i] != shapes[first] for i in others)
