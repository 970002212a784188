"""The end of a search: the final training of the best individual, written to `best.keras` and `best.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deap_nn.engines import Engine
from deap_nn.evaluation import Winner
from deap_nn.evolution import Individual
from deap_nn.runs import Run, best_trained, best_untrained
from deap_nn.search.objective import Objective, TrainWinner
from deap_nn.search.outcomes import BrokenProgram


def write_winner(run: Run, best: Individual, objective: Objective, engine: Engine, past: Mapping[str, Any]) -> None:
    """Train the best individual of a search and write the results, unless they are already there.

    The test split is used here and nowhere else, once for each winner.

    Args:
        run: The run directory.
        best: The best individual, with the fitness from the search.
        objective: How to train it; without training, only `best.json` is written.
        engine: Where to train.
        past: The content of `best.json` when the session began, empty if there was none.

    Raises:
        BrokenProgram: If both this training and the repetition of the search's training fail.
    """
    if objective.train_winner is None or objective.task is None:
        run.write_best(None, best_untrained(best))
    elif past.get("genome") != best.to_json():
        winner = _train(best, objective.train_winner, engine)
        opened = past.get("test_evaluations", 0) + 1
        measure = objective.task.measure.name
        report = best_trained(best, measure, winner.trained_on, opened, winner.report, winner.layers)
        run.write_best(winner.model, report)


def _train(best: Individual, train: TrainWinner, engine: Engine) -> Winner:
    """Train on training and validation data; if that fails, repeat the search's training from its seed."""
    for with_validation in (True, False):
        (outcome,) = engine.map(train, [best], [with_validation])
        if outcome.status == "ok":
            winner: Winner = outcome.value
            return winner
    raise BrokenProgram(
        f"the training of the winner ended as {outcome.status}: {outcome.reason}\n{outcome.traceback}".strip()
    )
