"""What a GPU is worth: speed beside plain Keras, where a step's time goes, populations, and SCOOP with a killed worker.

    export KERAS_BACKEND=torch
    python benchmarks/gpu speed --preset modern --dataset cifar10-10k.npz --out gpu.jsonl
    python benchmarks/gpu share --preset modern --dataset cifar10-10k.npz --out gpu.jsonl
    python benchmarks/gpu populations --out gpu.jsonl
    python benchmarks/gpu scoop --out gpu.jsonl
    python benchmarks/gpu shapes benchmarks/results

`--help` after each says more. All but `shapes` ask for Keras on PyTorch; with `--smoke` they also run on a CPU, at toy
size, to be tried out. Figures are printed as they come, and kept as JSON lines in `--out`.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

PARTS = {"speed": "speed", "share": "share", "populations": "populations", "scoop": "killed", "shapes": "shapes"}
"""The module of each part, with `add_options(parser)` and `main(options)`; some need PyTorch, so one is imported."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="options, see `PART --help`")
    chosen = parser.parse_args()
    if chosen.part != "shapes" and os.environ.get("KERAS_BACKEND") != "torch":
        parser.error("these figures are of Keras on PyTorch: set KERAS_BACKEND=torch")
    module = import_module(PARTS[chosen.part])
    part = argparse.ArgumentParser(
        f"gpu {chosen.part}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    part.add_argument("--out", type=Path, help="file to which the figures are appended, a JSON object a line")
    module.add_options(part)
    module.main(part.parse_args(chosen.rest))


if __name__ == "__main__":
    main()
