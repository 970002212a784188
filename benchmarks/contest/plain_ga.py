"""The plain genetic algorithm: truncation selection, one network after the other with `model.fit`."""

from __future__ import annotations

import random
from contextlib import suppress

from contest.fit import Clock, compiled_model, fit
from contest.turn import TimeOver, Turn
from deap_nn.evolution import Individual, eaTruncation, make_toolbox

POPULATION = 20
ENDLESS = 10**6


def search(turn: Turn) -> float | None:
    """Evolve until the time is over; return the winner's test accuracy."""

    def evaluate(individual: Individual) -> tuple[float]:
        model = compiled_model(individual, turn.problem)
        accuracies = fit(model, individual, turn.problem, [Clock(turn)]).history["val_accuracy"]
        turn.tell(individual, accuracies[-1], len(accuracies))
        return (accuracies[-1],)

    random.seed(turn.seed)
    toolbox = make_toolbox(turn.problem.space, evaluate=evaluate)
    with suppress(TimeOver):
        eaTruncation(
            toolbox.population(n=POPULATION),
            toolbox,
            cxpb=1.0,
            mutpb=1.0,
            ngen=ENDLESS,
            on_generation=(lambda _: turn.check(),),
        )
    return turn.measure_winner()
