"""Kill all processes of a search at once, at random moments, and check that it ends as if nothing had happened.

    python benchmarks/resume.py [--stub-kills 25] [--real-kills 3]

For processes and for SCOOP: one undisturbed search, and one that is killed again and again and resumed each time.
Population, logbook, hall of fame, random state and best network must be equal, and no finished evaluation may be
repeated. `tests/runs/test_killed_runs.py` does the same on a smaller scale.
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
    """Kill one search so many times; return whether it ended like an undisturbed one, with nothing repeated."""
    with tempfile.TemporaryDirectory() as name:
        folder, path, started = Path(name), Path(name, "killed"), time.monotonic()
        whole = kit.run_to_the_end(folder, folder / "whole", engine, objective)
        total = kit.journaled(whole.path)
        seen: dict[str, int] = {}  # evaluations, until then, of each genome that had finished at a kill
        for lines in sorted(random.choices(range(total), k=kills)):
            kit.kill_at(folder, path, engine, objective, lines, after=random.uniform(0.0, 0.1))
            counts = kit.counts(folder, path)
            seen |= {genome: counts[genome] for genome in kit.finished_genomes(path) - seen.keys()}
        killed = kit.run_to_the_end(folder, path, engine, objective)
        final = kit.counts(folder, path)
        repeated = sum(final[genome] > times for genome, times in seen.items())
        # A network pruned in the first generation may be trained again in full, whether the search is killed or not.
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
    """Return how many lines of a journal are of a genome that it already holds."""
    return kit.journaled(path) - len(kit.finished_genomes(path))


if __name__ == "__main__":
    sys.exit(main())
