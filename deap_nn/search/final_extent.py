"""How much a final training is: how wide the network becomes, for how many epochs, and how many views it judges."""

from __future__ import annotations

import math
from typing import NamedTuple

from deap_nn.evolution import Individual
from deap_nn.recipe import FEWER
from deap_nn.search.budget import Budget
from deap_nn.search.final_pace import FinalPace
from deap_nn.search.finalists import SHARE as FINALISTS_SHARE
from deap_nn.search.objective import SIZES, Objective
from deap_nn.search.settings import Settings
from deap_nn.search.sizing import SEARCH_SHARE

LONGER = 2
"""The epochs of a final training are this many times those of the genome, if nothing else is said."""

MOST_TIMES_LONGER = 16
"""The same where a budget leaves time for more."""

WIDTHS = (4.0, 3.0, 2.5, 2.0, 1.75, 1.5, 1.25)
"""How many times as wide as in the search a network may become where a budget leaves time for it, the most first."""

SEEN, FEW = 4_000, 10_000
"""A network is to see the first, times the root of the number of samples, before time goes into its width: 40 epochs of
10,000, 20 of 40,000. Measured on CIFAR-10 (docs/benchmarks.md): at equal time, of 10,000 images 36 epochs 1.5 times as
wide are as good as 80, and better than 20 twice as wide; of 40,000, 21 epochs are better than 12 of a wider network.
Fewer samples than the second, of which nothing was measured, count as that many."""

CLOSING = 0.03, 4.0
"""The share of a budget, and the seconds, that are kept for measuring, saving and the last picture."""

VIEWS_SHARE = 0.1
"""The share of a budget in which the winner judges the test split; where several views take longer, there are fewer."""

STARTING = 15.0
"""The seconds that a child of its own takes to start, at most."""


class Extent(NamedTuple):
    """How much a final training is.

    Attributes:
        epochs: The number of epochs.
        width: How many times as wide as in the search the network is.
    """

    epochs: int
    width: float = 1.0


class FinalExtent:
    """How much the final trainings of a run are: what was asked for, or what its budget leaves time for.

    Args:
        settings: The settings of the search.
        budget: The time of the run.
        objective: The objective of the search.
        pace: How fast they are.
    """

    def __init__(self, settings: Settings, budget: Budget, objective: Objective, pace: FinalPace) -> None:
        self._settings, self._budget, self._objective, self._pace = settings, budget, objective, pace

    def views(self, individual: Individual, wanted: int) -> int:
        """Return how many views of each image a network is to judge: what is wanted, or what there is time for."""
        while wanted > 1 and not self._can_judge(individual, wanted, self._settings.final_width or 1.0):
            wanted = FEWER[wanted]
        return wanted

    def of(self, best: Individual, views: int) -> Extent:
        """Return the extent for a network that then judges so many views of each image."""
        width = self._settings.final_width or self._decided_width(best, views)
        if self._settings.final_epochs is not None or self._budget.seconds is None:
            return Extent(self.usual(best).epochs, width)
        epochs = self._budget.decide("final_epochs", lambda: self._epochs(best, views, width))
        return Extent(epochs, width)

    def usual(self, individual: Individual) -> Extent:
        """Return the extent of an individual's final training, where time is no object."""
        epochs = self._settings.final_epochs or LONGER * int(individual[-1].genes["epochs"])
        return Extent(epochs, self._settings.final_width or 1.0)

    def end_of_search(self, best: Individual) -> float | None:
        """Return the value of `time.monotonic()` at which the search must end to leave time for this winner.

        That is the search's share of a budget, or later where finalists and final training could not use the rest.
        """
        width = self._settings.final_width or 1.0
        total, of_epoch = self._budget.seconds, self._pace.of_epoch(best, width)
        if total is None or of_epoch is None:
            return self._budget.until(SEARCH_SHARE)
        most = self._settings.final_epochs or MOST_TIMES_LONGER * best[-1].genes["epochs"]
        closing, seconds = CLOSING
        judging = min(VIEWS_SHARE * total, self._pace.of_judging(best, max(FEWER), width))
        later = STARTING + seconds + judging + 1.1 * of_epoch * most * self._settings.ensemble
        return self._budget.until(max(SEARCH_SHARE, 1 - closing - FINALISTS_SHARE - later / total))

    def seconds(self, individual: Individual, views: int, width: float) -> float | None:
        """Return the time that is left for training, if the network then judges so many views; None: any."""
        left, total = self._budget.left, self._budget.seconds
        if left is None or total is None:
            return None
        share, seconds = CLOSING
        return max(1.0, left - share * total - seconds - self._pace.of_judging(individual, views, width))

    def _decided_width(self, best: Individual, views: int) -> float:
        """Return the width that a budget leaves time for, if time is all that speaks against a larger network."""
        # What was decided before there were widths
        of_old = self._budget.decided("final_epochs") and not self._budget.decided("final_width")
        if self._budget.seconds is None or self._settings.criteria or of_old:
            return 1.0
        return self._budget.decide("final_width", lambda: self._width(best, views))

    def _width(self, best: Individual, views: int) -> float:
        """Return the largest width with which there is time for as many epochs as were asked for, or are enough."""
        samples = max(1, self._objective.samples)
        least = SEEN * math.sqrt(max(samples, FEW)) / samples
        enough = self._settings.final_epochs or max(least, int(best[-1].genes["epochs"]))
        possible = (one for one in WIDTHS if self._is_allowed(best, one) and self._can_judge(best, views, one))
        return next((one for one in possible if (self._affordable(best, views, one) or 0.0) >= enough), 1.0)

    def _epochs(self, best: Individual, views: int, width: float) -> int:
        """Return as many epochs as there is time for."""
        of_genome, affordable = int(best[-1].genes["epochs"]), self._affordable(best, views, width)
        if affordable is None:
            return LONGER * of_genome
        return max(1, min(MOST_TIMES_LONGER * of_genome, int(affordable)))

    def _affordable(self, best: Individual, views: int, width: float) -> float | None:
        """Return the epochs that there is time for, judging by the search's training; None if that is unknown."""
        of_epoch, left = self._pace.of_epoch(best, width), self.seconds(best, views, width)
        return None if of_epoch is None or left is None else left / self._settings.ensemble / of_epoch

    def _can_judge(self, individual: Individual, views: int, width: float) -> bool:
        """Tell whether judging so many views takes no more than its share of a budget."""
        total = self._budget.seconds
        return total is None or self._pace.of_judging(individual, views, width) <= VIEWS_SHARE * total

    def _is_allowed(self, individual: Individual, width: float) -> bool:
        """Tell whether a network so wide is known to be within the limits that were asked for."""
        size, widen = self._objective.size, self._objective.widen
        if size is None or widen is None:
            return False
        sizes = size(widen(individual, width))._asdict()
        return all(sizes[name] <= (getattr(self._settings, f"max_{name}") or math.inf) for name in SIZES)
