"""The specification of a search: its directory, space, objective, settings and hooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from deap_nn.runs import Run
from deap_nn.search.hooks import Hooks
from deap_nn.search.objective import Objective
from deap_nn.search.settings import Settings
from deap_nn.space import SearchSpace


@dataclass(frozen=True)
class Search:
    """A search that is about to start or to be resumed.

    Attributes:
        run: The run directory.
        space: The space that is searched.
        objective: What is maximised.
        settings: The settings of the search.
        cache: The file of results shared with other runs, if any.
        retry_failed: Whether to repeat evaluations that a limit or the death of their process ended.
        hooks: The hooks called during the search.
        progress: Whether to show the progress on standard output.
    """

    run: Run
    space: SearchSpace
    objective: Objective
    settings: Settings
    cache: Path | None = None
    retry_failed: bool = False
    hooks: Hooks = field(default_factory=Hooks)
    progress: bool = True
