"""Search spaces: which networks may exist.

Input: genes, layer kinds and blocks. Output: chromosomes, drawn or checked. Operators, logging and reports read limits
only from here.
"""

from deap_nn.space.block import Block
from deap_nn.space.genes import Choice, Float, Gene, Integer
from deap_nn.space.kinds import TRAINING, Chromosome, LayerKind
from deap_nn.space.presets import PRESETS
from deap_nn.space.space import SearchSpace
from deap_nn.space.width import widened

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
    "widened",
]
