"""The pictures of a run, drawn from its directory alone."""

from __future__ import annotations

from pathlib import Path

from deap_nn.plots import plot_fitness, png
from deap_nn.runs import PICTURE, Run, write_atomic
from deap_nn.search import draw_front
from deap_nn.tasks import task_from_json


def draw_run(run: Run) -> Path:
    """Draw the fitness of a run's generations, and its front if it has one; return the path of the first picture.

    Raises:
        InputError: If no generation has ended yet.
    """
    path = run.path / PICTURE
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, png(plot_fitness(run.logbook, measure=measure_of(run))))
    draw_front(run, measure_of(run))
    return path


def measure_of(run: Run) -> str:
    """Return what a run maximises, in words."""
    return f"validation {task_from_json(run.info['data']).measure.name}" if "data" in run.info else "fitness"
