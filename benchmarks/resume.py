"""Kill searches, all their processes at once, at random moments, and see whether they end as if nothing had happened.

    python benchmarks/resume.py [--stub-kills 25] [--real-kills 3]

For processes and for SCOOP: one search that is left alone, and one that is killed again and again and goes on each
time. Population, logbook, hall of fame and best network must be equal, and no finished evaluation may be repeated.
What `tests/test_killed_runs.py` does at a smaller scale.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parents[1] / folder) for folder in ("tests", "tests/engines", "tests/runs")
]

import test_killed_runs as kit  # noqa: E402 - the tests' own way to start, kill and compare searches
from search_stubs import outcome  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stub-kills", type=int, default=25, help="kills of a search on a stub (default 25)")
    parser.add_argument("--real-kills", type=int, default=3, help="kills of a search that trains (default 3)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default 0)")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    kinds = {"stub": arguments.stub_kills, "digits": arguments.real_kills}
    good = [trial(engine, objective, kills) for engine in kit.ENGINES for objective, kills in kinds.items()]
    return 0 if all(good) else 1


def trial(engine: str, objective: str, kills: int) -> bool:
    """Kill one search so many times; return whether it ended like the one that was left alone."""
    with tempfile.TemporaryDirectory() as name:
        folder, path, started = Path(name), Path(name, "killed"), time.monotonic()
        whole = kit.run_to_the_end(folder, folder / "whole", engine, objective)
        total = kit.journaled(whole.path)
        seen: dict[str, int] = {}  # how often what had finished at a kill was evaluated until then
        for lines in sorted(random.choices(range(total), k=kills)):
            kit.kill_at(folder, path, engine, objective, lines, after=random.uniform(0.0, 0.1))
            counts = kit.counts(folder, path)
            seen |= {genome: counts[genome] for genome in kit.finished_genomes(path) - seen.keys()}
        killed = kit.run_to_the_end(folder, path, engine, objective)
        final = kit.counts(folder, path)
        repeated = sum(final[genome] > times for genome, times in seen.items())
        # a network that was given up is trained again where it comes up again, killed or not
        repeated += abs(again(path) - again(whole.path))
        same = outcome(killed) == outcome(whole)
        print(
            f"{engine:10} {objective:7} {kills} kills in {total} evaluations: "
            f"{'the same result' if same else 'ANOTHER RESULT'}, {repeated} finished evaluations repeated, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
        return same and not repeated


def again(path: Path) -> int:
    """How many lines of a journal are of a genome that it holds already."""
    return kit.journaled(path) - len(kit.finished_genomes(path))


if __name__ == "__main__":
    sys.exit(main())
