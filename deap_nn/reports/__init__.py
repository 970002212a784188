"""The output of a run for users: final report, pictures, comparisons, predictions, TensorBoard files."""

from deap_nn.reports.comparison import table, write_csv
from deap_nn.reports.console import print_report
from deap_nn.reports.pictures import draw_run
from deap_nn.reports.prediction import predict, read_images
from deap_nn.reports.tensorboard import TensorBoard

__all__ = [
    "TensorBoard",
    "draw_run",
    "predict",
    "print_report",
    "read_images",
    "table",
    "write_csv",
]
