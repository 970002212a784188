"""Compare whole-layer crossover, two-point crossover and both in turn: same seeds, several repeats.

Each crossover and seed is a separate run below the run directory. With --resume, finished runs are skipped and
the others continue.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from deap_nn.cli import finish, make_parser, search
from deap_nn.errors import InputError
from deap_nn.evolution import CROSSOVERS
from deap_nn.search import Settings, all_settings
from deap_nn.space import PRESETS

DEFAULTS: dict[str, Any] = {"space": "full", "repeats": 3, "seed": Settings.seed, "algorithm": "truncation"}
MAY_CHANGE = {name for name, setting in all_settings().items() if setting.resumable} | {
    "repeats",
    "retry_failed",
    "quiet",
}
PROLONGS = {"generations", "stop_at", "retry_failed"}


def main() -> None:
    parser = make_parser(__doc__, without=("crossover",), defaults=DEFAULTS)
    parser.add_argument("--space", metavar="|".join(PRESETS), help="search space (default: full)")
    parser.add_argument(
        "--repeats", type=int, metavar="N", help="runs per crossover: --seed, --seed + 1, ... (default: 3)"
    )
    given = vars(parser.parse_args())
    folder, options = begin(given)
    changes = {name: given[name] for name in MAY_CHANGE & given.keys()} if "resume" in given else {}
    seeds = range(options["seed"], options["seed"] + options["repeats"])
    runs = {(name, seed): one(folder, options, changes, name, seed) for seed in seeds for name in CROSSOVERS}
    report(folder, {name: [runs[name, seed] for seed in seeds] for name in CROSSOVERS})


def begin(given: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """Return the directory of the comparison and its options, which are saved there."""
    from deap_nn.runs import write_json

    folder = Path(
        given.get("resume") or given.get("run_dir") or f"runs/compare-crossovers-{datetime.now():%Y%m%d-%H%M%S}"
    )
    file = folder / "comparison.json"
    if "resume" not in given and any(folder.glob("*/run.json")):
        raise InputError(f"{folder} holds a comparison already: choose another directory, or --resume {folder}")
    if "resume" in given and not file.exists():
        raise InputError(f"{folder} holds no comparison: name a directory with a comparison.json")
    fixed = sorted(given.keys() - MAY_CHANGE - {"resume"})
    if "resume" in given and fixed:
        raise InputError(f"a resumed comparison keeps its {', '.join(fixed)}")
    before = json.loads(file.read_text()) if "resume" in given else DEFAULTS
    options = before | {name: value for name, value in given.items() if name not in ("resume", "run_dir")}
    if options["space"] not in PRESETS or options["repeats"] < 1:
        raise InputError(f"--space is one of {', '.join(PRESETS)}, --repeats 1 or more; received {options}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(file, options)
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error}): choose another directory") from error
    return folder, options


def one(folder: Path, options: dict[str, Any], changes: dict[str, Any], crossover: str, seed: int) -> Any:
    """Start the run of one crossover and seed, resume it, or leave it unchanged if it is finished."""
    from deap_nn.runs import Run

    path = folder / f"{crossover}-{seed}"
    # The first generations of a seed are equal and trained only once, unless time is what is compared.
    common = {"cache": str(folder / "cache.sqlite")} if "stop_after" not in options else {}
    common |= {name: options[name] for name in ("cache", "tensorboard") if name in options}
    if not (path / "run.json").exists():
        chosen = common | options | {"crossover": crossover, "seed": seed, "run_dir": str(path)}
    elif Run(path).status != "finished" or changes.keys() & PROLONGS:
        chosen = common | changes | {"resume": str(path)}
    else:
        return Run(path)
    quiet = options.get("quiet", False)
    return search(PRESETS[options["space"]], chosen, quiet=quiet, resume_with=folder)


def report(folder: Path, groups: dict[str, list[Any]]) -> None:
    from deap_nn.plots import plot_comparison, save
    from deap_nn.reports.comparison import table, write_csv

    write_csv(folder / "comparison.csv", groups)
    save(
        plot_comparison({name: [run.logbook for run in runs] for name, runs in groups.items()}),
        folder / "comparison.png",
    )
    print("\n".join(table(groups)))
    print(f"comparison: {folder} (comparison.csv, comparison.png)")


if __name__ == "__main__":
    finish(main)
