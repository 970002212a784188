"""An individual from suggested values: how Optuna traverses a search space."""

from __future__ import annotations

from typing import Any

import optuna

from deap_nn.evolution import Individual
from deap_nn.space import Choice, Chromosome, Float, Gene, Integer, LayerKind, SearchSpace


def suggested(space: SearchSpace, trial: optuna.Trial) -> Individual:
    """Assemble an individual of `space` from what a trial suggests, its number of layers included.

    The same place in a network always has the same name.
    """
    layers = []
    for block in space.blocks:
        count = _suggestion(trial, f"{block.name} layers", Integer(block.min_layers, block.max_layers))
        layers += [_chromosome(trial, block.name, block.kind, f" {i}") for i in range(1, count + 1)]
    individual = Individual([*layers, _chromosome(trial, "training", space.training, "")])
    space.validate(individual)
    return individual


def parameters(space: SearchSpace, individual: Individual) -> dict[str, Any]:
    """Return what a trial must suggest for `suggested` to assemble an individual of `space`."""
    found = _parameters(individual[-1], space.training, "")
    for block in space.blocks:
        layers = [chromosome for chromosome in individual if chromosome.kind == block.name]
        found[f"{block.name} layers"] = len(layers)
        for i, chromosome in enumerate(layers, start=1):
            found |= _parameters(chromosome, block.kind, f" {i}")
    return found


def _parameters(chromosome: Chromosome, kind: LayerKind, place: str) -> dict[str, Any]:
    def suggestion(name: str, value: Any) -> Any:
        gene = kind.genes[name]
        return value if isinstance(gene, Choice) or gene.values is None else gene.values.index(value)

    return {f"{chromosome.kind}{place} {name}": suggestion(name, value) for name, value in chromosome.genes.items()}


def _chromosome(trial: optuna.Trial, block: str, kind: LayerKind, place: str) -> Chromosome:
    suggestions = {name: _suggestion(trial, f"{block}{place} {name}", gene) for name, gene in kind.genes.items()}
    return Chromosome(block, suggestions)


def _suggestion(trial: optuna.Trial, name: str, gene: Gene) -> Any:
    if isinstance(gene, Choice):
        return trial.suggest_categorical(name, gene.options)
    if gene.values is not None:  # by place, since Optuna's categories have no order
        return gene.values[trial.suggest_int(name, 0, len(gene.values) - 1)]
    if isinstance(gene, Float):
        return trial.suggest_float(name, gene.low, gene.high, log=gene.log)
    step = 1 if gene.log else gene.step  # Optuna has no steps on a log scale
    return gene.nearest(trial.suggest_int(name, gene.low, gene.high, step=step, log=gene.log))
