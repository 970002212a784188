"""Tasks: what is learnt, and how it is measured.

A task defines what the targets are, how samples are divided, which last layer, loss and measure a network gets, which
score needs no learning, and what the final report holds.
"""

from typing import Any

from deap_nn.tasks.classification import Classification
from deap_nn.tasks.task import FIFTH, Measure, Task

__all__ = [
    "FIFTH",
    "TASKS",
    "Classification",
    "Measure",
    "Task",
    "task_from_json",
]

TASKS: dict[str, type[Task]] = {task.name: task for task in (Classification,)}


def task_from_json(data: dict[str, Any]) -> Task:
    """Return the task that `Task.to_json` described."""
    return TASKS[data["task"]].from_json(data)
