"""TensorBoard files of a run: scalars per generation, hyperparameters per individual.

They need the package tensorboardX (`pip install deap_nn[tensorboard]`), which writes them without TensorFlow.
"""

from __future__ import annotations

from typing import Any

from deap_nn.engines import Engine
from deap_nn.errors import InputError
from deap_nn.evolution import FitnessValues, Generation, Individual
from deap_nn.runs import TENSORBOARD, Run
from deap_nn.search import Hooks


class TensorBoard:
    """Hooks that write to the run's `tensorboard/`.

    Raises:
        InputError: If tensorboardX is not installed.
    """

    def __init__(self) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise InputError("TensorBoard files need tensorboardX: pip install deap_nn[tensorboard]") from error
        self._make_writer = SummaryWriter
        self._writer: Any = None

    @property
    def hooks(self) -> Hooks:
        """The hooks to pass to `evolve`."""
        return Hooks((self._start,), (self._evaluation,), (self._generation,))

    def _start(self, run: Run, engine: Engine) -> None:
        self._writer = self._make_writer(str(run.path / TENSORBOARD))

    def _evaluation(self, individual: Individual, values: FitnessValues) -> None:
        self._writer.add_hparams(flat(individual), {"fitness": values[0]})

    def _generation(self, generation: Generation) -> None:
        row = generation.logbook[-1]
        for name, value in row.items():
            if name != "gen" and value is not None:
                self._writer.add_scalar(f"generation/{name}", value, row["gen"])
        self._writer.flush()


def flat(individual: Individual) -> dict[str, Any]:
    """Return the genes under names such as `conv2d_1/filters`; positions are counted within each block."""
    genes: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for chromosome in individual:
        counts[chromosome.kind] = counts.get(chromosome.kind, 0) + 1
        for name, value in chromosome.genes.items():
            genes[f"{chromosome.kind}_{counts[chromosome.kind]}/{name}"] = value
    return genes
