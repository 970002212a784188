"""Data sets: from a name, a file or arrays to the splits that evaluations train and validate on.

A `DataSpec` (a name or a path, a number of training samples, a seed) is sent between processes; `load` turns it
into `Splits`, once per process; large ones lie in memory once per host. Modules: `source` (where arrays come from),
`download` (Keras's data sets, fetched in a child process), `npz` (files of arrays), `checks` (the requirements on a
data set), `splits`, `stored` (splits as files), `copies` (which processes share), `loading`.
"""

from deap_nn.data.checks import check_numbers
from deap_nn.data.loading import load
from deap_nn.data.npz import read_npz
from deap_nn.data.source import DATASETS, SCALINGS, DataSpec, save_arrays
from deap_nn.data.splits import Splits

__all__ = ["DATASETS", "SCALINGS", "DataSpec", "Splits", "check_numbers", "load", "read_npz", "save_arrays"]
