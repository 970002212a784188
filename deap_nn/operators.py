"""Operators: how heredity is recombined, altered and selected.

DEAP's grammar: individuals come in and are changed in place, a tuple of the same individuals goes out. They
are blind to fitness (whoever calls them deletes the values) and draw from the global stream of `random`.
Crossover needs no search space; mutation reads its limits from one, and `start` ranges do not bind it.

Whole-layer crossover is modelled on the shuffling of chromosomes, two-point crossover on homologous
recombination. That a chosen discrete value is redrawn until it changes is a habit of Nevergrad
(https://github.com/facebookresearch/nevergrad).
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, groupby
from operator import attrgetter
from typing import Any, TypeVar

from deap_nn.space import TRAINING, Block, Choice, Chromosome, Float, Gene, Integer, SearchSpace

__all__ = [
    "cxTwoPointGenes",
    "cxWholeLayer",
    "initIndividual",
    "mutChoices",
    "mutDuplicateLayer",
    "mutGaussianGenes",
    "mutInsertLayer",
    "mutRemoveLayer",
    "selTruncation",
]

Layers = list[Chromosome]
T = TypeVar("T", bound=Layers)

# A whole number that so many redraws left as it was moves by one step: what ever more redraws would come to.
REDRAWS = 20


def initIndividual(cls: Callable[[Layers], T], space: SearchSpace) -> T:
    """Draw an individual of class `cls` from the start ranges of `space`."""
    return cls(space.sample())


def selTruncation(individuals: Sequence[Any], k: int) -> list[Any]:
    """Select the `k` best by fitness, best first; of equals the earlier, and all where there are fewer."""
    if k < 0:
        raise ValueError(f"k is {k!r}; expected 0 or more individuals to select")
    return sorted(individuals, key=attrgetter("fitness"), reverse=True)[:k]


def cxWholeLayer(ind1: T, ind2: T, indpb: float | None = None) -> tuple[T, T]:
    """Deal whole layers out to two children; paired are the layers of one kind and position.

    In turn (`indpb=None`), the first child gets layer 1 of the first parent, layer 2 of the second and so on,
    its twin the rest. The turn goes on through the training settings, whose genes are dealt one by one, in
    the order they lie on the first parent's chromosome.

    With different depths, the layers of the deeper parent that have no partner are dealt as one further pair
    "tail against nothing", after the pairs of their kind. Kinds that only one parent has are dealt likewise;
    where each parent has other kinds in the same place, as one pair. So a child is, in each kind, as deep as
    one of its parents.

    Args:
        ind1: First parent, becomes the first child.
        ind2: Second parent, of the same search space; becomes the second child.
        indpb: Probability in 0..1 with which a pair is exchanged, each on its own and the training settings
            whole, as in DEAP's `cxUniform`. None: in turn, without chance.
    """
    if indpb is None:
        exchanges = (turn % 2 == 1 for turn in count())
    else:
        _check_probability(indpb)
        exchanges = (random.random() < indpb for _ in count())
    child1: Layers = []
    child2: Layers = []
    for part1, part2 in _partners(ind1, ind2):
        if indpb is None and part1 and part1[0].kind == TRAINING:
            _exchange_genes(_loci(part1[0], part2[0]), exchanges)
        elif next(exchanges):
            part1, part2 = part2, part1
        child1 += part1
        child2 += part2
    ind1[:], ind2[:] = child1, child2
    return ind1, ind2


def cxTwoPointGenes(ind1: T, ind2: T) -> tuple[T, T]:
    """Exchange the genes between two cut points, as DEAP's `cxTwoPoint` does.

    The genes of paired layers (one kind and position) lie end to end, the training settings last; layers
    without a partner stay with their parent. As in DEAP the first gene is never exchanged: the two children
    are a pair, and to exchange the others does the same. With fewer than two genes in pairs, nothing changes.

    Args:
        ind1: First parent, becomes the first child.
        ind2: Second parent, of the same search space; becomes the second child.
    """
    pairs = [(one[0], two[0]) for one, two in _partners(ind1, ind2) if one and two and one[0].kind == two[0].kind]
    loci = [locus for one, two in pairs for locus in _loci(one, two)]
    size = len(loci)
    if size < 2:
        return ind1, ind2
    cut1, cut2 = random.randint(1, size), random.randint(1, size - 1)
    if cut2 >= cut1:
        cut2 += 1
    else:
        cut1, cut2 = cut2, cut1
    _exchange_genes(loci, (cut1 <= index < cut2 for index in range(size)))
    return ind1, ind2


def mutGaussianGenes(individual: T, space: SearchSpace, indpb: float = 0.1, sigma: float = 0.1) -> tuple[T]:
    """Move numeric genes by Gaussian steps on their own scales, reflected at the limits.

    A whole number that was chosen is redrawn until it changes; where `sigma` is so small that it hardly ever
    would, it moves one step up or down. Genes whose limits hold one value stay.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: Probability in 0..1 with which a gene is chosen, each on its own.
        sigma: Standard deviation of a step, greater than 0; a fraction of the range between a gene's limits,
            with `log` of its logarithmic range.
    """
    _check_probability(indpb)
    if not sigma > 0.0:
        raise ValueError(f"sigma is {sigma!r}; expected a number greater than 0 (indpb=0 switches mutation off)")
    for chromosome, name, gene in _variable_genes(individual, space):
        if isinstance(gene, (Float, Integer)) and random.random() < indpb:
            chromosome.genes[name] = _gaussian_step(gene, chromosome.genes[name], sigma)
    return (individual,)


def mutChoices(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Exchange categorical genes for another of their options, each with equal chances.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: Probability in 0..1 with which a gene is chosen, each on its own.
    """
    _check_probability(indpb)
    for chromosome, name, gene in _variable_genes(individual, space):
        if isinstance(gene, Choice) and random.random() < indpb:
            others = [option for option in gene.options if option != chromosome.genes[name]]
            chromosome.genes[name] = random.choice(others)
    return (individual,)


def mutInsertLayer(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Insert a new layer, drawn from the start ranges, at a random place of its block.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: Probability in 0..1 for each block that is not at its greatest depth.
    """

    def insert(block: Block, layers: Layers) -> Layers:
        place = random.randint(0, len(layers))
        return [*layers[:place], block.kind.sample(), *layers[place:]]

    return _change_depths(individual, space, indpb, +1, insert)


def mutRemoveLayer(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Remove a random layer of a block.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: Probability in 0..1 for each block that is not at its least depth.
    """

    def remove(block: Block, layers: Layers) -> Layers:
        place = random.randrange(len(layers))
        return [*layers[:place], *layers[place + 1 :]]

    return _change_depths(individual, space, indpb, -1, remove)


def mutDuplicateLayer(individual: T, space: SearchSpace, indpb: float = 0.1) -> tuple[T]:
    """Insert the copy of a random layer of a block right after it; a block without layers stays as it is.

    Args:
        individual: The individual to mutate.
        space: The space it belongs to.
        indpb: Probability in 0..1 for each block that is not at its greatest depth.
    """

    def duplicate(block: Block, layers: Layers) -> Layers:
        if not layers:
            return layers
        place = random.randrange(len(layers))
        return [*layers[: place + 1], layers[place].copy(), *layers[place + 1 :]]

    return _change_depths(individual, space, indpb, +1, duplicate)


def _check_probability(indpb: float) -> None:
    if not 0.0 <= indpb <= 1.0:
        raise ValueError(f"indpb is {indpb!r}; expected a probability in 0..1")


def _runs(layers: Layers, common: set[str]) -> list[Layers]:
    """Cut an individual up: what precedes the first common kind, its layers, what precedes the next, ..."""
    runs: list[Layers] = [[]]
    for kind, run in groupby(layers, attrgetter("kind")):
        if kind in common:
            runs += [list(run), []]
        else:
            runs[-1] += run
    return runs


def _partners(ind1: Layers, ind2: Layers) -> list[tuple[Layers, Layers]]:
    """Lay two individuals side by side: single layers of one kind and position, and what has no partner."""
    common = {layer.kind for layer in ind1} & {layer.kind for layer in ind2}
    runs1, runs2 = _runs(ind1, common), _runs(ind2, common)
    if [run[0].kind for run in runs1[1::2]] != [run[0].kind for run in runs2[1::2]]:
        raise ValueError("the parents hold the same kinds in different orders; expected parents of one space")
    partners: list[tuple[Layers, Layers]] = []
    for index, (run1, run2) in enumerate(zip(runs1, runs2, strict=True)):
        depth = min(len(run1), len(run2)) if index % 2 else 0
        partners += [([one], [two]) for one, two in zip(run1[:depth], run2[:depth], strict=True)]
        partners.append((run1[depth:], run2[depth:]))
    return [(part1, part2) for part1, part2 in partners if part1 or part2]


def _loci(one: Chromosome, two: Chromosome) -> list[tuple[Chromosome, Chromosome, str]]:
    """List the places where two chromosomes of one kind can exchange a gene."""
    if one.genes.keys() != two.genes.keys():
        raise ValueError(
            f"chromosomes of kind {one.kind!r} hold genes {sorted(one.genes)} and {sorted(two.genes)}; "
            "expected parents of one space"
        )
    return [(one, two, name) for name in one.genes]


def _exchange_genes(loci: list[tuple[Chromosome, Chromosome, str]], exchanges: Iterable[bool]) -> None:
    for (one, two, name), exchange in zip(loci, exchanges, strict=False):
        if exchange:
            one.genes[name], two.genes[name] = two.genes[name], one.genes[name]


def _variable_genes(individual: Layers, space: SearchSpace) -> Iterator[tuple[Chromosome, str, Gene]]:
    """Walk over the genes that can change, in the space's order whatever that of a chromosome."""
    for chromosome in individual:
        for name, gene in space.kind(chromosome.kind).genes.items():
            if not gene.is_constant:
                yield chromosome, name, gene


def _reflect(unit: float) -> float:
    """Fold the line into 0..1, as if both ends were mirrors."""
    folded = abs(unit) % 2.0
    return min(folded, 2.0 - folded)


def _gaussian_step(gene: Float | Integer, value: Any, sigma: float) -> Any:
    for _ in range(REDRAWS):
        moved = gene.from_unit(_reflect(gene.to_unit(value) + random.gauss(0.0, sigma)))
        if moved != value:
            return moved
    return random.choice(gene.neighbours(value)) if isinstance(gene, Integer) else value


def _change_depths(
    individual: T, space: SearchSpace, indpb: float, step: int, change: Callable[[Block, Layers], Layers]
) -> tuple[T]:
    """Change, with a probability, the layers of each block whose depth can go by `step` within its limits."""
    _check_probability(indpb)
    start = 0
    for block in space.blocks:
        end = start + sum(layer.kind == block.kind.name for layer in individual)
        if block.min_layers <= end - start + step <= block.max_layers and random.random() < indpb:
            individual[start:end] = layers = change(block, individual[start:end])
            end = start + len(layers)
        start = end
    return (individual,)
