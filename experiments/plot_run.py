"""Draw the pictures of a run anew, from its directory alone."""

import argparse

from deap_nn.cli import finish, make_bare_parser


def main() -> None:
    parser = make_bare_parser(__doc__)
    parser.add_argument("run", metavar="RUN", help="the directory of a run")
    draw(parser.parse_args())


def draw(arguments: argparse.Namespace) -> None:
    from deap_nn.plots import plot_fitness, save
    from deap_nn.runs import Run

    run = Run(arguments.run)
    path = run.path / "plots" / "fitness.png"
    path.parent.mkdir(exist_ok=True)
    save(plot_fitness(run.logbook), path)
    print(path)


if __name__ == "__main__":
    finish(main)
