"""The process of one turn: `python -m contest TURN`."""

from __future__ import annotations

import importlib
import sys

from contest.turn import Turn

HOMES = {
    "deap_nn": "ours",
    "random": "random_search",
    "origin": "plain_ga",
    "optuna": "tree_parzen",
    "keras_tuner": "hyperband",
}


def main() -> None:
    turn = Turn.from_json(sys.argv[1])
    search = importlib.import_module(f"contest.{HOMES[turn.way]}").search
    turn.end(search(turn))


if __name__ == "__main__":
    main()
