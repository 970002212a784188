"""Runs on disk: their directories and files, the results that they share, genomes to start from."""

from deap_nn.runs.ahead import Ahead
from deap_nn.runs.cache import Cache
from deap_nn.runs.children import Children
from deap_nn.runs.files import write_atomic, write_json
from deap_nn.runs.format import (
    BEST,
    DATA,
    FINAL,
    FRONT,
    FRONT_PICTURE,
    LOGS,
    MEMBER,
    MODEL,
    PICTURE,
    RUN,
    TENSORBOARD,
    best_trained,
    best_untrained,
    checkpoint,
    front_report,
    run_info,
)
from deap_nn.runs.journal import Journal
from deap_nn.runs.json_lines import JsonLines
from deap_nn.runs.paused import Paused
from deap_nn.runs.run import Run
from deap_nn.runs.warm_start import read_genomes

__all__ = [
    "BEST",
    "DATA",
    "FINAL",
    "FRONT",
    "FRONT_PICTURE",
    "LOGS",
    "MEMBER",
    "MODEL",
    "PICTURE",
    "RUN",
    "TENSORBOARD",
    "Ahead",
    "Cache",
    "Children",
    "Journal",
    "JsonLines",
    "Paused",
    "Run",
    "best_trained",
    "best_untrained",
    "checkpoint",
    "front_report",
    "read_genomes",
    "run_info",
    "write_atomic",
    "write_json",
]
