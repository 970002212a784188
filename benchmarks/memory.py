"""The memory of children: over many consecutive trainings of one, and that of a data set that several load.

python benchmarks/memory.py --trainings 200 --preset full --dataset digits
python benchmarks/memory.py --children 4 --images 50000

The first prints a child's size, when it is replaced, and the pages made by the kernel. The second prints what is
resident of each child once all have loaded the same images, 32x32x3 bytes each.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from deap_nn import PRESETS, Individual
from deap_nn.data import DataSpec
from deap_nn.engines import make_engine
from deap_nn.evaluation import Problem, evaluate


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trainings", type=int, default=200)
    parser.add_argument("--preset", default="full", choices=list(PRESETS))
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--train-samples", type=int, default=10_000)
    parser.add_argument("--children", type=int, default=0, help="the number of children that only load images")
    parser.add_argument("--images", type=int, default=50_000)
    arguments = parser.parse_args()
    if arguments.children:
        of_a_data_set(arguments.children, arguments.images)
    else:
        of_trainings(arguments)


def of_trainings(arguments: argparse.Namespace) -> None:
    random.seed(0)
    space = PRESETS[arguments.preset]
    problem = Problem(space, DataSpec(arguments.dataset, arguments.train_samples))
    children: list[str] = []
    seconds, pages = 0.0, 0
    with make_engine("processes", workers=1) as engine:
        for _ in range(arguments.trainings):
            engine.submit(partial(measured, problem=problem), Individual(space.sample()))
        for number, (_, outcome) in enumerate(engine.as_completed(), start=1):
            if outcome.worker not in children:
                children.append(outcome.worker)
            size, made = outcome.value
            seconds, pages = seconds + outcome.seconds, pages + made
            if number % 20 == 0 or number == 1:
                print(f"training {number:>4}: child {len(children)}, highest resident size {size:.0f} MB")
    print(
        f"{arguments.trainings} trainings, {len(children)} children, {seconds:.1f} s, {pages / 1e6:.2f} million pages"
    )


def measured(individual: Individual, problem: Problem) -> tuple[float, int]:
    """Train; return the child's highest resident size so far in MB, and the pages that the kernel made meanwhile."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    evaluate(individual, problem)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_maxrss / 1024, after.ru_minflt - before


LOADS = """
import sys
from deap_nn.data import DataSpec, load
print("started", flush=True)
sys.stdin.readline()
splits = load(DataSpec(sys.argv[1]))
print("loaded", flush=True)
sys.stdin.readline()
"""


def of_a_data_set(children: int, images: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.npz")
        x = np.random.default_rng(0).integers(0, 256, (images, 32, 32, 3), np.uint8)
        np.savez_compressed(path, x_train=x, y_train=np.arange(images) % 10)
        print(f"{images} images, {x.nbytes / 1e6:.0f} MB; {children} children; in MB:")
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", LOADS, str(path)]
        processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(children)]
        show("before they load", processes)
        for process in processes:
            process.stdin.write("load\n")
            process.stdin.flush()
        show("after", processes)
        for process in processes:
            process.communicate()


def show(when: str, processes: list[subprocess.Popen[str]]) -> None:
    """Wait until all processes say that they are ready, and print what is resident of each."""
    for process in processes:
        process.stdout.readline()
    print(when)
    sizes = [resident(process.pid) for process in processes]
    for private, shared, share, highest in sizes:
        print(
            f"  private {private:6.1f}, shared {shared:6.1f}, with its share of these {share:6.1f}; peak {highest:6.1f}"
        )
    print(f"  all together {sum(share for _, _, share, _ in sizes):.1f}")


def resident(pid: int) -> tuple[float, float, float, float]:
    """Return a process's private and shared memory, its proportional share of all, and its highest size, in MB."""
    sizes = in_megabytes(Path(f"/proc/{pid}/smaps_rollup")) | in_megabytes(Path(f"/proc/{pid}/status"))
    private, shared = (sum(sizes[f"{kind}_{state}"] for state in ("Clean", "Dirty")) for kind in ("Private", "Shared"))
    return private, shared, sizes["Pss"], sizes["VmHWM"]


def in_megabytes(path: Path) -> dict[str, float]:
    lines = [line.split() for line in path.read_text().splitlines() if line.endswith(" kB")]
    return {name.rstrip(":"): int(size) * 1024 / 1e6 for name, size, _ in lines}


if __name__ == "__main__":
    main()
