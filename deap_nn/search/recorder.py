"""The hooks that record a run.

The journal grows with each evaluation; logbook and checkpoint are replaced after each generation. When a resumed run
replays the generation of the checkpoint, the two are compared.
"""

from __future__ import annotations

import json
from typing import Any

from deap_nn.evolution import FitnessValues, Generation, Individual
from deap_nn.pruning import Pruner
from deap_nn.runs import JsonLines, Run, checkpoint, journal_line
from deap_nn.search.outcomes import RunFailed


class Recorder:
    """The recorder of a run.

    Args:
        run: The run directory.
        journal: The journal that `run.writing()` yields.
        pruner: The pruner, whose state is part of the checkpoint.
        compare: Whether the replay must agree with the checkpoint.
    """

    def __init__(self, run: Run, journal: JsonLines, pruner: Pruner, *, compare: bool = True) -> None:
        self._run, self._journal, self._pruner = run, journal, pruner
        self._before = run.logbook
        self._checkpoint = run.checkpoint if compare else None

    def evaluation(self, individual: Individual, values: FitnessValues) -> None:
        """Append a finished evaluation to the journal; it is on disk when this returns."""
        self._journal.append(journal_line(individual, values))

    def generation(self, generation: Generation) -> None:
        """Record a generation; one that is replayed keeps the seconds that it originally took."""
        if generation.number < len(self._before):
            generation.logbook[-1]["seconds"] = self._before[generation.number]["seconds"]
        content = json.loads(json.dumps(checkpoint(generation, self._pruner.state)))
        past = self._checkpoint
        if past is not None and generation.number <= past["generation"]:
            if generation.number == past["generation"] and content != past:
                raise RunFailed(self._different(past, content))
            return
        self._run.write_logbook(generation.logbook)
        self._run.write_checkpoint(content)

    def _different(self, past: dict[str, Any], now: dict[str, Any]) -> str:
        differing = ", ".join(name for name in past if past[name] != now.get(name))
        return (
            f"generation {now['generation']} of {self._run.path} comes out differently than the first time "
            f"({differing}), so this run cannot go on: was a file in it edited, or deap_nn exchanged? (run.json names "
            "the versions)"
        )
