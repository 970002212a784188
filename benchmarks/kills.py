"""Kill processes of a running engine at random moments, many times, and check how the run ends.

    python benchmarks/kills.py [--trials 10] [--seed 0]

For each launcher and each victim (a busy or idle worker, an evaluating child, the origin, the launcher), a
run of short tasks is started and the victim is killed at a random moment. The run must then either finish
with every result or stop within seconds with a message. A hang or a process left behind is a failure; a
killed origin cannot print anything, so its run only has to be gone.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "engines"))

import sessions  # noqa: E402 - the tests' own way to start and watch commands

SCRIPT = ROOT / "tests" / "engines" / "script_engine.py"
PATIENCE = 60.0  # seconds after which a run counts as hung
WAYS = {
    "processes": ([], ["child", "origin"]),
    "scoop": (["-m", "scoop", "-n", "4"], ["child", "worker", "origin", "launcher"]),
    "deap_nn.scoop": (["-m", "deap_nn.scoop", "-n", "4"], ["child", "worker", "two workers", "origin", "launcher"]),
    "dask": ([], ["child", "origin"]),
}


def victims(session: sessions.Session, what: str) -> list[int]:
    """Return the processes to kill."""
    origin = session.find("bootstrap", "--origin")
    workers = [number for number in session.find("bootstrap", "script_engine") if number not in origin]
    if what == "child":
        return session.find("engines.child")[:1]
    if what in ("worker", "two workers"):
        return random.sample(workers, min(len(workers), 1 if what == "worker" else 2))
    if what == "origin":
        return origin[:1] or [session.process.pid]
    return [session.process.pid]


def trial(way: str, what: str) -> str:
    """Start one run, kill once, and return how the run ended."""
    launcher, _ = WAYS[way]
    engine = way if way in ("processes", "dask") else "default"
    with (
        tempfile.TemporaryDirectory() as folder,
        sessions.Session(folder, *launcher, SCRIPT, engine, folder, "sleepy") as session,
    ):
        sessions.wait_until(lambda: Path(folder, "starts").exists())
        time.sleep(random.uniform(0.0, 4.0))
        for number in victims(session, what):
            os.kill(number, signal.SIGKILL)
        killed = time.monotonic()
        session.process.wait(PATIENCE + 30) if what != "launcher" else session.process.wait()
        gone = sessions.wait_until(lambda: not session.members(), PATIENCE)
        seconds = time.monotonic() - killed
        if not gone:
            return f"LEFT BEHIND after {seconds:.0f} s"
        if "finished" in session.output:
            return "finished with every result"
        if "engine lost" in session.output:
            return "stopped with a message"
        return "gone" if what == "origin" else f"SILENT END: {session.output[-300:]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10, help="kills of each sort (default 10)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default 0)")
    parser.add_argument("--only", choices=list(WAYS), help="one way of running only")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    bad = 0
    for way in [arguments.only] if arguments.only else WAYS:
        for what in WAYS[way][1]:
            ends = collections.Counter(_ending(way, what) for _ in range(arguments.trials))
            bad += sum(count for end, count in ends.items() if end[:4].isupper())
            told = "; ".join(f"{count} x {end}" for end, count in ends.most_common())
            print(f"{way:14} {what:12} {told}", flush=True)
    return 1 if bad else 0


def _ending(way: str, what: str) -> str:
    try:
        return trial(way, what)
    except Exception as error:
        return f"HANG: {error}"


if __name__ == "__main__":
    sys.exit(main())
