"""How busy workers are, and what is found by then, where trainings take differently long: a simulation.

The workers take as long for a network as its training took when the table was made (see `search_quality.py`); breeding
takes no time. `truncation` waits for each generation of 20; `steady` is `eaSteadyState` with a lag of so many times the
workers; `free` breeds a child whenever a worker has nothing to do, from all that has finished, in that order, so its
result depends on the clock. The share of time in which workers are busy ends when `free` begins its last training.

With W workers, searches have 20 W evaluations, at least 200 and at most 10,000. Regret is that of the best after a
quarter of them and at the end; then, of the best at the moments at which `free` had finished as many. How many the
others have finished at its end depends on how busy they are, and on how long the networks take that they try.

    pip install "deap_nn[benchmarks]"
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/asynchrony.py
    python benchmarks/asynchrony.py --workers 1000 --lags 2 3 --seeds 2
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress

from deap import base
from tables.clock import Clock
from tables.fcnet import SPACE, TASKS, Oracle, OverBudget
from tables.figures import with_error

from deap_nn import Individual, make_toolbox
from deap_nn.evolution import eaSteadyState, eaTruncation, make_steady
from deap_nn.evolution.breeder import Breeder
from deap_nn.random_stream import branch
from deap_nn.screening import Screen

POPULATION = 10
GENERATIONS = 500
"""So many at most: late ones of `truncation` bring hardly a new network."""

Figures = tuple[float, ...]
"""Of one search: the busy share, the share of the evaluations that are finished when `free` ends, the regrets."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=["protein"], choices=list(TASKS))
    parser.add_argument("--workers", nargs="+", type=int, default=[2, 8, 32, 128])
    parser.add_argument("--lags", nargs="+", type=int, default=[2], help="in workers")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--screened", type=int, default=8, help="the most workers for which children are screened")
    options = parser.parse_args()
    print(
        "| task | workers | evaluations | loop | busy | finished | a quarter | all | time of a quarter | time of all |"
    )
    print("|---|---:|---:|---|---:|---:|---:|---:|---:|---:|")
    for task in options.tasks:
        for workers in options.workers:
            _compare(task, workers, options)


def _compare(task: str, workers: int, options: argparse.Namespace) -> None:
    evaluations = min(max(200, 20 * workers), 10_000)
    screened = workers <= options.screened
    found: dict[str, list[Figures]] = {}
    for seed in range(options.seeds):
        for loop, figures in _searches(task, workers, evaluations, seed, screened, options.lags):
            found.setdefault(loop, []).append(figures)
    for loop, rows in found.items():
        busy, done, *regrets = zip(*rows, strict=True)
        name = loop + ", screened" * (screened and loop != "truncation")
        cells = [*(f"{statistics.mean(shares):.0%}" for shares in (busy, done)), *map(with_error, regrets)]
        print(f"| {task} | {workers:,} | {evaluations:,} | {name} | {' | '.join(cells)} |", flush=True)


def _searches(
    task: str, workers: int, evaluations: int, seed: int, screened: bool, lags: Sequence[int]
) -> Iterator[tuple[str, Figures]]:
    """Yield the name and the figures of each loop's search."""
    counts = (evaluations // 4, evaluations)
    times, until = [0.0], 0.0
    for loop, lag in {"free": 0, **{f"steady, lag {lag} W": lag for lag in lags}, "truncation": 0}.items():
        oracle = Oracle(task, seed, evaluations)
        clock = Clock(oracle, workers)
        random.seed(seed)
        toolbox = make_toolbox(SPACE, evaluate=oracle, map=clock.map)
        if loop == "truncation":
            _truncation(toolbox)
        elif lag:
            _make_asynchronous(toolbox, clock, seed, screened)
            _steady_state(toolbox, evaluations, lag * workers)
        else:
            _make_asynchronous(toolbox, clock, seed, screened)
            _free_running(toolbox, clock, evaluations)
            times, until = [clock.finished[count - 1][0] for count in counts], clock.last_begun
        seen = [clock.finished[:count] for count in counts]
        seen += [[one for one in clock.finished if one[0] <= time] for time in times]
        regrets = [oracle.regret_of([place for _, place in some]) for some in seen]
        yield loop, (clock.busy(until), len(seen[-1]) / evaluations, *regrets)


def _make_asynchronous(toolbox: base.Toolbox, clock: Clock, seed: int, screened: bool) -> None:
    make_steady(toolbox, SPACE, crossover="both", mutation_probability=0.1)
    toolbox.register("submit", clock.submit)
    toolbox.register("next", clock.next)
    toolbox.register("stream", branch, seed)
    toolbox.screen = Screen(SPACE, seed) if screened else None


def _truncation(toolbox: base.Toolbox) -> None:
    with suppress(OverBudget):
        eaTruncation(toolbox.population(n=20), toolbox, cxpb=1.0, mutpb=1.0, ngen=GENERATIONS)


def _steady_state(toolbox: base.Toolbox, evaluations: int, lag: int) -> None:
    population, most = toolbox.population(n=POPULATION), evaluations // POPULATION
    eaSteadyState(population, toolbox, cxpb=1.0, mutpb=1.0, ngen=most, lag=lag, evaluations=evaluations)


def _free_running(toolbox: base.Toolbox, clock: Clock, evaluations: int) -> None:
    """Do what `eaSteadyState` does, with results in the order in which they come."""
    breeder = Breeder(toolbox, 1.0, 1.0, toolbox.population(n=POPULATION))
    population: list[Individual] = []
    under_way: dict[int, Individual] = {}
    begun = 0
    while begun < evaluations or under_way:
        while begun < evaluations and clock.is_idle:
            begun += 1
            child = breeder.child(begun, population, list(under_way.values()))
            under_way[toolbox.submit(toolbox.evaluate, child)] = child
        ticket, values = toolbox.next()
        child = under_way.pop(ticket)
        child.fitness.values = values
        breeder.tell(child)
        population.append(child)
        if len(population) > POPULATION:
            ranks = [one.fitness.wvalues for one in population]
            del population[ranks.index(min(ranks))]


if __name__ == "__main__":
    main()
