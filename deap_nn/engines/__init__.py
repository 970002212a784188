"""Engines that run any picklable function: in this process, in child processes, or on SCOOP or Dask workers.

One policy decides order, deadlines and retries; the back ends only start attempts. This package knows
nothing about networks.
"""

from deap_nn.engines.child.main import die_with_parent
from deap_nn.engines.cluster.roster import ALL_LOCAL, RESPAWNS
from deap_nn.engines.crowding import Crowded, retry_alone
from deap_nn.engines.devices import MOST_PER_GPU, find_gpus
from deap_nn.engines.limits import TIME_LIMIT
from deap_nn.engines.make import ENGINES, default_engine, exit_code_counts, make_engine
from deap_nn.engines.outcome import EngineLost, Outcome
from deap_nn.engines.parcel import refuse_unsendable
from deap_nn.engines.policy import Engine
from deap_nn.engines.role import refuse_in_worker
from deap_nn.engines.task import RETRIES

__all__ = [
    "ALL_LOCAL",
    "ENGINES",
    "MOST_PER_GPU",
    "RESPAWNS",
    "RETRIES",
    "TIME_LIMIT",
    "Crowded",
    "Engine",
    "EngineLost",
    "Outcome",
    "default_engine",
    "die_with_parent",
    "exit_code_counts",
    "find_gpus",
    "make_engine",
    "refuse_in_worker",
    "refuse_unsendable",
    "retry_alone",
]
