"""The final training: what is tried, how long at most, and where."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deap_nn.engines import Engine, make_engine
from deap_nn.evaluation import FinalPlan
from deap_nn.evolution import Individual, Key
from deap_nn.runs import FINAL, LOGS, Run
from deap_nn.search.budget import Budget
from deap_nn.search.engine import is_local, memory_limit
from deap_nn.search.final_extent import STARTING, Extent, FinalExtent
from deap_nn.search.final_pace import MORE_SAMPLES, FinalPace
from deap_nn.search.objective import Objective
from deap_nn.search.settings import Settings
from deap_nn.search.sizing import time_limit

WORTH_A_CHILD = 5e11
"""The multiply-adds from which a final training, of some ten seconds on one core, is worth starting a child for it."""


class FinalTraining:
    """What is planned for the final training of a run.

    Args:
        run: The run directory.
        settings: The settings of the search.
        engine: The engine of the search.
        budget: The time of the run.
        objective: The objective of the search.

    Attributes:
        extent: How much it is.
    """

    def __init__(self, run: Run, settings: Settings, engine: Engine, budget: Budget, objective: Objective) -> None:
        self._run, self._settings, self._engine, self._objective = run, settings, engine, objective
        self._pace = FinalPace(settings, engine, objective)
        self.extent = FinalExtent(settings, budget, objective, self._pace)

    def plans(self, individual: Individual, extent: Extent, views: int, to_come: int | None) -> Iterator[FinalPlan]:
        """Yield a training on all data, then, if that fails, one as wide as the genome says, then the search's own.

        Args:
            individual: The individual.
            extent: How much the first is.
            views: How many views of each image the network is to judge.
            to_come: How many networks, this one included, share the time that is left; None: it may take any time.
        """
        narrow = extent._replace(width=1.0)
        tries = [(one, True) for one in dict.fromkeys((extent, narrow))]
        for (epochs, width), with_validation in [*tries, (Extent(individual[-1].genes["epochs"]), False)]:
            left = self.extent.seconds(individual, views, width)
            seconds = None if left is None or to_come is None else left / to_come
            plan = FinalPlan(epochs, with_validation, seconds, None, views, width)
            if self._is_apart(individual, plan):  # Elsewhere there may be another disk
                plan = plan._replace(checkpoint=self._checkpoint(individual, plan))
            yield plan

    def _checkpoint(self, individual: Individual, plan: FinalPlan) -> str:
        what = f"{Key.of(individual).text} {plan.epochs} {plan.with_validation} {plan.width}"
        name = FINAL.format(hashlib.blake2b(what.encode(), digest_size=8).hexdigest())
        return str((self._run.path / name).absolute())

    @contextmanager
    def engine(self, individual: Individual | None = None, plan: FinalPlan | None = None) -> Iterator[Engine]:
        """Yield the engine that does it, with a limit of its own; without a plan, for anything else at the end."""
        if individual is None or plan is None or not self._is_apart(individual, plan):
            yield self._engine
            return
        self._engine.rest()
        with make_engine(
            "processes",
            workers=1,
            time_limit=self._limit(individual, plan),
            memory_limit=memory_limit(self._settings),
            threads_per_worker=self._pace.threads,
            log_dir=self._run.path / LOGS / "final",
        ) as engine:
            yield engine

    @property
    def networks(self) -> int:
        """How many networks are to be trained a final time."""
        return self._settings.ensemble

    def _is_apart(self, individual: Individual, plan: FinalPlan) -> bool:
        """Tell whether a child of its own, with all cores of this host, is to do it, rather than one of the search's.

        Arithmetic decides, so that it is the same wherever the run is resumed.
        """
        if not is_local(self._settings):
            return False
        cost = self._objective.cost
        return cost is None or cost(individual) * self._more(individual, plan) >= WORTH_A_CHILD

    def _limit(self, individual: Individual, plan: FinalPlan) -> float:
        """Return the time that the search would allow so much work, or what the budget has left and a little more."""
        if plan.seconds is not None:
            judging = self._pace.of_judging(individual, plan.views, plan.width)
            return 1.1 * plan.seconds + 2 * STARTING + 3 * judging
        return time_limit(self._settings) * max(1.0, self._more(individual, plan))

    def _more(self, individual: Individual, plan: FinalPlan) -> float:
        """Return how many times the work of the search's training a final one is."""
        longer: float = (plan.epochs or 1) / individual[-1].genes["epochs"]
        return MORE_SAMPLES * longer * self._pace.growth(individual, plan.width)

    def clean_up(self) -> None:
        """Remove the states that were kept on the way."""
        for path in self._run.path.glob(FINAL.format("*")):
            Path(path).unlink()
