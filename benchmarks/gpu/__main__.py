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
from pathlib import Path

import killed
import populations
import shapes
import share
import speed

PARTS = {"speed": speed, "share": share, "populations": populations, "scoop": killed, "shapes": shapes}
"""Each has `add_options(parser)` and `main(options)`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    for name, module in PARTS.items():
        text = (module.__doc__ or "").partition("\n\n")
        part = parts.add_parser(
            name, help=text[0], description=text[0] + "\n\n" + text[2], formatter_class=argparse.RawTextHelpFormatter
        )
        part.add_argument("--out", type=Path, help="file to which the figures are appended, a JSON object a line")
        module.add_options(part)
    options = parser.parse_args()
    if options.part != "shapes" and os.environ.get("KERAS_BACKEND") != "torch":
        parser.error("these figures are of Keras on PyTorch: set KERAS_BACKEND=torch")
    PARTS[options.part].main(options)


if __name__ == "__main__":
    main()
