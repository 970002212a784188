"""Search spaces: which networks may exist.

In come genes, layer kinds and blocks; out go chromosomes, drawn or checked. Operators, logging and reports read limits
from here and nowhere else.
"""

from deap_nn.space.genes import Choice, Float, Gene, Integer
from deap_nn.space.kinds import TRAINING, Chromosome, LayerKind
from deap_nn.space.presets import PRESETS
from deap_nn.space.space import Block, SearchSpace

__all__ = [
    "PRESETS",
    "TRAINING",
    "Block",
    "Choice",
    "Chromosome",
    "Float",
    "Gene",
    "Integer",
    "LayerKind",
    "SearchSpace",
]
