"""What a search is before it runs: its directory, space, objective, settings and hooks."""

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
    """A search that is about to run or to go on.

    Attributes:
        run: Its directory.
        space: Where it searches.
        objective: For what.
        settings: How.
        cache: The file of results shared with other runs, if any.
        retry_failed: Evaluate again what a limit or a death ended.
        hooks: Called while it goes on.
    """

    run: Run
    space: SearchSpace
    objective: Objective
    settings: Settings
    cache: Path | None = None
    retry_failed: bool = False
    hooks: Hooks = field(default_factory=Hooks)
