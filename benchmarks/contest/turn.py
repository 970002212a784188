"""One way's turn with one seed: its conditions, its clock, and the evaluations it records."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from contest.starting import starting
from deap_nn import PRESETS
from deap_nn.data import DataSpec
from deap_nn.errors import InputError
from deap_nn.evaluation import FinalPlan, Problem, train_winner
from deap_nn.evolution import Individual
from deap_nn.runs import JsonLines, write_json
from deap_nn.runs.json_lines import read_lines


class Way(NamedTuple):
    """A way of searching.

    Attributes:
        title: Its name in the report.
        module: The module of this package with its `search(turn)`.
        packages: What it needs besides `deap_nn`.
        starting: Whether it searches only the starting ranges of the space.
        precision: The precision of the numbers that its networks' convolutions multiply.
    """

    title: str
    module: str
    packages: tuple[str, ...] = ()
    starting: bool = False
    precision: str = "float32"


_TUNER = ("keras_tuner", "tensorboard")  # KerasTuner imports TensorBoard without requiring it.

WAYS = {
    "deap_nn": Way("deap_nn", "ours"),
    "deap_nn_bfloat16": Way("deap_nn, bfloat16", "ours", precision="bfloat16"),
    "random": Way("random search, our engine", "random_search"),
    "origin": Way("plain GA, model.fit", "plain_ga"),
    "optuna": Way("Optuna (TPE, median pruner)", "tree_parzen", ("optuna",)),
    "optuna_start": Way("Optuna, starting ranges", "tree_parzen", ("optuna",), starting=True),
    "keras_tuner": Way("KerasTuner (Hyperband)", "hyperband", _TUNER),
    "keras_tuner_start": Way("KerasTuner, starting ranges", "hyperband", _TUNER, starting=True),
}


class TimeOver(BaseException):
    """The end of a way's time; not an `Exception`, since tuners continue after one."""


@dataclass(frozen=True)
class Conditions:
    """The conditions that all ways have in common.

    Attributes:
        dataset: The name of a data set, or an .npz file.
        train_samples: How many of its training samples are used, validation included.
        preset: The name of the search space.
        seconds: Wall clock from the start of a way's process.
        workers: The number of processes of the ways that have several.
    """

    dataset: str
    train_samples: int
    preset: str
    seconds: float
    workers: int


@dataclass(frozen=True)
class Turn:
    """One way's turn with one seed.

    Attributes:
        out: The folder of the whole comparison.
        way: A name in `WAYS`.
        seed: The seed of the validation split, of the search and of the trainings.
        conditions: The same for all turns.
        began: The value of `time.monotonic()` from which the time counts.
    """

    out: Path
    way: str
    seed: int
    conditions: Conditions
    began: float = 0.0

    @property
    def folder(self) -> Path:
        """The folder that this turn writes to."""
        return self.out / f"{self.way}-{self.seed}"

    @cached_property
    def problem(self) -> Problem:
        """The space, data, seed and precision of the trainings."""
        data = DataSpec(self.conditions.dataset, self.conditions.train_samples, self.seed)
        way, space = WAYS[self.way], PRESETS[self.conditions.preset]
        return Problem(starting(space) if way.starting else space, data, self.seed, way.precision)

    @property
    def seconds(self) -> float:
        """The seconds that have passed."""
        return time.monotonic() - self.began

    @property
    def seconds_left(self) -> float:
        """The seconds that are left, at least a millisecond."""
        return max(0.001, self.conditions.seconds - self.seconds)

    def check(self) -> None:
        """Raise `TimeOver` if the time is over."""
        if self.seconds >= self.conditions.seconds:
            raise TimeOver

    def tell(self, individual: Individual, accuracy: float, epochs: int, status: str = "ok") -> None:
        """Record an evaluation, unless it ended too late.

        Args:
            individual: The genome.
            accuracy: Its validation accuracy.
            epochs: The number of epochs trained.
            status: "ok", or why it cannot be the winner.
        """
        seconds = self.seconds
        if seconds >= self.conditions.seconds:
            return
        line = {"seconds": seconds, "accuracy": accuracy, "epochs": epochs, "status": status}
        self._journal.append(line | {"genome": individual.to_json()})

    @cached_property
    def _journal(self) -> JsonLines:
        return JsonLines(self.folder / "evaluations.jsonl")

    @property
    def evaluations(self) -> list[dict[str, Any]]:
        """The evaluations in the order in which they ended."""
        return [line.value for line in read_lines(self.folder / "evaluations.jsonl")]

    @property
    def result(self) -> dict[str, Any]:
        """The result of this turn; empty until it has ended."""
        path = self.folder / "result.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def end(self, test_accuracy: float | None) -> None:
        """Record the winner's test accuracy; None if no evaluation ended in time."""
        write_json(self.folder / "result.json", {"conditions": asdict(self.conditions), "test_accuracy": test_accuracy})

    def measure_winner(self) -> float | None:
        """Train the best recorded network and return its test accuracy, None if there is none."""
        complete = [line for line in self.evaluations if line["status"] == "ok"]
        if not complete:
            return None
        best = max(complete, key=lambda line: line["accuracy"])
        return train_winner(Individual.from_json(best["genome"]), FinalPlan(), self.problem).report["test_accuracy"]

    def to_json(self, began: float) -> str:
        """Describe the turn, which begins at a value of `time.monotonic()`, for another process."""
        return json.dumps({**asdict(self), "out": str(self.out.absolute()), "began": began})

    @classmethod
    def from_json(cls, text: str) -> Turn:
        """Return the turn that `to_json` described."""
        data = json.loads(text)
        return cls(**{**data, "out": Path(data["out"]), "conditions": Conditions(**data["conditions"])})


def finished(turn: Turn) -> bool:
    """Tell whether a turn has been taken.

    Raises:
        InputError: If it was taken under other conditions.
    """
    past = turn.result.get("conditions")
    if past not in (None, asdict(turn.conditions)):
        raise InputError(f"{turn.folder} was made with {past}, now {asdict(turn.conditions)}: choose another --out")
    return past is not None
