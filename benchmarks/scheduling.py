"""How well the engines keep their workers busy, compared with SCOOP's own `futures.map`.

    python benchmarks/scheduling.py [--workers 4] [--generations 3] [--tasks 24]

Tasks only sleep, so the figures show the cost of scheduling, on any number of cores. Durations are log-normal,
with a range of ten to one. A generation's makespan is compared with greedy list scheduling: tasks in order, each
to the first worker that is free. Asynchronously, as many tasks as workers are always in flight, and the share of
time that the workers were busy is reported. Overhead is the time of a trivial task.
"""

from __future__ import annotations

import argparse
import heapq
import importlib.util
import itertools
import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deap_nn.engines import make_engine

SCALE = 0.3  # seconds, the median duration


Span = tuple[float, float]


def nap(seconds: float) -> Span:
    """Sleep; return the start and the end, on the clock that all processes of a host share."""
    began = time.monotonic()
    time.sleep(seconds)
    return began, time.monotonic()


def durations(count: int, seed: int) -> list[float]:
    draw = random.Random(seed)
    sigma = math.log(10) / 4  # from minus to plus two sigma is ten to one
    return [SCALE * min(max(math.exp(draw.gauss(0, sigma)), 10**-0.5), 10**0.5) for _ in range(count)]


def greedy(times: list[float], workers: int) -> float:
    """Return the makespan of list scheduling."""
    free = [0.0] * workers
    for seconds in times:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)


def busy_share(spans: list[Span], workers: int) -> float:
    """Return the share of the workers' time that was used until the last task was handed out."""
    start, end = min(began for began, _ in spans), max(began for began, _ in spans)
    used = sum(min(ended, end) - began for began, ended in spans)
    return used / (workers * (end - start))


def by_engine(name: str, workers: int, arguments: argparse.Namespace) -> dict[str, Any]:
    with make_engine(name, workers=workers) as engine:
        engine.map(nap, [0.2] * workers)  # Children are started once, not once per generation.

        def in_flight(times: list[float]) -> list[Span]:
            waiting, spans = iter(times), []
            for seconds in itertools.islice(waiting, workers):
                engine.submit(nap, seconds)
            for _, outcome in engine.as_completed():
                spans.append(outcome.value)
                for seconds in itertools.islice(waiting, 1):
                    engine.submit(nap, seconds)
            return spans

        return measure(lambda function, items: engine.map(function, items), in_flight, workers, arguments)


def by_stock_scoop(workers: int, arguments: argparse.Namespace) -> dict[str, Any]:
    from scoop import futures

    def in_flight(times: list[float]) -> list[Span]:
        waiting, spans = iter(times), []
        running = {futures.submit(nap, seconds) for seconds in itertools.islice(waiting, workers)}
        while running:
            done = next(futures.as_completed(list(running)))
            running.discard(done)
            spans.append(done.result())
            running.update(futures.submit(nap, seconds) for seconds in itertools.islice(waiting, 1))
        return spans

    list(futures.map(nap, [0.2] * workers))
    return measure(lambda function, items: list(futures.map(function, items)), in_flight, workers, arguments)


def measure(
    mapping: Callable[..., Any],
    in_flight: Callable[[list[float]], list[Span]],
    workers: int,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    ratios = []
    for generation in range(arguments.generations):
        times = durations(arguments.tasks, generation)
        began = time.monotonic()
        mapping(nap, times)
        ratios.append((time.monotonic() - began) / greedy(times, workers))
    busy = busy_share(in_flight(durations(arguments.tasks * arguments.generations, 100)), workers)
    began = time.monotonic()
    mapping(nap, [0.0] * 200)
    return {"makespan": ratios, "busy": busy, "overhead": (time.monotonic() - began) / 200}


def one(arguments: argparse.Namespace) -> None:
    """Measure one way of scheduling and print the figures for the main process."""
    if arguments.one == "stock":
        result = by_stock_scoop(arguments.workers, arguments)
    else:
        result = by_engine(arguments.one, arguments.workers, arguments)
    print("RESULT", json.dumps(result), flush=True)


def all_of_them(arguments: argparse.Namespace) -> None:
    print(f"{arguments.workers} workers, {arguments.tasks} tasks a generation, median {SCALE} s")
    print(f"{'':22} {'makespan / greedy ideal':>30} {'busy, asynchronous':>20} {'overhead':>10}")
    count = arguments.workers
    ways = {
        "processes": ("processes", []),
        "scoop": ("scoop", ["-m", "scoop", "-n", str(count + 1)]),
        "scoop, our launcher": ("scoop", ["-m", "deap_nn.scoop", "-n", str(count + 1)]),
        "dask": ("dask", []),
        "stock futures.map": ("stock", ["-m", "scoop", "-n", str(count)]),
    }
    if importlib.util.find_spec("distributed") is None:
        del ways["dask"]
    for label, (way, launcher) in ways.items():
        figures = [f"--workers={count}", f"--generations={arguments.generations}", f"--tasks={arguments.tasks}"]
        command = [sys.executable, *launcher, str(Path(__file__)), f"--one={way}", *figures]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        lines = [line for line in answer.stdout.splitlines() if line.startswith("RESULT")]
        if not lines:
            print(f"{label:22} no result:\n{answer.stdout}{answer.stderr}")
            continue
        result = json.loads(lines[0].removeprefix("RESULT "))
        ratios = " ".join(f"{ratio:.3f}" for ratio in result["makespan"])
        print(f"{label:22} {ratios:>30} {result['busy']:>19.1%} {result['overhead'] * 1000:>7.2f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=4, help="workers that evaluate (default 4)")
    parser.add_argument("--generations", type=int, default=3, help="generations to measure (default 3)")
    parser.add_argument("--tasks", type=int, default=24, help="tasks of a generation (default 24)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    one(arguments) if arguments.one else all_of_them(arguments)


if __name__ == "__main__":
    main()
