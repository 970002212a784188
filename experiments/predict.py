"""Classify images with the best network of a run."""

import argparse
from pathlib import Path

from deap_nn.cli import finish, make_bare_parser


def main() -> None:
    parser = make_bare_parser(__doc__)
    parser.add_argument("run", metavar="RUN", help="the directory of a run")
    parser.add_argument(
        "images", metavar="IMAGES.npz", help="raw images, under the name x, x_test or the only one there is"
    )
    parser.add_argument("--output", metavar="FILE.csv", help="write the probabilities of all classes (default: print)")
    tell(parser.parse_args())


def tell(arguments: argparse.Namespace) -> None:
    from deap_nn.reports import predict, read_images

    table = predict(Path(arguments.run), read_images(Path(arguments.images)))
    if "output" in arguments:
        Path(arguments.output).write_text(table)
    else:
        print(table, end="")


if __name__ == "__main__":
    finish(main)
