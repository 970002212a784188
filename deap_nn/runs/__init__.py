"""A run on disk: its directory, its files, the results that runs share, genomes to start from."""

from deap_nn.runs.cache import Cache
from deap_nn.runs.files import JsonLines, write_atomic, write_json
from deap_nn.runs.run import Run
from deap_nn.runs.warm_start import read_genomes

__all__ = [
    "Cache",
    "JsonLines",
    "Run",
    "read_genomes",
    "write_atomic",
    "write_json",
]
