"""Random search on our own engine: the same workers and the same fast training, without evolution.

Networks that are at chance level after three epochs are pruned, as in the first generation of `evolve`.
"""

from __future__ import annotations

import random
from functools import partial

from contest.turn import Turn
from deap_nn.data import load
from deap_nn.engines import make_engine
from deap_nn.evaluation import evaluate
from deap_nn.evolution import Individual
from deap_nn.pruning.rule import first_thresholds
from deap_nn.search import fitness_of


def search(turn: Turn) -> float | None:
    """Train random networks until the time is over; return the winner's test accuracy, None if none ended in time."""
    splits = load(turn.problem.data)
    rule = first_thresholds(splits.task.naive_score(splits.y_validation))
    function = partial(evaluate, problem=turn.problem, rule=rule)
    random.seed(turn.seed)
    tickets: dict[int, Individual] = {}
    with make_engine("processes", workers=turn.conditions.workers) as engine:

        def train_another() -> None:
            individual = Individual(turn.problem.space.sample())
            tickets[engine.submit(function, individual)] = individual

        for _ in range(2 * engine.capacity):  # so that no worker waits for its next network
            train_another()
        for ticket, outcome in engine.as_completed(until=turn.began + turn.conditions.seconds):
            values = fitness_of(outcome)
            turn.tell(tickets.pop(ticket), values[0], values.record.epochs or 0, values.status)
            train_another()
    return turn.measure_winner()
