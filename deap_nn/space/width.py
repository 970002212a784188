"""Networks that are wider, or narrower, than others and equal to them in everything else."""

from collections.abc import Sequence

from deap_nn.space.genes import Integer
from deap_nn.space.kinds import Chromosome
from deap_nn.space.space import SearchSpace

WIDTHS = ("filters", "units")
"""The genes of a layer that say how wide it is."""


def widened(space: SearchSpace, chromosomes: Sequence[Chromosome], factor: float) -> list[Chromosome]:
    """Return a network whose layers are so many times as wide: the nearest values that the space's limits allow.

    Args:
        space: The space.
        chromosomes: A network of it.
        factor: Above 0; 1 for as they are.
    """
    return [Chromosome(one.kind, _scaled(space, one, factor)) for one in chromosomes]


def _scaled(space: SearchSpace, chromosome: Chromosome, factor: float) -> dict[str, object]:
    genes, kind = dict(chromosome.genes), space.kind(chromosome.kind)
    for name in WIDTHS:
        gene = kind.genes.get(name)
        if isinstance(gene, Integer) and factor != 1:
            genes[name] = gene.nearest(factor * genes[name])
    return genes
