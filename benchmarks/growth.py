"""What a search costs besides its trainings as it grows: time, memory and disk of searches and resumes of a stub.

The stub takes microseconds, so that what is left is the package's own. For each number of evaluations, one process
searches and another resumes that run for one more generation, which replays all of it.

    python benchmarks/growth.py --most 1000000
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from deap_nn import PRESETS, Individual, Run, evolve, resume
from deap_nn.evolution import FitnessValues

POPULATION = 100
NEW = 0.63
"""The share of a population that a generation evaluates at least: four fifths are children, some of them known."""

HEADER = ("evaluations", "", "CPU s", "wall s", "MB resident", "MB on disk")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=100_000, metavar="N", help="most evaluations (default: 100000)")
    parser.add_argument("--in", dest="folder", type=Path, metavar="DIR", help="where the runs are kept meanwhile")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(Path(options.measure[0]), int(options.measure[1]))))
        return
    print("| " + " | ".join(HEADER) + " |\n|---:|---|" + "---:|" * 4)
    for evaluations in points(options.most):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            for what in ("search", "resume"):
                print(row(what, in_a_process_of_its_own(Path(folder) / "run", evaluations)), flush=True)


def points(most: int) -> list[int]:
    """Return the powers of ten from a thousand on, and the last point itself."""
    return [10**power for power in range(3, 10) if 10**power < most] + [most]


def in_a_process_of_its_own(run: Path, evaluations: int) -> dict[str, float]:
    """Search, or resume the run that is there; so that the largest memory is that of this work alone."""
    command = [sys.executable, __file__, "--measure", str(run), str(evaluations)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


def measure(path: Path, evaluations: int) -> dict[str, float]:
    began = time.perf_counter()
    generations = math.ceil(evaluations / (NEW * POPULATION))
    common: dict[str, Any] = {"evaluate": stub, "engine": "serial", "progress": False}
    new = {"population": POPULATION, "generations": generations, "algorithm": "truncation"}
    if path.exists():
        run = resume(path, generations=generations + 1, **common)
    else:
        run = evolve(PRESETS["full"], run_dir=path, **new, **common)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "evaluations": lines(run),
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.perf_counter() - began,
        "resident": used.ru_maxrss / 1024,
        "disk": sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 2**20,
    }


def stub(individual: Individual) -> FitnessValues:
    """Return a value that looks random, with a record as long as a short training's."""
    digest = hashlib.blake2b(individual.canonical().encode(), digest_size=4).digest()
    value = int.from_bytes(digest, "big") / 2**32
    curve = [round(value * epoch / 5, 6) for epoch in range(1, 6)]
    return FitnessValues((value,), {"status": "ok", "history": {"loss": curve, "val_accuracy": curve}})


def lines(run: Run) -> int:
    with (run.path / "evaluations.jsonl").open("rb") as file:
        return sum(1 for _ in file)


def row(what: str, figures: dict[str, float]) -> str:
    return (
        f"| {figures['evaluations']:,.0f} | {what} | {figures['cpu']:.1f} | {figures['wall']:.1f} | "
        f"{figures['resident']:.0f} | {figures['disk']:.1f} |"
    )


if __name__ == "__main__":
    main()
