"""Whether a search under SCOOP survives a killed worker, and finds what one under local processes finds.

`python -m deap_nn.scoop -n 5` runs an experiment; once some networks are trained, one of its processes is killed. The
run must end with exit code 0 and no evaluation lost. The same search then runs with `--engine processes`; genomes and
fitness values are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import output

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engines"))

import sessions  # noqa: E402 - the tests' own way to start and watch commands

GOOD = {"ok", "pruned"}
WORKERS = 4
"""Beside the origin, which only coordinates."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this part."""
    parser.add_argument("--script", default="vision_network.py", help="an experiment (default: vision_network.py)")
    parser.add_argument("--dataset", default="cifar10", metavar="NAME|FILE.npz", help="data set (default: cifar10)")
    parser.add_argument("--samples", type=int, default=2000, help="of its training split (default: 2000)")
    parser.add_argument("--population", type=int, default=8, help="(default: 8)")
    parser.add_argument("--generations", type=int, default=2, help="(default: 2)")
    parser.add_argument("--victim", default="worker", choices=["worker", "child"], help="(default: worker)")
    parser.add_argument("--after", type=int, default=3, help="networks trained before the kill (default: 3)")
    parser.add_argument("--limit", type=float, default=150, help="seconds for each of the two runs (default: 150)")
    parser.add_argument("--smoke", action="store_true", help="toy size, on digits, to be tried out without a GPU")


def main(options: argparse.Namespace) -> None:
    """Run the search twice and compare."""
    if options.smoke:
        options.script, options.dataset, options.samples = "conv2d_only.py", "digits", 100
        options.population, options.generations, options.after = 4, 1, 1
    with tempfile.TemporaryDirectory() as folder:
        scoop = _run(options, Path(folder, "scoop"), ["-m", "deap_nn.scoop", "-n", str(WORKERS + 1)], [], kill=True)
        local = _run(options, Path(folder, "local"), [], ["--engine", "processes", "--workers", str(WORKERS)])
    row = {"scoop": _summary(scoop), "processes": _summary(local), **_difference(scoop, local)}
    output.keep(options, {"part": "scoop", **row})
    output.table([{"engine": name, **row.pop(name)} for name in ("scoop", "processes")])
    print(row, flush=True)


def _run(
    options: argparse.Namespace, folder: Path, launcher: list[str], engine: list[str], kill: bool = False
) -> dict[str, Any]:
    """Run the search once; return its journal, its exit code, what was killed and how long it took."""
    folder.mkdir()
    run = folder / "run"
    search = ["--dataset", options.dataset, "--train-samples", options.samples, "--population", options.population,
              "--generations", options.generations, "--workers-per-gpu", WORKERS, "--final-epochs", 1,
              "--seed", 1, "--run-dir", run]  # fmt: skip
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    began = time.monotonic()
    with sessions.Session(
        folder, *launcher, ROOT / "experiments" / options.script, *search, *engine, PYTHONPATH=path
    ) as session:
        killed = _kill(session, options, run / "evaluations.jsonl") if kill else "none"
        code = sessions.wait_until(lambda: session.process.poll() is not None, options.limit)
        code = session.process.returncode if code else "hangs"
        shown = session.output
    print(f"{folder.name}: exit code {code}, killed: {killed}, {time.monotonic() - began:.0f} s", flush=True)
    if code != 0:
        print(shown[-3000:], flush=True)
    journal = _lines(run / "evaluations.jsonl")
    return {"journal": journal, "code": code, "killed": killed, "seconds": time.monotonic() - began}


def _kill(session: sessions.Session, options: argparse.Namespace, journal: Path) -> str:
    """Kill a worker of SCOOP, or the child in which one trains, once some networks are trained."""

    def begun() -> bool:
        return len(_lines(journal)) >= options.after or session.process.poll() is not None

    sessions.wait_until(begun, options.limit)
    origin = session.find("bootstrap", "--origin")
    workers = [number for number in session.find("bootstrap", options.script) if number not in origin]
    found = workers if options.victim == "worker" else session.find("engines.child")
    if not found or session.process.poll() is not None:
        return "nothing: it was over too soon"
    os.kill(found[-1], signal.SIGKILL)
    return f"{options.victim}, one of {len(found)}, after {len(_lines(journal))} networks"


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a journal that may still be written to."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def _summary(found: dict[str, Any]) -> dict[str, Any]:
    states = [line["record"]["status"] for line in found["journal"]]
    return {
        "exit code": found["code"],
        "seconds": found["seconds"],
        "killed": found["killed"],
        "evaluations": len(states),
        "ok or pruned": sum(state in GOOD for state in states),
        "verdict": "good" if found["code"] == 0 and states and set(states) <= GOOD else "BAD",
    }


def _difference(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return how many evaluations are in both searches, and how far their fitness values are apart."""
    first, second = _fitness(one["journal"]), _fitness(other["journal"])
    apart = [abs(first[key] - second[key]) for key in set(first) & set(second)]
    return {
        "evaluations in both": len(apart),
        "in one only": len(set(first) ^ set(second)),
        "fitness identical": sum(gap == 0 for gap in apart),
        "largest difference": max(apart, default=None),
    }


def _fitness(journal: list[dict[str, Any]]) -> dict[str, float]:
    """Return the fitness of each evaluation, by its genome, its seed, and its status: a pruned one may be repeated."""
    return {
        json.dumps([line["genome"], line["record"]["seed"], line["record"]["status"]], sort_keys=True): line["fitness"][
            0
        ]
        for line in journal
    }
