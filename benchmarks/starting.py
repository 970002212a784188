"""The part of a search space that first networks come from, as a separate space.

deap_nn draws first networks from each gene's `start` and leaves that range by mutation only. A user of a tuner who
knows as much would specify those ranges; otherwise, tuners draw from the much wider limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from deap_nn.space import TRAINING, Block, Choice, Float, Gene, Integer, LayerKind, SearchSpace


def starting(space: SearchSpace) -> SearchSpace:
    """Return the space whose limits are the starting ranges of `space`, without blocks that begin empty.

    The ranges include what the networks have that `space` knows; the result knows none itself.
    """
    blocks = [block for block in space.blocks if block.start_layers is None or block.start_layers[1]]
    kinds = [replace(block, kind=_kind(space, block.name)) for block in blocks]
    return replace(space, blocks=tuple(map(_block, kinds)), training=_kind(space, TRAINING), known=())


def _block(block: Block) -> Block:
    fewest, most = block.start_layers or (block.min_layers, block.max_layers)
    return replace(block, min_layers=fewest, max_layers=most, start_layers=None)


def _kind(space: SearchSpace, name: str) -> LayerKind:
    kind = space.kind(name)
    known = [chromosome.genes for network in space.known for chromosome in network if chromosome.kind == name]
    return replace(kind, genes={of: _gene(gene, [genes[of] for genes in known]) for of, gene in kind.genes.items()})


def _gene(gene: Gene, known: Sequence[Any]) -> Gene:
    if gene.start is None:
        return gene
    if isinstance(gene, Choice):
        # An option may be given several times, to be drawn more often
        return Choice(tuple(dict.fromkeys((*gene.start, *known))))
    values = sorted({*gene.start, *known})
    if gene.values is not None:
        return type(gene)(values=values) if len(values) > 1 else type(gene)(values[0], values[0])
    if isinstance(gene, Float):
        return Float(values[0], values[-1], log=gene.log)
    steps = {high - low for low, high in pairwise(values)}
    if len(steps) > 1:
        return Choice(tuple(values))
    return Integer(values[0], values[-1], step=steps.pop() if steps else 1, log=gene.log)
