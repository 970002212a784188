"""The final training: for how many epochs, how long at most, and where."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deap_nn.engines import Engine, make_engine
from deap_nn.evaluation import FinalPlan
from deap_nn.evolution import Individual, Key
from deap_nn.recipe import FEWER
from deap_nn.runs import FINAL, LOGS, Run
from deap_nn.search.budget import Budget
from deap_nn.search.engine import is_local, memory_limit
from deap_nn.search.final_pace import MORE_SAMPLES, FinalPace
from deap_nn.search.finalists import SHARE as FINALISTS_SHARE
from deap_nn.search.settings import Settings
from deap_nn.search.sizing import SEARCH_SHARE, time_limit

LONGER = 2
"""The epochs of a final training are this many times those of the genome, if nothing else is said."""

MOST_TIMES_LONGER = 16
"""The same where a budget leaves time for more."""

CLOSING = 0.03, 4.0
"""The share of a budget, and the seconds, that are kept for measuring, saving and the last picture."""

VIEWS_SHARE = 0.1
"""The share of a budget in which the winner judges the test split; where several views take longer, there are fewer."""

STARTING = 15.0
"""The seconds that a child of its own takes to start, at most."""

WORTH_A_CHILD = 5e11
"""The multiply-adds from which a final training, of some ten seconds on one core, is worth starting a child for it."""


class FinalTraining:
    """What is planned for the final training of a run.

    Args:
        run: The run directory.
        settings: The settings of the search.
        engine: The engine of the search.
        budget: The time of the run.
        cost: The expected multiply-adds of an individual's evaluation; None if they are unknown.
        test_share: The number of test samples for each of training and validation.
    """

    def __init__(
        self,
        run: Run,
        settings: Settings,
        engine: Engine,
        budget: Budget,
        cost: Callable[[Individual], float] | None = None,
        test_share: float = 0.0,
    ) -> None:
        self._run, self._settings, self._engine, self._budget = run, settings, engine, budget
        self._cost, self._pace = cost, FinalPace(settings, engine, test_share)

    def views(self, individual: Individual, wanted: int) -> int:
        """Return how many views of each image a network is to judge: what is wanted, or what there is time for."""
        total = self._budget.seconds
        while wanted > 1 and total is not None and self._pace.of_judging(individual, wanted) > VIEWS_SHARE * total:
            wanted = FEWER[wanted]
        return wanted

    def epochs(self, best: Individual, views: int) -> int:
        """Return the number of epochs of a network that then judges so many views of each image."""
        if self._settings.final_epochs is not None or self._budget.seconds is None:
            return self.usual_epochs(best)
        return self._budget.decide("final_epochs", lambda: self._affordable(best, views))

    def usual_epochs(self, individual: Individual) -> int:
        """Return the number of epochs of an individual's final training, where time is no object."""
        return self._settings.final_epochs or LONGER * int(individual[-1].genes["epochs"])

    def plans(self, individual: Individual, epochs: int, views: int, to_come: int | None) -> Iterator[FinalPlan]:
        """Yield a training on all data, then, if that fails, the search's own training of an individual.

        Args:
            individual: The individual.
            epochs: The number of epochs of the first.
            views: How many views of each image the network is to judge.
            to_come: How many networks, this one included, share the time that is left; None: it may take any time.
        """
        for number, with_validation in ((epochs, True), (individual[-1].genes["epochs"], False)):
            what = f"{Key.of(individual).text} {number} {with_validation}"
            name = FINAL.format(hashlib.blake2b(what.encode(), digest_size=8).hexdigest())
            # Elsewhere there may be another disk
            path = str((self._run.path / name).absolute()) if self._is_apart(individual, number) else None
            left = self._seconds(individual, views)
            seconds = None if left is None or to_come is None else left / to_come
            yield FinalPlan(number, with_validation, seconds, path, views)

    @contextmanager
    def engine(self, individual: Individual | None = None, plan: FinalPlan | None = None) -> Iterator[Engine]:
        """Yield the engine that does it, with a limit of its own; without a plan, for anything else at the end."""
        if individual is None or plan is None or not self._is_apart(individual, plan.epochs or 1):
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

    def _is_apart(self, individual: Individual, epochs: int) -> bool:
        """Tell whether a child of its own, with all cores of this host, is to do it, rather than one of the search's.

        Arithmetic decides, so that it is the same wherever the run is resumed.
        """
        if not is_local(self._settings):
            return False
        work = math.inf if self._cost is None else self._cost(individual) / individual[-1].genes["epochs"] * epochs
        return MORE_SAMPLES * work >= WORTH_A_CHILD

    def _limit(self, individual: Individual, plan: FinalPlan) -> float:
        """Return the time that the search would allow so much work, or what the budget has left and a little more."""
        if plan.seconds is not None:
            return 1.1 * plan.seconds + 2 * STARTING + 3 * self._pace.of_judging(individual, plan.views)
        work: float = MORE_SAMPLES * (plan.epochs or 1) / individual[-1].genes["epochs"]
        return time_limit(self._settings) * max(1.0, work)

    def end_of_search(self, best: Individual) -> float | None:
        """Return the value of `time.monotonic()` at which the search must end to leave time for this winner.

        That is the search's share of a budget, or later where finalists and final training could not use the rest.
        """
        total, of_epoch = self._budget.seconds, self._pace.of_epoch(best)
        if total is None or of_epoch is None:
            return self._budget.until(SEARCH_SHARE)
        most = self._settings.final_epochs or MOST_TIMES_LONGER * best[-1].genes["epochs"]
        closing, seconds = CLOSING
        judging = min(VIEWS_SHARE * total, self._pace.of_judging(best, max(FEWER)))
        later = STARTING + seconds + judging + 1.1 * of_epoch * most * self._settings.ensemble
        return self._budget.until(max(SEARCH_SHARE, 1 - closing - FINALISTS_SHARE - later / total))

    def _affordable(self, best: Individual, views: int) -> int:
        """Return as many epochs as there is time for, judging by the search's training of the individual."""
        of_genome, of_epoch = int(best[-1].genes["epochs"]), self._pace.of_epoch(best)
        left = self._seconds(best, views)
        if of_epoch is None or left is None:
            return LONGER * of_genome
        epochs = int(left / self._settings.ensemble / of_epoch)
        return max(1, min(MOST_TIMES_LONGER * of_genome, epochs))

    def _seconds(self, individual: Individual, views: int) -> float | None:
        """Return the time that is left for training, if the network then judges so many views; None: any."""
        left, total = self._budget.left, self._budget.seconds
        if left is None or total is None:
            return None
        share, seconds = CLOSING
        return max(1.0, left - share * total - seconds - self._pace.of_judging(individual, views))

    def clean_up(self) -> None:
        """Remove the states that were kept on the way."""
        for path in self._run.path.glob(FINAL.format("*")):
            Path(path).unlink()
