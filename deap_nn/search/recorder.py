"""The hooks that write a run down.

The journal grows with each evaluation; logbook, checkpoint and picture are replaced after each generation. One that
a resumed run plays again is compared with what was written the first time.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

from deap_nn.evolution import FitnessValues, Generation, Individual
from deap_nn.runs import JsonLines, Run
from deap_nn.search.evaluations import RunFailed


class Recorder:
    """Writes a run down.

    Args:
        run: its directory.
        journal: what `run.writing()` yields.
        compare: whether a generation played again must be equal to the checkpoint's.
    """

    def __init__(self, run: Run, journal: JsonLines, *, compare: bool = True) -> None:
        self.state: dict[str, Any] = {}
        """What else goes into the checkpoint, by name; plain data."""
        self._run, self._journal = run, journal
        self._before = run.logbook
        self._checkpoint = run.checkpoint if compare else None

    def evaluation(self, individual: Individual, values: FitnessValues) -> None:
        """Append a finished evaluation to the journal; it is on disk when this returns."""
        self._journal.append({"genome": individual.to_json(), "fitness": list(values), "record": values.record})

    def generation(self, generation: Generation) -> None:
        """Write down what a generation was; one that is played again keeps the seconds it once took."""
        if generation.number < len(self._before):
            generation.logbook[-1]["seconds"] = self._before[generation.number]["seconds"]
        content = json.loads(json.dumps(checkpoint_of(generation) | self.state))
        past = self._checkpoint
        if past is not None and generation.number <= past["generation"]:
            if generation.number == past["generation"] and content != past:
                raise RunFailed(self._different(past, content))
            return
        self._run.write_logbook(generation.logbook)
        self._run.write_checkpoint(content)
        from deap_nn import plots

        plots.save(plots.plot_fitness(generation.logbook), self._run.path / "plots" / "fitness.png")

    def _different(self, past: dict[str, Any], now: dict[str, Any]) -> str:
        parts = ", ".join(name for name in past if past[name] != now.get(name))
        return (
            f"generation {now['generation']} of {self._run.path} comes out differently than the first time ({parts}), "
            "so this run cannot go on: was a file in it edited, or deap_nn exchanged? (run.json names the versions)"
        )


def checkpoint_of(generation: Generation) -> dict[str, Any]:
    """Return the state after a generation as plain data."""

    def plain(individuals: Iterable[Individual]) -> list[dict[str, Any]]:
        return [{"genome": ind.to_json(), "fitness": list(ind.fitness.values)} for ind in individuals]

    return {
        "generation": generation.number,
        "population": plain(generation.population),
        "halloffame": plain(generation.halloffame or ()),
        "logbook": list(generation.logbook),
        "random_state": random.getstate(),
    }
