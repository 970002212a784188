"""The end of a search: the final training of the best individual, written to `best.keras` and `best.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deap_nn.engines import Outcome
from deap_nn.evaluation import Winner
from deap_nn.evolution import Individual
from deap_nn.runs import Run, best_trained, best_untrained
from deap_nn.search.final import FinalTraining
from deap_nn.search.finalists import Ranking
from deap_nn.search.objective import Objective, TrainWinner
from deap_nn.search.outcomes import BrokenProgram

CANDIDATES = 3
"""How many of the best are tried if final trainings fail."""


def write_winner(
    run: Run, ranking: Ranking, objective: Objective, final: FinalTraining, past: Mapping[str, Any]
) -> None:
    """Train the best individual of a search and write the results, unless they are already there.

    The test split is used here and nowhere else, once for each winner.

    Args:
        run: The run directory.
        ranking: The best individuals, each with the fitness from the search.
        objective: How to train; without training, only `best.json` is written.
        final: What is planned.
        past: The content of `best.json` when the session began, empty if there was none.

    Raises:
        BrokenProgram: If none of the best can be trained, neither on all data nor again as in the search.
    """
    best = ranking.individuals[0]
    if objective.train_winner is None or objective.task is None:
        run.write_best(None, best_untrained(best))
        return
    epochs = final.epochs(best)
    asked = {"genome": best.to_json(), "epochs": epochs}
    if past.get("asked", {"genome": past.get("genome"), "epochs": epochs}) == asked:
        return
    chosen, winner = _train(ranking, epochs, objective.train_winner, final)
    opened, training = past.get("test_evaluations", 0) + 1, winner.training | {"asked": asked}
    measure = objective.task.measure.name
    run.write_best(winner.model, best_trained(chosen, measure, training, opened, winner.report, winner.layers))
    final.clean_up()


def _train(ranking: Ranking, epochs: int, train: TrainWinner, final: FinalTraining) -> tuple[Individual, Winner]:
    """Return the best candidate that can be trained, and what came of it."""
    failures: list[Outcome] = []
    candidates = zip(ranking.individuals, ranking.mirrored, strict=True)
    for individual, mirrored in list(candidates)[:CANDIDATES]:
        for plan in final.plans(individual, epochs, mirrored):
            with final.engine(individual, plan) as engine:
                (outcome,) = engine.map(train, [individual], [plan])
            if outcome.status == "ok":
                return individual, outcome.value
            failures.append(outcome)
    first = failures[0]
    raise BrokenProgram(
        f"the training of the winner ended as {first.status}: {first.reason}\n{first.traceback}".strip()
    )
