"""Mutation: one individual, changed in place within the limits of its space; `start` ranges do not bind it.

Redrawing a chosen discrete value until it changes is a method of Nevergrad
(https://github.com/facebookresearch/nevergrad).
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from deap_nn.errors import InputError
from deap_nn.space import Block, Choice, Chromosome, Float, Gene, Integer, SearchSpace

Layers = list[Chromosome]
T = TypeVar("T", bound=Layers)

# After this many redraws without a change, an integer or a listed value moves to a neighbour, as further redraws
# eventually would.
REDRAWS = 20


def check_probability(indpb: float) -> None:
    """Raise an InputError unless the value is a probability."""
    if not 0.0 <= indpb <= 1.0:
        raise InputError(f"indpb is {indpb!r}; expected a probability in 0..1")


def mutGaussianGenes(individual: T, space: SearchSpace, indpb: float = 0.1, sigma: float = 0.1) -> tuple[T]:
    """Move numeric genes by Gaussian steps on their own scales, reflected at the limits.

    An integer or a listed value that was chosen is redrawn until it changes; if `sigma` is so small that it hardly ever
    would, it moves one step up or down. Listed values lie evenly on their scale, so that most steps lead to neighbours.
    Genes whose limits allow only one value stay unchanged.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: The probability, 0..1, with which each gene is chosen independently.
        sigma: The standard deviation of a step, greater than 0; a fraction of the range between a gene's limits or,
            with `log`, of its logarithmic range.
    """
    check_probability(indpb)
    if not sigma > 0.0:
        raise InputError(f"sigma is {sigma!r}; expected a number greater than 0 (indpb=0 switches mutation off)")
    for chromosome, name, gene in _variable_genes(individual, space):
        if isinstance(gene, (Float, Integer)) and random.random() < indpb:
            chromosome.genes[name] = _gaussian_step(gene, chromosome.genes[name], sigma)
    return (individual,)


def mutChoices(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Replace the values of categorical genes by others of their options, with equal probability.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: The probability, 0..1, with which each gene is chosen independently.
    """
    check_probability(indpb)
    for chromosome, name, gene in _variable_genes(individual, space):
        if isinstance(gene, Choice) and random.random() < indpb:
            others = [option for option in gene.options if option != chromosome.genes[name]]
            chromosome.genes[name] = random.choice(others)
    return (individual,)


def mutInsertLayer(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Insert a new layer, drawn from the start ranges, at a random place in its block.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: The probability, 0..1, for each block that is not at its greatest depth.
    """

    def insert(block: Block, layers: Layers) -> Layers:
        place = random.randint(0, len(layers))
        return [*layers[:place], block.sample_layer(), *layers[place:]]

    return _change_depths(individual, space, indpb, +1, insert)


def mutRemoveLayer(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Remove a random layer of a block.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: The probability, 0..1, for each block that is not at its smallest depth.
    """

    def remove(block: Block, layers: Layers) -> Layers:
        place = random.randrange(len(layers))
        return [*layers[:place], *layers[place + 1 :]]

    return _change_depths(individual, space, indpb, -1, remove)


def mutDuplicateLayer(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Insert a copy of a random layer of a block right after it; a block without layers stays unchanged.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: The probability, 0..1, for each block that is not at its greatest depth.
    """

    def duplicate(block: Block, layers: Layers) -> Layers:
        if not layers:
            return layers
        place = random.randrange(len(layers))
        return [*layers[: place + 1], layers[place].copy(), *layers[place + 1 :]]

    return _change_depths(individual, space, indpb, +1, duplicate)


def _variable_genes(individual: Layers, space: SearchSpace) -> Iterator[tuple[Chromosome, str, Gene]]:
    """Yield the genes that can change, in the space's order, whatever that of a chromosome."""
    for chromosome in individual:
        for name, gene in space.kind(chromosome.kind).genes.items():
            if not gene.is_constant:
                yield chromosome, name, gene


def _reflect(unit: float) -> float:
    """Fold the number line into 0..1, as if both ends were mirrors."""
    folded = abs(unit) % 2.0
    return min(folded, 2.0 - folded)


def _gaussian_step(gene: Float | Integer, value: Any, sigma: float) -> Any:
    for _ in range(REDRAWS):
        moved = gene.from_unit(_reflect(gene.to_unit(value) + random.gauss(0.0, sigma)))
        if moved != value:
            return moved
    neighbours: Sequence[Any] = gene.neighbours(value)
    return random.choice(neighbours) if neighbours else value  # between limits, no float is the next


def _change_depths(
    individual: T, space: SearchSpace, indpb: float, step: int, change: Callable[[Block, Layers], Layers]
) -> tuple[T]:
    """Change, with a probability, the layers of each block whose depth can change by `step` within its limits."""
    check_probability(indpb)
    start = 0
    for block in space.blocks:
        end = start + sum(layer.kind == block.name for layer in individual)
        if block.min_layers <= end - start + step <= block.max_layers and random.random() < indpb:
            individual[start:end] = layers = change(block, individual[start:end])
            end = start + len(layers)
        start = end
    return (individual,)
