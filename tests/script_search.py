"""Begin a search in a directory, or go on with the one it holds; with a time limit, failures are tried again.

python script_search.py RUN ENGINE stub|late|digits WORKERS [TIME_LIMIT]
"""

import sys
from pathlib import Path

import search_stubs

from deap_nn import PRESETS, Run, evolve, resume

FUNCTIONS = {"stub": search_stubs.slow_fitness, "late": search_stubs.late_fitness}
STUB = {"population": 10, "generations": 5}
DIGITS = {"population": 4, "generations": 2, "train_samples": 200}


def main(path, engine, objective, workers, *time_limit):
    machine = {"engine": engine, "workers": None if engine in ("serial", "scoop") else int(workers)}
    if time_limit:
        machine["time_limit"] = float(time_limit[0])
    evaluate = FUNCTIONS.get(objective)
    if (Path(path) / "run.json").exists():
        run = resume(path, evaluate=evaluate, retry_failed=bool(time_limit), **machine)
    elif evaluate:
        run = evolve(search_stubs.SPACE, evaluate=evaluate, run_dir=path, **STUB, **machine)
    else:
        run = evolve(PRESETS["dense"], "digits", run_dir=path, **DIGITS, **machine)
    print(Run(run.path).status)


if __name__ == "__main__":
    main(*sys.argv[1:])
