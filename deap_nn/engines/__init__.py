"""Engines run any picklable function somewhere: here, in child processes, on SCOOP or Dask workers.

One policy decides order, deadlines and retries; the back ends only start attempts. This package knows
nothing of networks.
"""

from deap_nn.engines.choice import ENGINES, default_engine, exit_code_counts, make_engine
from deap_nn.engines.outcome import EngineLost, Outcome
from deap_nn.engines.policy import RETRIES, Engine

__all__ = [
    "ENGINES",
    "RETRIES",
    "Engine",
    "EngineLost",
    "Outcome",
    "default_engine",
    "exit_code_counts",
    "make_engine",
]
