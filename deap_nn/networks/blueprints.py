"""From an individual to the list of layers it stands for, by shape arithmetic alone.

Input: a search space, an individual and the shape of one image or feature vector. Output: a tuple of `LayerSpec`s,
the network as it will be built, with every fall-back already applied. Nothing here needs Keras (except for layers of
user-defined kinds), so a thousand networks can be checked in a moment, and the compiled training and the Keras model
are made from the same list.

The fall-backs, for maps that have become too small (the genome itself is never rewritten):

- `valid` padding with a kernel larger than the map becomes `same`;
- a stride longer than the map's shorter side becomes 1, so a stage does not halve a map with a side of 1;
- 2x2 pooling of a map with a side of 1 is left out;
- a shortcut across a layer with `valid` padding is left out, unless the shapes agree anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

from deap_nn.networks.checks import check_space
from deap_nn.networks.kinds import layer_function
from deap_nn.networks.layers import Shape
from deap_nn.networks.plan import LayerSpec, Plan
from deap_nn.space import Block, Chromosome, SearchSpace
from deap_nn.tasks import Task


def blueprint(
    space: SearchSpace, individual: Sequence[Chromosome], input_shape: Shape, task: Task
) -> tuple[LayerSpec, ...]:
    """Return the network that `individual` stands for, layer by layer, the task's last layer included.

    Args:
        space: The search space of the individual.
        individual: Its chromosomes.
        input_shape: The shape of one sample: `(height, width, channels)` or `(features,)`.
        task: What is learnt.

    Raises:
        InputError: If the space does not fit the data, see `check_space`.
    """
    check_space(space, input_shape)
    plan = Plan(input_shape)
    for block in space.blocks:
        _add_block(plan, block, [c for c in individual if c.kind == block.name])
    plan.flatten()
    plan.add("Dense", units=task.outputs, activation=task.activation)
    return tuple(plan.specs)


def parameters(specs: Sequence[LayerSpec]) -> int | None:
    """Return the number of weights of all layers, or None if a user-defined layer is among them."""
    counts = [spec.parameters for spec in specs]
    return None if None in counts else sum(count or 0 for count in counts)


def multiply_adds(specs: Sequence[LayerSpec]) -> int:
    """Return the multiply-adds of one sample's forward pass through a network: what a training costs.

    User-defined layers count as 0.
    """
    return sum(spec.multiply_adds for spec in specs)


def _add_block(plan: Plan, block: Block, layers: Sequence[Chromosome]) -> None:
    kind = block.kind
    for position, chromosome in enumerate(layers, start=1):
        if kind.takes == "flat":
            plan.flatten()
        layer_function(kind)(plan, chromosome.genes)
        every = block.pool_every > 0 and position % block.pool_every == 0
        if every or (block.pool_last and position == len(layers)):
            plan.pool("max")
