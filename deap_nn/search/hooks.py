"""The hooks of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deap_nn.engines import Engine
from deap_nn.evolution import OnGeneration
from deap_nn.runs import Run
from deap_nn.search.results import OnEvaluation


@dataclass(frozen=True)
class Hooks:
    """Functions called during a run; an evaluation or generation hook that returns True stops it.

    Attributes:
        on_start: Called with the run and the engine before the first evaluation.
        on_evaluation: Called with the individual and its fitness values once an evaluation is on disk; several in a row
            where evaluations end faster than the disk writes.
        on_generation: Called with each `Generation`, including those that a resumed run replays.
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
