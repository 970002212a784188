"""Genomes to start from: those of another run's `best.json` or `checkpoint.json`, or written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deap_nn.errors import InputError
from deap_nn.evolution import Individual
from deap_nn.space import SearchSpace

FORMS = "a best.json, a checkpoint.json (its hall of fame is taken), a genome, or a list of genomes"


def read_genomes(path: Path | str, space: SearchSpace) -> list[Individual]:
    """Read the genomes of a JSON file.

    Args:
        path: The file, in one of the `FORMS`.
        space: The space that every genome must belong to.

    Raises:
        InputError: If the file cannot be read or has another form, or a genome does not belong to the space; the
            message says which and why.
    """
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error}); expected {FORMS}") from error
    return [_individual(path, number, genome, space) for number, genome in enumerate(_genomes(path, content), start=1)]


def _genomes(path: Path | str, content: Any) -> list[Any]:
    if isinstance(content, dict):
        content = content.get("halloffame", content)
    if isinstance(content, dict) and "genome" in content:
        content = [content]
    if not isinstance(content, list) or not content:
        raise InputError(f"{path} holds no genomes; expected {FORMS}")
    if isinstance(content[0], dict) and "kind" in content[0]:
        return [content]
    return [entry["genome"] if isinstance(entry, dict) and "genome" in entry else entry for entry in content]


def _individual(path: Path | str, number: int, genome: Any, space: SearchSpace) -> Individual:
    try:
        individual = Individual.from_json(genome)
        space.validate(individual)
    except (TypeError, InputError) as error:
        raise InputError(f"{path}, genome {number}: {error}") from error
    return individual
