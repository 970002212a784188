"""An individual from suggested values: how a tuner of named hyperparameters traverses a search space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deap_nn.evolution import Individual
from deap_nn.space import Block, Choice, Chromosome, Float, Gene, Integer, LayerKind, SearchSpace

Suggest = Callable[[str, Gene], Any]
"""`(name, gene) -> value`; the same place in a network always has the same name."""


def suggested(space: SearchSpace, suggest: Suggest, fixed: Mapping[str, Any] | None = None) -> Individual:
    """Assemble an individual of `space`, asking for each of its values.

    Args:
        space: A space of fixed or variable depth; a variable depth is asked for like a gene.
        suggest: Returns a value within a gene's limits.
        fixed: Genes of the training that are not asked for, with their values.
    """
    layers = []
    for block in space.blocks:
        count = suggest(f"{block.name} layers", depth(block))
        layers += [_chromosome(block.name, block.kind, f" {i}", suggest, {}) for i in range(1, count + 1)]
    individual = Individual([*layers, _chromosome("training", space.training, "", suggest, fixed or {})])
    space.validate(individual)
    return individual


def suggestion_of(trial: Any, name: str, gene: Gene) -> Any:
    """Return the value of a gene, within its limits, that an Optuna `Trial` suggests."""
    if isinstance(gene, Choice):
        return trial.suggest_categorical(name, gene.options)
    if gene.values is not None:  # by place, since Optuna's categories have no order
        return gene.values[trial.suggest_int(name, 0, len(gene.values) - 1)]
    if isinstance(gene, Float):
        return trial.suggest_float(name, gene.low, gene.high, log=gene.log)
    step = 1 if gene.log else gene.step  # Optuna has no steps on a log scale
    return on_grid(gene, trial.suggest_int(name, gene.low, gene.high, step=step, log=gene.log))


def every_gene(space: SearchSpace, suggest: Suggest) -> None:
    """Ask once for each value that any individual of `space` may need."""
    for block in space.blocks:
        suggest(f"{block.name} layers", depth(block))
        for i in range(1, block.max_layers + 1):
            _chromosome(block.name, block.kind, f" {i}", suggest, {})
    _chromosome("training", space.training, "", suggest, {})


def depth(block: Block) -> Integer:
    """Return the number of layers of a block as a gene."""
    return Integer(block.min_layers, block.max_layers)


def on_grid(gene: Gene, value: Any) -> Any:
    """Return the value on a gene's grid that is nearest to a number within its limits."""
    return gene.nearest(value) if isinstance(gene, Integer) else value


def _chromosome(block: str, kind: LayerKind, place: str, suggest: Suggest, fixed: Mapping[str, Any]) -> Chromosome:
    values = {
        name: fixed[name] if name in fixed else suggest(f"{block}{place} {name}", gene)
        for name, gene in kind.genes.items()
    }
    return Chromosome(block, values)
