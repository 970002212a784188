"""Crossover: two parents in, two children out, in place. It needs no search space.

What a chromosome calls its kind is the name of its block. So of two blocks of one kind, such as the stages of a ResNet,
each pairs its layers with those of the other parent's block of the same name: they are what is called a kind below.
Whole-layer crossover is modelled on the shuffling of chromosomes, two-point crossover on homologous recombination.
"""

import random
from collections.abc import Iterable
from itertools import count, groupby
from operator import attrgetter
from typing import TypeVar

from deap_nn.errors import InputError
from deap_nn.evolution.operators.mutation import check_probability
from deap_nn.space import TRAINING, Chromosome

Layers = list[Chromosome]
T = TypeVar("T", bound=Layers)


def cxWholeLayer(ind1: T, ind2: T, indpb: float | None = None) -> tuple[T, T]:
    """Deal whole layers to two children; layers of the same kind and position form pairs.

    In turn (`indpb=None`), the first child gets layer 1 of the first parent, layer 2 of the second and so on; the
    other child gets the rest. The alternation continues through the training settings, whose genes are dealt one by
    one, in their order on the first parent's chromosome.

    With different depths, the layers of the deeper parent that have no partner are dealt as one further pair,
    "tail against nothing", after the pairs of their kind. Kinds that only one parent has are dealt likewise; where
    the parents have different kinds in the same place, these form one pair. A child is thus, in each kind, as deep
    as one of its parents.

    Args:
        ind1: The first parent; becomes the first child.
        ind2: The second parent, of the same search space; becomes the second child.
        indpb: The probability, 0..1, with which each pair is exchanged independently, the training settings as a
            whole, as in DEAP's `cxUniform`. None: in turn, without randomness.
    """
    if indpb is None:
        exchanges = (turn % 2 == 1 for turn in count())
    else:
        check_probability(indpb)
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

    The genes of paired layers (same kind and position) are laid end to end, the training settings last; layers
    without a partner stay with their parent. As in DEAP, the first gene is never exchanged: exchanging all the others
    instead gives the same pair of children. With fewer than two genes in pairs, nothing changes.

    Args:
        ind1: The first parent; becomes the first child.
        ind2: The second parent, of the same search space; becomes the second child.
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


def _runs(layers: Layers, common: set[str]) -> list[Layers]:
    """Split an individual: what precedes the first common kind, that kind's layers, what precedes the next, ..."""
    runs: list[Layers] = [[]]
    for kind, run in groupby(layers, attrgetter("kind")):
        if kind in common:
            runs += [list(run), []]
        else:
            runs[-1] += run
    return runs


def _partners(ind1: Layers, ind2: Layers) -> list[tuple[Layers, Layers]]:
    """Pair two individuals: single layers of the same kind and position, and whatever has no partner."""
    common = {layer.kind for layer in ind1} & {layer.kind for layer in ind2}
    runs1, runs2 = _runs(ind1, common), _runs(ind2, common)
    if [run[0].kind for run in runs1[1::2]] != [run[0].kind for run in runs2[1::2]]:
        raise InputError("the parents hold the same kinds in different orders; expected parents of one space")
    partners: list[tuple[Layers, Layers]] = []
    for index, (run1, run2) in enumerate(zip(runs1, runs2, strict=True)):
        depth = min(len(run1), len(run2)) if index % 2 else 0
        partners += [([one], [two]) for one, two in zip(run1[:depth], run2[:depth], strict=True)]
        partners.append((run1[depth:], run2[depth:]))
    return [(part1, part2) for part1, part2 in partners if part1 or part2]


def _loci(one: Chromosome, two: Chromosome) -> list[tuple[Chromosome, Chromosome, str]]:
    """Return the places where two chromosomes of one kind can exchange a gene."""
    if one.genes.keys() != two.genes.keys():
        raise InputError(
            f"chromosomes of kind {one.kind!r} hold genes {sorted(one.genes)} and {sorted(two.genes)}; "
            "expected parents of one space"
        )
    return [(one, two, name) for name in one.genes]


def _exchange_genes(loci: list[tuple[Chromosome, Chromosome, str]], exchanges: Iterable[bool]) -> None:
    for (one, two, name), exchange in zip(loci, exchanges, strict=False):
        if exchange:
            one.genes[name], two.genes[name] = two.genes[name], one.genes[name]
