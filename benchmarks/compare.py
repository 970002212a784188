"""Comparison with what people would use instead: the same wall clock, data, space and validation split for each way.

Each way of searching runs once per seed, in a separate process; its time counts from the start of that process. The
winner is trained by `train_winner`, the same for all, and measured on the test split; that time does not count. What
has finished is not run again. `--out` receives `compare.md` (the table), `compare.csv`, `compare.png`, and a folder for
each way and seed with the evaluations as JSON lines.

    python benchmarks/compare.py --dataset cifar10 --minutes 5 --seeds 3 --out compare-cifar10
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from contest import report
from contest.turn import WAYS, Conditions, Turn, finished

from deap_nn import PRESETS
from deap_nn.errors import InputError

GRACE = 1800.0
"""Seconds after the end of a way's time within which its winner has to be trained."""


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the current turn is ended too
    parser = make_parser()
    options = parser.parse_args()
    conditions = Conditions(
        options.dataset, options.train_samples, options.preset, 60 * options.minutes, options.workers
    )
    try:
        turns = [Turn(options.out, way, seed, conditions) for seed in range(options.seeds) for way in options.ways]
        waiting = [turn for turn in turns if not finished(turn)]
    except InputError as error:
        parser.error(str(error))
    if missing := missing_packages({turn.way for turn in waiting}):
        parser.error(f"{', '.join(missing)} cannot be imported: pip install 'deap_nn[benchmarks]', or choose --ways")
    for turn in waiting:
        print(f"{turn.way}, seed {turn.seed}: {conditions.seconds:g} s and the winner's training", flush=True)
        take(turn)
    print("\n".join(report.write(options.out, turns)))
    return 0 if all(map(finished, turns)) else 1


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--dataset", default="digits", metavar="NAME|FILE.npz", help="data set (default: digits)")
    add("--train-samples", type=int, default=10_000, help="training images, validation included (default: 10000)")
    add("--preset", default="full", choices=list(PRESETS), help="search space (default: full)")
    add("--minutes", type=float, default=5.0, help="wall clock of each way and seed (default: 5)")
    add("--seeds", type=int, default=3, help="how often each way searches: seeds 0, 1, ... (default: 3)")
    add("--ways", nargs="+", default=list(WAYS), choices=list(WAYS), metavar="WAY", help=f"some of {', '.join(WAYS)}")
    add("--workers", type=int, default=2, help="processes of our own ways (default: 2)")
    add("--out", type=Path, default=Path("compare"), metavar="DIR", help="where results go (default: compare)")
    return parser


def missing_packages(ways: Iterable[str]) -> list[str]:
    """Return the packages that are required but not installed."""
    needed = [name for way in ways for name in WAYS[way].packages]
    return sorted(name for name in needed if importlib.util.find_spec(name) is None)


def take(turn: Turn) -> None:
    """Run one way with one seed in its own session; afterwards, nothing of it is left except its folder."""
    shutil.rmtree(turn.folder, ignore_errors=True)  # An interrupted turn has lost its time and starts over.
    turn.folder.mkdir(parents=True)
    paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "contest", turn.to_json(began=time.monotonic())]
    with (turn.folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        process.wait(turn.conditions.seconds + GRACE)
    except subprocess.TimeoutExpired:
        print(f"  did not end within {GRACE:g} s after its time", flush=True)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        print(f"  ended with {process.returncode}: see {log.name}; the next call tries again", flush=True)


if __name__ == "__main__":
    sys.exit(main())
