"""How good a network different ways of searching find, on tables of networks that were trained before.

Regret is the mean loss (over the table's four trainings) of the best network seen so far, less that of the best in the
table; each search sees one of the four results of a network. Evaluations are different networks.

    pip install "deap_nn[benchmarks]"
    python benchmarks/search_quality.py --tasks protein --ways truncation random tpe --seeds 12
"""

from __future__ import annotations

import argparse
import statistics
import time

from tables.fcnet import TASKS, Oracle
from tables.ways import WAYS, search

AT = (50, 100, 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--evaluations", type=int, default=max(AT))
    options = parser.parse_args()
    for task in options.tasks:
        for way in options.ways:
            print(_line(options, task, way), flush=True)


def _line(options: argparse.Namespace, task: str, way: str) -> str:
    regrets: dict[int, list[float]] = {count: [] for count in AT if count <= options.evaluations}
    began = time.process_time()
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        oracle = Oracle(task, seed, options.evaluations)
        search(way, oracle, seed)
        for count, found in regrets.items():
            found.append(oracle.regret(count))
    took = 1000 * (time.process_time() - began) / (options.seeds * options.evaluations)
    errors = " ".join(f"{statistics.stdev(found) / len(found) ** 0.5:.1e}" for found in regrets.values() if found[1:])
    means = " ".join(f"@{count} {statistics.mean(found):.1e}" for count, found in regrets.items())
    return f"{way}: {took:.1f} ms an evaluation, standard errors {errors}\n{task} regret {means}"


if __name__ == "__main__":
    main()
