"""Networks a minute: the compiled trainer against plain Keras, in one child and in several on one GPU.

Seeds are paired: all ways train the same genomes of the preset, those nearest the middle in planned work, each with
the same training seed. Children are started and warmed up before the clock starts: imports, data, one tiny training;
ways with equally many children use the same ones.
A child has one CPU thread, as in searches: several waste the time of one child, and no other's, on a busy machine.
`fit-8` trains a quarter of the epochs only; rates are in whole trainings, scaled by the epochs that were trained.
`measured` counts to the end of the last network, when some children have nothing left to do; `sustained` is what the
children would do if there always were a next one. `times fit-1` compares the same genomes only, all children busy, with
the smallest and largest factor of one of them. `fit-1-again` is a control: unless it comes out near 1,
something disturbed the machine and no factor is to be trusted.
"""

from __future__ import annotations

import argparse
import statistics
import time
import traceback
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import genomes
import output

from deap_nn.data import DataSpec
from deap_nn.engines import Engine, Outcome, make_engine
from deap_nn.evaluation import Problem, evaluate, planned_work
from deap_nn.evaluation.problem import samples_of
from deap_nn.evolution import Individual
from deap_nn.networks import blueprint

TINY = 1e-9
"""A budget of one epoch."""


class Way(NamedTuple):
    """A way of training: children, trainer, the number of networks (0: as `--networks` says), share of the epochs."""

    children: int
    trainer: str
    networks: int = 0
    budget: float = 1.0


WAYS = {
    "fit-1": Way(1, "portable"),
    "compiled-1": Way(1, "compiled_torch", 8),
    "fit-1-again": Way(1, "portable", 2, 0.25),
    "compiled-4": Way(4, "compiled_torch", 8),
    "compiled-8": Way(8, "compiled_torch", 16),
    "fit-8": Way(8, "portable", 8, 0.25),
}
FIRST = "fit-1"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this part."""
    genomes.add_options(parser)
    parser.add_argument("--networks", type=int, default=3, help=f"networks of the way {FIRST} (default: 3)")
    parser.add_argument("--share", type=float, default=1.0, help=f"of the epochs that {FIRST} trains (default: 1)")
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS), help="by default all")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of a child, in all ways (default: 1)")
    parser.add_argument("--limit", type=float, default=120, help="seconds for a way, warm-up aside (default: 120)")


def main(options: argparse.Namespace) -> None:
    """Measure each way, then compare them."""
    problem = genomes.problem(options)
    individuals = genomes.typical(problem, max(options.networks, *(way.networks for way in WAYS.values())), 0)
    print(
        f"{options.preset}, {problem.data.source}, {problem.data.train_samples} samples: {output.machine()}", flush=True
    )
    ways = {name: _at_toy_size(WAYS[name]) if options.smoke else WAYS[name] for name in options.ways}
    if FIRST in ways:
        ways[FIRST] = ways[FIRST]._replace(budget=min(ways[FIRST].budget, options.share))
    found: dict[str, dict[str, Any]] = {}
    for children in dict.fromkeys(way.children for way in ways.values()):
        settings = {"workers": children, "workers_per_gpu": children, "threads_per_worker": options.threads}
        with make_engine("processes", time_limit=3600.0, **settings) as engine:
            for name, way in ways.items():
                if way.children != children:
                    continue
                some = individuals[: way.networks or options.networks]
                try:
                    found[name] = _measured(engine, way, some, replace(problem, trainer=way.trainer), options.limit)
                except Exception:  # one way that fails leaves the others their time
                    traceback.print_exc()
                    engine.clear()
                    continue
                output.keep(options, {"part": "speed", "way": name, **found[name]})
                output.table([_row(name, found[name], found.get(FIRST))])
    print()
    output.table([_row(name, one, found.get(FIRST)) for name, one in found.items()])
    for name, one in found.items():
        if FIRST in found and name != FIRST and ways[name].budget == ways[FIRST].budget == 1:
            _compare(name, one, found[FIRST])


def _at_toy_size(way: Way) -> Way:
    return way._replace(children=min(way.children, 2), networks=min(way.networks, 2), budget=0.1)


# --- one way ---


def _measured(
    engine: Engine, way: Way, individuals: list[Individual], problem: Problem, limit: float
) -> dict[str, Any]:
    """Train some networks and return what each took and how good it became, by its number."""
    began = time.monotonic()
    _warm_up(engine, individuals, problem)
    start_up = time.monotonic() - began
    began = time.monotonic()
    networks = _trained(engine, individuals, problem, way.budget, began + limit)
    wall = time.monotonic() - began
    engine.clear()  # what the limit cut off
    return {"children": way.children, "start_up": start_up, "wall": wall, "networks": networks, "of": len(individuals)}


def _warm_up(engine: Engine, individuals: list[Individual], problem: Problem) -> None:
    tiny = replace(problem, data=DataSpec(problem.data.source, 200, problem.data.seed))
    outcomes = engine.map(partial(_warm, individuals, tiny), [problem] * engine.capacity)
    unknown, *_ = [_value(outcome) for outcome in outcomes]
    if unknown:
        # Another trainer silently takes these over: their times would be of the wrong way
        raise RuntimeError(f"{problem.trainer} cannot train networks {unknown} here")


def _warm(individuals: list[Individual], tiny: Problem, problem: Problem) -> list[int]:
    """Make a child ready; return the numbers of the networks that the trainer cannot train in it."""
    evaluate(individuals[0], tiny, budget=TINY)
    training, _ = samples_of(problem.data)
    trainer = import_module(f"deap_nn.training.{problem.trainer}.trainer")
    splits = problem.splits()
    unknown = []
    for number, one in enumerate(individuals):
        specs = blueprint(problem.space, one, splits.input_shape, splits.task)
        if not trainer.knows(specs, splits.task, problem.schedule(one, len(training))):
            unknown.append(number)
    return unknown


def _trained(
    engine: Engine, individuals: list[Individual], problem: Problem, budget: float, until: float
) -> dict[int, dict[str, Any]]:
    # Longest first, so that no child is left alone with the longest one at the end
    order = sorted(range(len(individuals)), key=lambda i: -planned_work(individuals[i], problem))
    function = partial(evaluate, problem=problem, budget=budget)
    tickets = {engine.submit(function, individuals[i]): i for i in order}
    networks = {}
    for ticket, outcome in engine.as_completed(until):
        number = tickets[ticket]
        networks[number] = _network(individuals[number], outcome)
        print(f"  network {number}: {networks[number]}", flush=True)
    return networks


def _network(individual: Individual, outcome: Outcome) -> dict[str, Any]:
    values = _value(outcome)
    share = values.record.epochs / individual[-1].genes["epochs"] if values.record.epochs else 0.0
    return {
        "status": str(values.record.status),
        "share": share,
        "seconds": outcome.seconds,
        "accuracy": values[0],
        "reason": values.record.reason,
    }


def _value(outcome: Outcome) -> Any:
    if outcome.status != "ok":
        raise RuntimeError(f"{outcome.status}: {outcome.reason}\n{outcome.traceback}")
    return outcome.value


# --- results ---


def _row(name: str, found: dict[str, Any], first: dict[str, Any] | None) -> dict[str, Any]:
    networks = found["networks"].values()
    times = _times(found, first) if first else []
    return {
        "way": name,
        "networks": f"{len(networks)} of {found['of']}",
        "start-up s": found["start_up"],
        "wall s": found["wall"],
        "s a network (median)": statistics.median(_full_seconds(found).values() or [0.0]),
        "a minute, measured": 60 * sum(one["share"] for one in networks) / found["wall"],
        "sustained": _sustained(found),
        f"times {FIRST}": statistics.median(times) if times else "",
        "from": min(times, default=""),
        "to": max(times, default=""),
        "accuracy": statistics.mean([one["accuracy"] for one in networks] or [0.0]),
    }


def _times(found: dict[str, Any], first: dict[str, Any]) -> list[float]:
    """Return how many times as many networks a minute as the first way, for each genome that both have trained."""
    ours, theirs = _full_seconds(found), _full_seconds(first)
    return [found["children"] / first["children"] * theirs[i] / ours[i] for i in sorted(set(ours) & set(theirs))]


def _full_seconds(found: dict[str, Any]) -> dict[int, float]:
    """Return the seconds of a whole training of each network."""
    return {i: one["seconds"] / one["share"] for i, one in found["networks"].items() if one["share"]}


def _sustained(found: dict[str, Any]) -> float:
    """Return the networks a minute of as many children as there were, none of them ever idle."""
    networks = found["networks"].values()
    busy = sum(one["seconds"] for one in networks)
    return 60 * found["children"] * sum(one["share"] for one in networks) / busy if busy else 0.0


def _compare(name: str, found: dict[str, Any], first: dict[str, Any]) -> None:
    """Print the accuracies of the networks that both ways have trained, with their differences."""
    shared = sorted(set(found["networks"]) & set(first["networks"]))
    pairs = [(found["networks"][i]["accuracy"], first["networks"][i]["accuracy"]) for i in shared]
    if not pairs:
        return
    differences = [one - other for one, other in pairs]
    spread = f" (sd {statistics.stdev(differences):.4f})" if len(pairs) > 1 else ""
    told = ", ".join(f"{one:.4f} | {other:.4f}" for one, other in pairs)
    print(f"validation accuracy, {name} | {FIRST}: {told}: difference {statistics.mean(differences):+.4f}{spread}")
