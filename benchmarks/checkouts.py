"""CPU seconds of the compiled training in several checkouts of this package, for the same networks, taking turns.

`git worktree add /tmp/old COMMIT`, then `python benchmarks/checkouts.py /tmp/old . --preset modern`. Each checkout has
a process of one thread, in the environment that it gives its children. Each network is built in all of them, and
trained epoch by epoch on the same made-up images of 32x32 pixels, in alternating order; what counts is the median of
its epochs. CPU seconds are less disturbed by other load than seconds, but by no means undisturbed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SAMPLES, VALIDATION, SHAPE = 600, 150, (32, 32, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", nargs="+", metavar="FOLDER", help="the first one is what others are compared with")
    parser.add_argument("--preset", default="modern", help="search space (default: modern)")
    parser.add_argument("--networks", type=int, default=24, help="how many networks (default: 24)")
    parser.add_argument("--epochs", type=int, default=5, help="how many epochs of each are measured (default: 5)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the networks (default: 0)")
    options = parser.parse_args()
    workers = [start(folder) for folder in options.checkouts]
    compare(workers, options)


def compare(workers: list[subprocess.Popen[str]], options: argparse.Namespace) -> None:
    from deap_nn.space import PRESETS

    random.seed(options.seed)
    totals, ratios, begun = ([0.0] * len(workers), [[] for _ in workers], [0.0] * len(workers))
    for number in range(1, options.networks + 1):
        genome = [chromosome.to_json() for chromosome in PRESETS[options.preset].sample()]
        first = [ask(worker, {"preset": options.preset, "genome": genome}) for worker in workers]
        seconds = [statistics.median(turns) for turns in epochs(workers, options.epochs)]
        for i, second in enumerate(seconds):
            begun[i] += first[i]
            totals[i] += second * genome[-1]["genes"]["epochs"]
            ratios[i].append(seconds[0] / second)
        figures = "  ".join(f"{1e6 * second / SAMPLES:.0f} us x{seconds[0] / second:.2f}" for second in seconds)
        print(f"network {number}: {figures}", flush=True)
    for folder, total, ratio, start_up in zip(options.checkouts, totals, ratios, begun, strict=True):
        print(
            f"{folder}: {totals[0] / total:.2f} times as fast in all, {statistics.mean(ratio):.2f} in the mean of "
            f"networks, {statistics.median(ratio):.2f} in the median; {start_up / options.networks:.2f} s until the "
            "end of a network's first epoch"
        )


def epochs(workers: list[subprocess.Popen[str]], count: int) -> list[list[float]]:
    taken: list[list[float]] = [[] for _ in workers]
    for turn in range(count):
        for i in range(len(workers))[:: 1 if turn % 2 else -1]:
            taken[i].append(ask(workers[i], {}))
    return taken


def start(folder: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, __file__, "--of", str(Path(folder).resolve())]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)


def ask(worker: subprocess.Popen[str], question: dict[str, Any]) -> float:
    assert worker.stdin is not None and worker.stdout is not None
    print(json.dumps(question), file=worker.stdin, flush=True)
    return float(worker.stdout.readline())


# --- in the process of a checkout ---


def work(folder: str) -> None:
    sys.path.insert(0, folder)
    from deap_nn.engines.devices import child_environment

    environment = {**os.environ, **child_environment(0, (), 1, 1, os.environ), "CUDA_VISIBLE_DEVICES": "-1"}
    if environment != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)
    from deap_nn.engines.child.heap import keep_freed_blocks

    keep_freed_blocks()
    answer(folder)


def answer(folder: str) -> None:
    import numpy as np

    import deap_nn
    from deap_nn.networks import blueprint
    from deap_nn.space import PRESETS, Chromosome
    from deap_nn.tasks import Classification
    from deap_nn.training import Samples, Schedule

    assert deap_nn.__file__.startswith(folder), deap_nn.__file__
    rng, task = np.random.default_rng(0), Classification(10)
    data = [
        Samples(rng.random((count, *SHAPE), dtype=np.float32), rng.integers(0, 10, count).astype(np.int32))
        for count in (SAMPLES, VALIDATION)
    ]
    for line in sys.stdin:
        question, began = json.loads(line), time.process_time()
        if question:
            genome = [Chromosome.from_json(chromosome) for chromosome in question["genome"]]
            specs = blueprint(PRESETS[question["preset"]], genome, SHAPE, task)
            epoch = epoch_of(specs, task, Schedule.from_genes(genome[-1].genes), data)
        epoch()
        print(time.process_time() - began, flush=True)


def epoch_of(specs: Any, task: Any, schedule: Any, data: list[Any]) -> Callable[[], object]:
    """Return the function that trains and measures for an epoch, whatever trainers were like in that checkout."""
    import numpy as np

    from deap_nn.training.compiled_tf import trainer

    if hasattr(trainer, "fed"):  # a trainer has its samples
        started = trainer.start(specs, task, schedule, *data, 1)
        return lambda: (started.train(0), started.evaluate(0))
    try:
        from deap_nn.training.feed import Feed
    except ImportError:  # it had an epoch function
        before = trainer.start(specs, task, schedule, *data, 1)
        return lambda: before.epoch(np.arange(SAMPLES))
    training, feed = trainer.start(specs, task, schedule, SAMPLES, 1), Feed(specs, schedule, *data, 1)

    def epoch() -> None:  # it was handed its samples
        for x, y in feed.training(0):
            training.train(x, y)
        for x, y in feed.validation(0):
            training.evaluate(x, y)

    return epoch


if __name__ == "__main__":
    work(sys.argv[2]) if sys.argv[1:2] == ["--of"] else main()
