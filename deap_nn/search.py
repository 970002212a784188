"""What a search is before it runs: its directory, space, objective, settings and hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deap_nn.algorithms import OnGeneration
from deap_nn.dispatch import OnEvaluation
from deap_nn.engines import Engine
from deap_nn.objective import Objective
from deap_nn.run import Run
from deap_nn.settings import Settings
from deap_nn.space import SearchSpace


@dataclass(frozen=True)
class Hooks:
    """What is called while a run goes on; an evaluation or generation hook that returns True stops the run.

    Attributes:
        on_start: called with the run and the engine before the first evaluation.
        on_evaluation: called with the individual and its fitness values as each evaluation ends.
        on_generation: called with each `Generation`, also those that a resumed run plays again.
    """

    on_start: tuple[Callable[[Run, Engine], object], ...] = ()
    on_evaluation: tuple[OnEvaluation, ...] = ()
    on_generation: tuple[OnGeneration, ...] = ()

    def __add__(self, other: Hooks) -> Hooks:
        """Return the hooks of both, these first."""
        return Hooks(
            self.on_start + other.on_start,
            self.on_evaluation + other.on_evaluation,
            self.on_generation + other.on_generation,
        )


@dataclass(frozen=True)
class Search:
    """A search that is about to run or to go on.

    Attributes:
        run: its directory.
        space: where it searches.
        objective: for what.
        settings: how.
        cache: the file of results shared with other runs, if any.
        retry_failed: evaluate again what a limit or a death ended.
        hooks: called while it goes on.
    """

    run: Run
    space: SearchSpace
    objective: Objective
    settings: Settings
    cache: Path | None = None
    retry_failed: bool = False
    hooks: Hooks = Hooks()
