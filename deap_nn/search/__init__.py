"""A search from start to finish: it combines space, data, engine, loop and run."""

from deap_nn.search.evaluations import Evaluations
from deap_nn.search.front import draw_front
from deap_nn.search.hooks import Hooks
from deap_nn.search.outcomes import BrokenProgram, RunFailed, StopRun, fitness_of
from deap_nn.search.outlook import dry_run
from deap_nn.search.resuming import resume
from deap_nn.search.setting import Setting
from deap_nn.search.settings import Settings, all_settings
from deap_nn.search.starting import evolve

__all__ = [
    "BrokenProgram",
    "Evaluations",
    "Hooks",
    "RunFailed",
    "Setting",
    "Settings",
    "StopRun",
    "all_settings",
    "draw_front",
    "dry_run",
    "evolve",
    "fitness_of",
    "resume",
]
