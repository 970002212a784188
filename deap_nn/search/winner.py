"""The end of a search: the final training of the best individual, written to `best.keras` and `best.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deap_nn.engines import Outcome
from deap_nn.evaluation import Ensemble, Winner
from deap_nn.evolution import Individual
from deap_nn.runs import Run, best_trained, best_untrained
from deap_nn.search.final import FinalTraining
from deap_nn.search.final_extent import Extent
from deap_nn.search.finalists import Ranking
from deap_nn.search.objective import Join, Objective, TrainWinner
from deap_nn.search.outcomes import BrokenProgram

CANDIDATES = 3
"""How many of the best are tried if final trainings fail."""


def write_winner(
    run: Run, ranking: Ranking, objective: Objective, final: FinalTraining, past: Mapping[str, Any]
) -> None:
    """Train the best individual of a search, or several, and write the results, unless they are already there.

    The test split is used here and nowhere else, once for each network.

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
    views = [final.extent.views(*one) for one in zip(ranking.individuals, ranking.views, strict=True)]
    extent = final.extent.of(best, views[0])
    asked = {"genome": best.to_json(), **extent._asdict(), "ensemble": final.networks}
    # Networks of earlier versions are as wide as their genomes
    if {"width": 1.0} | past.get("asked", asked | {"genome": past.get("genome")}) == asked:
        return
    trained = _train(ranking.individuals, views, extent, objective.train_winner, final)
    (chosen, winner), measure = trained[0], objective.task.measure.name
    training = winner.training | {"asked": asked}
    if len(trained) > 1 and objective.join_winners is not None:
        joined = _join([one for _, one in trained], objective.join_winners, final)
        run.write_ensemble(joined.model)
        training |= {"ensemble_of": len(trained), f"ensemble_test_{measure}": joined.report[f"test_{measure}"]}
    opened = past.get("test_evaluations", 0) + len(trained) + (len(trained) > 1)
    run.write_best(winner.model, best_trained(chosen, measure, training, opened, winner.report, winner.layers))
    final.clean_up()


def _train(
    candidates: Sequence[Individual], views: Sequence[int], extent: Extent, train: TrainWinner, final: FinalTraining
) -> list[tuple[Individual, Winner]]:
    """Return as many of the best candidates as are wanted and can be trained, each with what came of it."""
    failures: list[Outcome] = []
    trained: list[tuple[Individual, Winner]] = []
    for place, (individual, number) in enumerate(zip(candidates, views, strict=True)):
        if len(trained) == final.networks or (not trained and place == CANDIDATES):
            break
        outcomes = final_training(individual, extent, number, train, final, final.networks - len(trained))
        trained += [(individual, one.value) for one in outcomes if one.status == "ok"]
        failures += [one for one in outcomes if one.status != "ok"]
    if trained:
        return trained
    first = failures[0]
    raise BrokenProgram(
        f"the training of the winner ended as {first.status}: {first.reason}\n{first.traceback}".strip()
    )


def final_training(
    individual: Individual,
    extent: Extent,
    views: int,
    train: TrainWinner,
    final: FinalTraining,
    to_come: int | None = None,
) -> list[Outcome]:
    """Train an individual a final time; return how each try ended, of which the last may be `ok`.

    Args:
        individual: The individual.
        extent: How much it is, if all goes well.
        views: How many views of each image the network is to judge.
        train: Trains.
        final: What is planned.
        to_come: How many networks share the time that is left; None: it may take any time.
    """
    outcomes: list[Outcome] = []
    for plan in final.plans(individual, extent, views, to_come):
        with final.engine(individual, plan) as engine:
            outcomes += engine.map(train, [individual], [plan])
        if outcomes[-1].status == "ok":
            break
    return outcomes


def _join(winners: Sequence[Winner], join: Join, final: FinalTraining) -> Ensemble:
    with final.engine() as engine:
        (outcome,) = engine.map(join, [[one.model for one in winners]])
    if outcome.status != "ok":
        raise BrokenProgram(f"the networks could not be joined: {outcome.reason}\n{outcome.traceback}".strip())
    ensemble: Ensemble = outcome.value
    return ensemble
