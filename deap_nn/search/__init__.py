"""A search from beginning to end: space, data, engine, loop and run put together."""

from deap_nn.search.evaluations import BrokenProgram, EvaluationMap, RunFailed, StopRun, fitness_of
from deap_nn.search.hooks import Hooks
from deap_nn.search.resuming import resume
from deap_nn.search.setting import Meaning
from deap_nn.search.settings import Settings, meanings
from deap_nn.search.starting import default_run_dir, evolve

__all__ = [
    "BrokenProgram",
    "EvaluationMap",
    "Hooks",
    "Meaning",
    "RunFailed",
    "Settings",
    "StopRun",
    "default_run_dir",
    "evolve",
    "fitness_of",
    "meanings",
    "resume",
]
