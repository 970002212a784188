"""Begin a search in a directory, or go on with the one it holds.

python script_search.py RUN ENGINE stub|digits WORKERS
"""

import sys
from pathlib import Path

import search_stubs

from deap_nn import PRESETS, Run, evolve, resume

STUB = {"population": 10, "generations": 5}
DIGITS = {"population": 4, "generations": 2, "train_samples": 200}


def main(path, engine, objective, workers):
    machine = {"engine": engine, "workers": None if engine in ("serial", "scoop") else int(workers)}
    stub = objective == "stub"
    if (Path(path) / "run.json").exists():
        run = resume(path, evaluate=search_stubs.slow_fitness if stub else None, **machine)
    elif stub:
        run = evolve(search_stubs.SPACE, evaluate=search_stubs.slow_fitness, run_dir=path, **STUB, **machine)
    else:
        run = evolve(PRESETS["dense"], "digits", run_dir=path, **DIGITS, **machine)
    print(Run(run.path).status)


if __name__ == "__main__":
    main(*sys.argv[1:])
