"""How many networks of a generation have an equal one beside them, so that they could be trained together.

Equal are networks whose layers and shapes agree; a dropout's rate, and all of the training chromosome but the batch
size, are numbers in a step and need not. The share of networks in such groups is given with and without equal batch
sizes, for those that were trained anew in each generation.
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import output


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this part."""
    parser.add_argument("folder", type=Path, help="where journals lie, at any depth")
    parser.add_argument("--population", type=int, default=20, help="of journals without a logbook (default: 20)")


def main(options: argparse.Namespace) -> None:
    """Print a table of generations and one of journals."""
    rows = []
    for path in sorted(options.folder.rglob("evaluations.jsonl")):
        name = str(path.parent.relative_to(options.folder))
        generations = [_row(name, number, lines) for number, lines in enumerate(_generations(path, options.population))]
        output.table(generations)
        print()
        rows.append(_mean(name, generations))
    output.table(rows)
    for row in rows:
        output.keep(options, {"part": "shapes", **row})


def _generations(path: Path, population: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the lines of each generation; where no logbook says how many there are, all are of one size."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    logbook = path.with_name("logbook.csv")
    counts: Sequence[int] = ()
    if logbook.exists():
        with logbook.open(newline="") as file:
            counts = [int(row["nevals"]) - int(row["cached"]) for row in csv.DictReader(file)]
    start = 0
    for number in range(len(lines)):
        count = counts[number] if number < len(counts) else population
        if some := lines[start : start + count]:
            yield some
        start += count


def _row(name: str, number: int, lines: list[dict[str, Any]]) -> dict[str, Any]:
    shapes = [_shape(line) for line in lines]
    batches = [line["genome"][-1]["genes"].get("batch_size") for line in lines]
    alike, size = _groups(shapes)
    trained_alike, trained_size = _groups(list(zip(shapes, batches, strict=True)))
    return {
        "journal": name,
        "generation": number,
        "networks": len(lines),
        "share": alike,
        "mean group": size,
        "share, equal batch": trained_alike,
        "mean group, equal batch": trained_size,
    }


def _shape(line: dict[str, Any]) -> str:
    """Return the layers with their shapes, or where they were not recorded, the genes that make them."""
    if network := line.get("record", {}).get("network"):
        return re.sub(r"rate=[^,)]*", "rate", "; ".join(network))
    genes = [{**one["genes"], "kind": one["kind"], "dropout": None} for one in line["genome"][:-1]]
    return json.dumps(genes, sort_keys=True)


def _groups(shapes: Sequence[Any]) -> tuple[float, float]:
    """Return the share of those that are not alone, and the mean size of all groups, single ones included."""
    sizes = collections.Counter(shapes).values()
    return sum(size for size in sizes if size > 1) / len(shapes), len(shapes) / len(sizes)


def _mean(name: str, generations: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the means of a journal over its networks, the first generation apart: there, all are drawn at random."""
    later = generations[1:]
    count = sum(row["networks"] for row in later)

    def mean(column: str) -> float | str:
        return sum(row[column] * row["networks"] for row in later) / count if count else ""

    columns = [column for column in generations[0] if column not in ("journal", "generation", "networks")]
    first = {"first generation": generations[0]["share"]}
    return {"journal": name, "generations": len(generations), "networks": count + generations[0]["networks"], **first,
            **{f"later, {column}": mean(column) for column in columns}}  # fmt: skip
