"""The process of one turn: `python -m contest TURN`."""

from __future__ import annotations

import importlib
import sys

from contest.turn import WAYS, Turn


def main() -> None:
    turn = Turn.from_json(sys.argv[1])
    search = importlib.import_module(f"contest.{WAYS[turn.way].module}").search
    turn.end(search(turn))


if __name__ == "__main__":
    main()
