"""How good a network different ways of searching find, on tables of networks that were trained before.

Regret is the mean loss (over the table's four trainings) of the best network seen so far, less that of the best in the
table; each search sees one of the four results of a network. Evaluations are different networks. What is in a file of
results (`--results`) is not searched again.

    pip install "deap_nn[benchmarks,rivals]"
    python benchmarks/search_quality.py --tasks protein --ways default --seeds 12
    python benchmarks/search_quality.py --results results.jsonl --table
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

from rows import append, read
from tables.fcnet import TASKS, Oracle
from tables.figures import with_error
from tables.ways import WAYS, search

AT = (50, 100, 200)
"""After how many evaluations regret is measured; the last is the length of a search."""

Rows = dict[tuple[str, str, int], dict[str, Any]]
"""By task, way and seed: the regrets at each of `AT`, and milliseconds of CPU for each evaluation."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--results", type=Path, help="a file of JSON lines to read results from, and to append to")
    parser.add_argument("--table", action="store_true", help="at the end, print a table in Markdown")
    options = parser.parse_args()
    rows = {(row["task"], row["way"], row["seed"]): row for row in read(options.results)}
    for way in options.ways:
        for task in options.tasks:
            for seed in range(options.first_seed, options.first_seed + options.seeds):
                if (task, way, seed) not in rows:
                    rows[task, way, seed] = _search(task, way, seed)
                    append(options.results, rows[task, way, seed])
            _report(task, way, _of(rows, task, way, options))
    if options.table:
        _print_table(rows, options)


def _search(task: str, way: str, seed: int) -> dict[str, Any]:
    began = time.process_time()
    oracle = Oracle(task, seed, max(AT))
    search(way, oracle, seed)
    took = 1000 * (time.process_time() - began) / max(AT)
    regrets = [oracle.regret(count) for count in AT]
    return {"task": task, "way": way, "seed": seed, "regret": regrets, "milliseconds": round(took, 2)}


def _of(rows: Rows, task: str, way: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    return [rows[task, way, seed] for seed in range(options.first_seed, options.first_seed + options.seeds)]


def _regrets(rows: list[dict[str, Any]]) -> dict[int, tuple[float, ...]]:
    return dict(zip(AT, zip(*(row["regret"] for row in rows), strict=True), strict=True))


def _report(task: str, way: str, rows: list[dict[str, Any]]) -> None:
    regrets = _regrets(rows)
    details = ", ".join(f"@{count} {with_error(values)}" for count, values in regrets.items())
    took = statistics.mean(row["milliseconds"] for row in rows)
    print(f"{way}, {len(rows)} seeds: {details}; {took:.1f} ms of CPU an evaluation")
    print(f"{task} regret @50 {statistics.mean(regrets[50]):.1e} @100 {statistics.mean(regrets[100]):.1e}", flush=True)


def _print_table(rows: Rows, options: argparse.Namespace) -> None:
    for task in options.tasks:
        print(f"\n| {task} | " + " | ".join(f"@{count}" for count in AT) + " |\n|---" + "|---:" * len(AT) + "|")
        for way in options.ways:
            cells = map(with_error, _regrets(_of(rows, task, way, options)).values())
            print(f"| `{way}` | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
