"""Plain Keras in a separate process, with TensorFlow's default threads: one network after the other."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from deap_nn.data import load
from deap_nn.evaluation import Problem
from deap_nn.evolution import Individual


def one_after_the_other(problem: Problem) -> Callable[[Sequence[Individual]], list[float]]:
    """Start the process; return `individuals -> validation accuracies` once it has imported and loaded what it needs.

    Args:
        problem: The space, data and seed of the trainings.
    """
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    context.Process(target=_serve, args=(theirs, problem), daemon=True).start()
    ours.recv()

    def train(individuals: Sequence[Individual]) -> list[float]:
        ours.send(list(individuals))
        return ours.recv()

    return train


def _serve(connection: Connection, problem: Problem) -> None:
    from plain_keras import fitted  # Keras in this process only

    load(problem.data)
    connection.send("ready")
    with contextlib.suppress(EOFError):  # the parent is gone
        while True:
            connection.send([fitted(individual, problem) for individual in connection.recv()])
