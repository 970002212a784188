"""Genes: the declared ranges of single hyperparameters.

Input: limits or a list of values, and the range that an initial network is drawn from. Output: drawn values, checks and
the gene's unit scale, on which mutation takes its steps. A gene is a declaration: the values themselves are held by
chromosomes.
"""

from collections.abc import Mapping
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.genes.choice import Choice
from deap_nn.space.genes.real import Float
from deap_nn.space.genes.whole import Integer

__all__ = ["GENES", "Choice", "Float", "Gene", "Integer", "gene_from_json"]

Gene = Float | Integer | Choice
GENES: dict[str, type[Gene]] = {"float": Float, "integer": Integer, "choice": Choice}


def gene_from_json(data: Mapping[str, Any]) -> Gene:
    """Return the gene that `to_json` described."""
    fields = dict(data)
    name = fields.pop("type", None)
    if name not in GENES:
        raise InputError(f"gene type {name!r} is unknown; expected one of {', '.join(GENES)}")
    try:
        return GENES[name](**fields)
    except TypeError as error:
        raise InputError(f"a gene of type {name!r} cannot be made from {fields!r}: {error}") from error
