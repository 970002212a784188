"""Begin a search in a directory, or go on with the one it holds; with a time limit, failures are tried again.

python script_search.py RUN ENGINE stub|quick|late|steady|digits|halved WORKERS [TIME_LIMIT]

The quick one is on a slow disk. What its hook is told goes to RUN.told, and a byte for each time that the disk has
written to RUN.synced.
"""

import os
import sys
import time
from pathlib import Path

import search_stubs

from deap_nn import PRESETS, Hooks, Run, evolve, resume

FUNCTIONS = {
    "stub": search_stubs.slow_fitness,
    "quick": search_stubs.fitness,
    "late": search_stubs.late_fitness,
    "steady": search_stubs.uneven_fitness,
}
STUB = {"population": 10, "generations": 5, "algorithm": "truncation"}
QUICK = {"population": 40, "generations": 8, "algorithm": "truncation"}
STEADY = {"population": 10, "generations": 4, "algorithm": "steady-state"}
DIGITS = {"population": 4, "generations": 2, "train_samples": 200}
HALVED = {"population": 9, "evaluations": 16, "train_samples": 200, "pruner": "halving", "lag": 2}


def main(path, engine, objective, workers, *time_limit):
    machine = {"engine": engine, "workers": None if engine in ("serial", "scoop") else int(workers)}
    if time_limit:
        machine["time_limit"] = float(time_limit[0])
    evaluate, size, hooks = FUNCTIONS.get(objective), STUB, None
    if objective == "steady":
        size = STEADY
    if objective == "quick":
        os.fsync, size, hooks = slow_disk(path), QUICK, Hooks(on_evaluation=(teller(path),))
    if (Path(path) / "run.json").exists():
        run = resume(path, evaluate=evaluate, retry_failed=bool(time_limit), hooks=hooks, **machine)
    elif evaluate:
        run = evolve(search_stubs.SPACE, evaluate=evaluate, run_dir=path, hooks=hooks, **size, **machine)
    else:
        size = HALVED if objective == "halved" else DIGITS
        run = evolve(PRESETS["dense"], "digits", run_dir=path, **size, **machine)
    print(Run(run.path).status)


def slow_disk(path):
    def fsync(descriptor):
        time.sleep(0.03)
        add(f"{path}.synced", "x")

    return fsync


def teller(path):
    return lambda individual, values: add(f"{path}.told", individual.canonical() + "\n")


def add(path, text):
    with Path(path).open("a") as file:
        file.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
