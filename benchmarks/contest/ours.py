"""Our own way: `evolve` with its default settings."""

from __future__ import annotations

from contest.turn import Turn
from deap_nn import Hooks, evolve
from deap_nn.data import load
from deap_nn.errors import InputError
from deap_nn.evolution import FitnessValues, Individual

ENDLESS = 10**6


def search(turn: Turn) -> float | None:
    """Search until the time is over; return the winner's test accuracy, None if no evaluation ended in time."""

    def tell(individual: Individual, values: FitnessValues) -> None:
        turn.tell(individual, values[0], values.record.epochs or 0, values.status)

    conditions = turn.conditions
    load(turn.problem.data)  # beforehand, since the clock of a run starts after loading
    try:
        run = evolve(
            turn.problem.space,
            conditions.dataset,
            run_dir=turn.folder / "run",
            hooks=Hooks(on_evaluation=(tell,)),
            seed=turn.seed,
            precision=turn.problem.precision,
            train_samples=conditions.train_samples,
            workers=conditions.workers,
            stop_after=turn.seconds_left,
            generations=ENDLESS,
        )
    except InputError:
        if turn.evaluations:
            raise
        return None
    best = run.best or {}
    if best["genome"] in [line["genome"] for line in turn.evaluations]:
        return best["test_accuracy"]
    return turn.measure_winner()  # A better one ended between the end of the time and the end of the run.
