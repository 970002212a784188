"""The hook that records the generations of a run.

The logbook grows with each generation, the checkpoint is replaced. When a resumed run replays the generation of the
checkpoint, it must agree with both.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from deap_nn.evolution import Generation, storable
from deap_nn.pruning import Pruner
from deap_nn.runs import Run, checkpoint
from deap_nn.search.outcomes import RunFailed


class Recorder:
    """The recorder of a run.

    Args:
        run: The run directory.
        pruner: The pruner, whose state is part of the checkpoint.
        compare: Whether the replay must agree with what was recorded.
    """

    def __init__(self, run: Run, pruner: Pruner, *, compare: bool = True) -> None:
        self._run, self._pruner = run, pruner
        self._before = run.logbook
        self._checkpoint = run.checkpoint if compare else None

    def generation(self, generation: Generation) -> None:
        """Record a generation; one that is replayed keeps the seconds that it originally took."""
        past = self._checkpoint
        if past is not None and _goes_further(generation, past):
            self._compare({}, {"generation": generation.number}, generation.logbook[:-1])
            past = self._checkpoint = None
            self._before = self._before[: generation.number]
        if generation.number < len(self._before):
            generation.logbook[-1]["seconds"] = self._before[generation.number]["seconds"]
        if past is not None and generation.number < past["generation"]:
            return
        content = checkpoint(generation, self._pruner.state)
        if past is not None and generation.number == past["generation"]:
            self._compare(past, json.loads(json.dumps(content)), generation.logbook[:-1])
            if len(self._before) <= generation.number:  # it was deleted
                self._run.write_logbook(generation.logbook)
            return
        self._run.write_logbook(generation.logbook)
        self._run.write_checkpoint(content)

    def _compare(self, past: dict[str, Any], now: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        """Raise RunFailed unless checkpoint and logbook are what they were."""
        differing = [name for name in past if name != "logbook" and past[name] != now.get(name)]  # once it was there
        columns = self._before.header  # of an earlier version, it may have had fewer
        if any(
            _plain(row, columns) != _plain(before, columns) for row, before in zip(rows, self._before, strict=False)
        ):
            differing.append("logbook")
        if differing:
            raise RunFailed(
                f"generation {now['generation']} of {self._run.path} comes out differently than the first time "
                f"({', '.join(differing)}), so this run cannot go on: was a file in it edited, or deap_nn exchanged? "
                "(run.json names the versions)"
            )


def _goes_further(generation: Generation, past: dict[str, Any]) -> bool:
    """Tell whether the last generation of before was incomplete and has more evaluations now."""
    if generation.number != past["generation"] or "incomplete" not in past:
        return False
    return generation.complete or generation.logbook[-1]["nevals"] > past["incomplete"]


def _plain(row: dict[str, Any], columns: Collection[str]) -> dict[str, Any]:
    """Return these columns of a row as the logbook's file has them, without what is missing."""
    return {name: value for name, value in storable(row).items() if value is not None and name in columns}
