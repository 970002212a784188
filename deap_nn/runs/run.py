"""A run on disk: one directory, written as the run proceeds and readable with any tool.

    run.json            settings, search space, data set and its fingerprint, versions, status
    evaluations.jsonl   one line per finished evaluation: genome, fitness, record
    children.jsonl      of a steady state: one line per chosen genome, before it is evaluated
    ahead.jsonl         of a steady state: results that arrived ahead of their turn; usually absent
    paused/             with --pruner halving: from what paused trainings go on; usually absent at the end
    logbook.csv         one row per generation
    checkpoint.json     population, hall of fame and random state after the latest generation
    best.keras          the trained best network
    best.json           its genome and results
    front.json          with several objectives: the Pareto front
    front/              its members' trained networks, where that was asked for
    logs/               one file per worker
    plots/              pictures

`docs/run_directory.md` describes each file. Nothing here is a pickle.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from deap import tools

from deap_nn.errors import InputError
from deap_nn.evolution import Criterion, FitnessValues, Individual
from deap_nn.runs.ahead import Ahead
from deap_nn.runs.children import Children
from deap_nn.runs.files import read_json, write_atomic, write_json
from deap_nn.runs.format import (
    AHEAD,
    BEST,
    CHECKPOINT,
    CHILDREN,
    DATA,
    ENSEMBLE,
    FORMAT,
    FRONT,
    JOURNAL,
    LOGBOOK,
    LOGS,
    MODEL,
    PAUSED,
    PICTURE,
    RUN,
    criteria_in,
    translated,
    weights_in,
)
from deap_nn.runs.journal import RunJournal, entries
from deap_nn.runs.logbook import LogbookFile, read_logbook
from deap_nn.runs.paused import Paused
from deap_nn.status import Status

AGAIN = "delete the file; when the run is resumed, it is written again"


class Run:
    """A run directory.

    Args:
        path: A directory that holds a run.

    Raises:
        InputError: If it holds no readable run, or one in an unsupported format.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser()
        self._logbook_file = LogbookFile(self.path / LOGBOOK)
        self._made: list[Path] = []  # the folders that were not there before this object created the run
        try:
            info = read_json(self.path / RUN, "format", remedy="name a directory with a run.json")
        except InputError as error:
            raise InputError(f"{self.path} holds no run that can be read: {error}") from error
        try:
            self.info: dict[str, Any] = translated(info)
        except InputError as error:
            raise InputError(f"{self.path} {error}") from error

    @classmethod
    def create(cls, path: str | os.PathLike[str], info: dict[str, Any]) -> Run:
        """Create a run directory; of several processes that try at the same moment, one succeeds.

        Args:
            path: The directory, which must not hold a run yet.
            info: The content of `run.json`, as plain data.

        Raises:
            InputError: If it already holds a run, or cannot be created.
        """
        path = Path(path).expanduser()
        if (path / RUN).exists():
            raise InputError(_taken(path))
        try:
            return cls._created(path, info)
        except FileExistsError as error:
            raise InputError(_taken(path)) from error

    @classmethod
    def create_named(cls, name: str, info: dict[str, Any]) -> Run:
        """Create a run directory under `runs/`, named after the space and the time; other arguments as in `create`."""
        stem = f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
        for path in (Path("runs") / f"{stem}{end}" for end in ("", *(f"-{number}" for number in range(2, 1000)))):
            if not (path / RUN).exists():
                with suppress(FileExistsError):
                    return cls._created(path, info)
        raise InputError(f"runs/{stem} and its successors are taken: name a run directory")

    @classmethod
    def _created(cls, path: Path, info: dict[str, Any]) -> Run:
        folders = [path, path / LOGS, (path / PICTURE).parent]
        missing = [folder for folder in (*reversed(path.parents), *folders) if not folder.exists()]
        try:
            for folder in folders:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{path} cannot be written ({error}): choose another run directory") from error
        try:
            write_json(path / RUN, {"format": FORMAT, "status": "running", **info}, new=True)
        except FileExistsError:
            raise
        except OSError as error:
            raise InputError(f"{path} cannot be written ({error}): choose another run directory") from error
        run = cls(path)
        run._made = missing
        return run

    def withdraw(self) -> None:
        """Undo `create`: nothing has happened, and the corrected call may use the directory."""
        for file in (DATA, RUN):
            (self.path / file).unlink(missing_ok=True)
        for folder in reversed(self._made):
            with suppress(OSError):  # somebody else has put something there
                folder.rmdir()

    @contextmanager
    def writing(self, again: Collection[Status] = ()) -> Iterator[RunJournal]:
        """Lock the directory for this process and yield its journal; the lock ends with the process.

        Args:
            again: The statuses with which an evaluation in the journal does not count.

        Raises:
            InputError: If another process holds the lock, the file system has no locks, or the journal is damaged.
        """
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(folder)
            if not isinstance(error, BlockingIOError):
                raise InputError(
                    f"{self.path} cannot be locked ({error.strerror}): choose a directory on another file system"
                ) from error
            raise InputError(f"{self.path} is in use by another process: wait for it or stop it first") from error
        try:
            for partial in (*self.path.glob(".*.new"), *self.path.glob("*/.*.new")):
                partial.unlink(missing_ok=True)  # of a process that was killed while it wrote
            with closing(RunJournal(self.path / JOURNAL, again)) as journal:
                yield journal
        finally:
            os.close(folder)

    def children(self, weights: tuple[float, ...]) -> Children:
        """Open the file of the chosen genomes, while the directory is locked; the weights are those of a fitness."""
        return Children(self.path / CHILDREN, weights)

    def ahead(self, again: Collection[Status] = ()) -> Ahead:
        """Open the file of results that are ahead of their turn, while the directory is locked; `again` as above."""
        return Ahead(self.path / AHEAD, again)

    def paused(self) -> Paused:
        """Open the directory of the states of paused trainings, while the directory is locked."""
        return Paused(self.path / PAUSED)

    def __repr__(self) -> str:
        """As in `Run('runs/full-1', finished, 12 generations, best 0.9625)`."""
        rows = self.logbook
        figures = f", {len(rows)} generations, best {rows[-1]['best']:.4f}" if rows else ""
        return f"Run({str(self.path)!r}, {self.status}{figures})"

    @property
    def status(self) -> str:
        """The status: running, finished, stopped or failed."""
        return str(self.info["status"])

    def update(self, **changes: Any) -> None:
        """Change entries of `run.json`."""
        self.info = {**self.info, **changes}
        write_json(self.path / RUN, self.info)

    def evaluations(self) -> Iterator[tuple[Individual, FitnessValues]]:
        """Yield the journal: each evaluated individual and its fitness with the record, in order of arrival."""
        for _, individual, values in entries(self.path / JOURNAL, self.weights):
            yield individual, values

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The objectives besides the first, without the functions of a user's own."""
        return criteria_in(self.info.get("settings", {}))

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of its fitnesses."""
        return weights_in(self.info.get("settings", {}))

    @property
    def logbook(self) -> tools.Logbook:
        """The logbook so far, as a DEAP `Logbook`."""
        return read_logbook(self.path / LOGBOOK, AGAIN)

    def write_logbook(self, logbook: tools.Logbook) -> None:
        """Write the rows that `logbook.csv` does not hold yet."""
        self._logbook_file.write(logbook)

    @property
    def checkpoint(self) -> dict[str, Any] | None:
        """The content of `checkpoint.json`; None before the first generation has ended."""
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        content = read_json(path, "generation", remedy=AGAIN)
        if type(content["generation"]) is not int:
            raise InputError(f"{path} is damaged (its generation is {content['generation']!r}): {AGAIN}")
        return content

    def write_checkpoint(self, content: dict[str, Any]) -> None:
        """Replace `checkpoint.json`."""
        write_atomic(self.path / CHECKPOINT, json.dumps(content, allow_nan=False) + "\n")

    @property
    def best(self) -> dict[str, Any] | None:
        """The content of `best.json`; None until the winner is trained."""
        path = self.path / BEST
        return read_json(path, "genome", remedy=AGAIN) if path.exists() else None

    def write_best(self, model: bytes | None, report: dict[str, Any]) -> None:
        """Replace `best.keras`, if there is a trained network, and then `best.json`."""
        if model is not None:
            write_atomic(self.path / MODEL, model)
        write_json(self.path / BEST, report)

    @property
    def front(self) -> dict[str, Any] | None:
        """The content of `front.json`; None until a search with several objectives has ended."""
        path = self.path / FRONT
        return read_json(path, "networks", remedy=AGAIN) if path.exists() else None

    def write_front(self, content: dict[str, Any]) -> None:
        """Replace `front.json`."""
        write_json(self.path / FRONT, content)

    def write_ensemble(self, model: bytes) -> None:
        """Replace `ensemble.keras`; before `best.json`, which speaks of it."""
        write_atomic(self.path / ENSEMBLE, model)


def _taken(path: Path) -> str:
    return f"{path} holds a run already: choose another run directory, or go on with --resume {path}"
