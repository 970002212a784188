"""A budget on a machine that becomes slower in the middle: whether everything still ends in time.

From some moment on, one busy process for each core competes with the search, its finalists and the final training.

    python benchmarks/slowed.py --dataset digits --budget 2m
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import prize

from deap_nn.search.duration import seconds_of


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    prize.add_conditions(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--after", type=float, default=0.4, help="share of the budget after which it becomes slower")
    options = parser.parse_args()
    budget = seconds_of(options.budget)
    with slower_after(options.after * budget):
        found = prize.measured(options, "deap_nn", options.seed)
    print(
        f"{Path(options.dataset).stem}, {options.budget}, slower after {options.after * budget:.0f} s: ended after "
        f"{found['wall']:.0f} s ({found['wall'] / budget - 1:+.1%}) with {found['accuracy']:.4f}"
    )


@contextmanager
def slower_after(seconds: float) -> Iterator[None]:
    """Keep every core busy from so many seconds on, until the end of the context."""
    busy: list[subprocess.Popen[bytes]] = []

    def begin() -> None:
        busy.extend(subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in os.sched_getaffinity(0))

    timer = threading.Timer(seconds, begin)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
