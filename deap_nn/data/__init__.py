"""Data sets: from a name, a file or arrays to the splits that evaluations train and validate on.

A `DataSpec` (a name or a path, a number of training samples, a seed) is sent between processes; `load` turns it
into `Splits`, once per process. Modules: `source` (where arrays come from), `download` (Keras's data sets, fetched
in a child process), `checks` (the requirements on a data set), `splits`.
"""

from deap_nn.data.checks import check_numbers
from deap_nn.data.npz import read_npz
from deap_nn.data.source import DATASETS, SCALINGS, DataSpec, save_arrays
from deap_nn.data.splits import Splits, load

__all__ = ["DATASETS", "SCALINGS", "DataSpec", "Splits", "check_numbers", "load", "read_npz", "save_arrays"]
