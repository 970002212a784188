"""The prize: what the winner of a search with a budget is worth, beside random search and a network written by hand.

All have the same time on the same machine, on which nothing else may run; a seed of each in turn. Finished seeds
are kept in `--results` and not repeated, so that a measurement may go on another day.

    python benchmarks/prize.py --dataset cifar10-10k.npz --budget 10m --seeds 3
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rows import append, read

from deap_nn import Run

HERE = Path(__file__).parent
EVOLVE = "from deap_nn.cli import main; main()"
RANDOM = "from deap_nn.search import sizing, starters; sizing.GENERATIONS, starters.VARIED = 1, 0; " + EVOLVE
"""One generation, as large as the time allows and drawn but for what the space knows, is random search; its best is
trained a final time all the same."""
OPTUNA = f"import sys; sys.path.insert(0, {str(HERE)!r}); from optuna_way import main; main()"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_conditions(parser)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ways", nargs="*", default=list(SHOWN), choices=list(WAYS))
    parser.add_argument("--results", type=Path, default=HERE / "results" / "prize.jsonl")
    options = parser.parse_args()
    done = _done(options)
    for seed in range(options.seeds):
        for way in options.ways:
            if (way, seed) not in done:
                done[way, seed] = _keep(options, way, seed, measured(options, way, seed))
    print(f"{Path(options.dataset).stem}, {options.train_samples} samples, {options.budget}, {processor()}")
    for way in options.ways:
        rows = [done[way, seed] for seed in range(options.seeds)]
        print(f"{way:10} {_mean(rows, 'accuracy', 4)}  wall {_mean(rows, 'wall', 0)} s  CPU {_mean(rows, 'cpu', 0)} s")


def add_conditions(parser: argparse.ArgumentParser) -> None:
    """Add the options that `measured` takes."""
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--train-samples", type=int, default=10_000)
    parser.add_argument("--budget", default="10m")
    parser.add_argument("--space", default="", help="a preset; by default what suits the data")


Found = dict[str, Any]
Command = Callable[[argparse.Namespace, int, str], tuple[list[str], Callable[[str], Found]]]
"""What is to be started, and what came of it, given what it printed."""


def _evolved(program: str, *settings: str) -> Command:
    def command(options: argparse.Namespace, seed: int, folder: str) -> tuple[list[str], Callable[[str], Found]]:
        run = f"{folder}/run"
        space = [options.space] if options.space else []
        line = [sys.executable, "-c", program, "evolve", *space, *settings, *_common(options, seed), "--run-dir", run]
        return line, lambda _: _of_run(Run(run))

    return command


def _of_run(run: Run) -> Found:
    best = run.best
    kept = {name: best[name] for name in ("search_validation_accuracy", "epochs", "width", "views", "genome")}
    networks = sum(not values.record.repetition for _, values in run.evaluations())  # else of a finalist
    return {"accuracy": float(best["test_accuracy"]), "networks": networks, **kept}


def _by_hand(options: argparse.Namespace, seed: int, folder: str) -> tuple[list[str], Callable[[str], Found]]:
    line = [sys.executable, str(HERE / "by_hand.py"), *_common(options, seed)]

    def found(shown: str) -> Found:
        ((accuracy, epochs),) = re.findall(r"test accuracy ([\d.]+), (\d+) epochs", shown)
        return {"accuracy": float(accuracy), "epochs": int(epochs)}

    return line, found


WAYS: dict[str, Command] = {
    "deap_nn": _evolved(EVOLVE),
    "truncation": _evolved(EVOLVE, "--algorithm", "truncation"),
    "unsearched": _evolved(EVOLVE, "--evaluations", "1"),
    "random": _evolved(RANDOM, "--algorithm", "truncation"),
    "optuna": _evolved(OPTUNA),
    "by_hand": _by_hand,
}
"""`unsearched` is the first network alone: where the space knows one, that, for all the time that there is."""

SHOWN = ("deap_nn", "unsearched", "random", "by_hand")
"""Those that are measured if nothing else is said: this package with its defaults, and its rivals."""


def _common(options: argparse.Namespace, seed: int) -> list[str]:
    given = {"dataset": options.dataset, "train-samples": options.train_samples, "budget": options.budget, "seed": seed}
    return [word for name, value in given.items() for word in (f"--{name}", str(value))]


def measured(options: argparse.Namespace, way: str, seed: int) -> Found:
    """Return test accuracy, seconds, seconds of CPU and what is known of the network, of one of the `WAYS`."""
    with tempfile.TemporaryDirectory() as folder:
        line, found = WAYS[way](options, seed, folder)
        began, before = time.monotonic(), _cpu_of_children()
        ended = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"})
        if ended.returncode:
            raise SystemExit(f"{way}, seed {seed}: {ended.stderr[-2000:]}")
        return {"wall": time.monotonic() - began, "cpu": _cpu_of_children() - before, **found(ended.stdout)}


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _what(options: argparse.Namespace) -> dict[str, Any]:
    return {"data": Path(options.dataset).stem, "samples": options.train_samples, "budget": options.budget,
            "space": options.space}  # fmt: skip


def _keep(options: argparse.Namespace, way: str, seed: int, found: Found) -> dict[str, Any]:
    row = {**_what(options), "way": way, "seed": seed, **found, "machine": processor()}
    append(options.results, row)
    print(f"{way}, seed {seed}: {found['accuracy']:.4f} after {found['wall']:.0f} s", flush=True)
    return row


def _done(options: argparse.Namespace) -> dict[tuple[str, int], dict[str, Any]]:
    return {(row["way"], row["seed"]): row for row in read(options.results) if _what(options).items() <= row.items()}


def processor() -> str:
    """Return how many of which cores this machine has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def _mean(rows: list[dict[str, Any]], name: str, digits: int) -> str:
    values = [row[name] for row in rows]
    spread = f" +- {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{spread}"


if __name__ == "__main__":
    main()
