"""The progress of a run: a bar on a terminal, plain lines in a pipe or a log."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TextIO

from tqdm import tqdm

from deap_nn.engines import Engine
from deap_nn.evolution import FitnessValues, Generation, Individual
from deap_nn.runs import Run
from deap_nn.search.hooks import Hooks
from deap_nn.search.settings import Settings
from deap_nn.search.sizing import most_evaluations
from deap_nn.status import Status

KNOWN_END = "{desc}{bar}| {n_fmt}/{total_fmt} networks [{elapsed}<{remaining}{postfix}]"
UNKNOWN_END = "{desc}: {n_fmt} networks [{elapsed}{postfix}]"


class Progress:
    """Hooks that show the progress of a run; once nobody can see it any more, the run goes on without.

    Args:
        stream: The stream to write to; a terminal gets a bar, anything else a line per generation.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream: TextIO | None = stream or sys.stdout  # None if it was closed before the start
        self._bar: tqdm | None = None
        self._generations: int | None = 0
        self._done = 0
        self._best: float | None = None
        self._minimize = False

    @property
    def hooks(self) -> Hooks:
        """The hooks to pass to `evolve`."""
        if self._stream is None:
            return Hooks()
        return Hooks(
            (self._while_seen(self._start),),
            (self._while_seen(self._evaluation),),
            (self._while_seen(self._generation),),
        )

    def close(self) -> None:
        """Close the bar, so that the terminal is left in order."""
        if self._bar is not None:
            self._while_seen(self._bar.close)()

    def _while_seen(self, show: Callable[..., None]) -> Callable[..., None]:
        """Return a function that shows something until the terminal or pipe is gone."""

        def call(*arguments: Any) -> None:
            try:
                if self._stream is not None:
                    show(*arguments)
            except (OSError, ValueError) as error:
                if isinstance(error, ValueError) and not (self._stream and self._stream.closed):
                    raise
                self._stream = None

        return call

    def _start(self, run: Run, engine: Engine) -> None:
        settings = run.info["settings"]
        self._say(f"run directory: {run.path}")
        if "data" in run.info:
            self._say(_about(run.info["data"]))
        self._say(f"engine: {engine.description}")
        chosen = Settings(**settings)
        # With a time, or a number of evaluations, nobody knows how many there will be
        self._generations = None if chosen.budget or chosen.evaluations else chosen.generations
        if chosen.is_steady and engine.capacity > chosen.lag:
            self._say(f"{chosen.lag} of {engine.capacity} workers have work: the others would with a larger --lag")
        self._best, self._minimize = None, settings.get("minimize", False)
        self._bar = tqdm(
            desc=_place(0, self._generations),
            total=None if chosen.budget else most_evaluations(chosen),
            unit="network",
            file=self._stream,
            disable=None,  # disabled unless the stream is a terminal
            dynamic_ncols=True,
            bar_format=UNKNOWN_END if chosen.budget else KNOWN_END,
        )

    def _evaluation(self, individual: Individual, values: FitnessValues) -> None:
        if self._bar is not None:
            if values.status is Status.OK:
                best = min if self._minimize else max
                self._best = values[0] if self._best is None else best(self._best, values[0])
            self._show_best()
            self._bar.update()

    def _generation(self, generation: Generation) -> None:
        row = generation.logbook[-1]
        if self._bar is None or self._bar.disable:
            self._say(_line(row, self._generations))
            return
        self._done += row["nevals"]
        self._best = row["best"]
        under_way = row["gen"] + 1 if self._generations is None else min(row["gen"] + 1, self._generations)
        self._bar.set_description(_place(under_way, self._generations), refresh=False)
        self._show_best()
        self._bar.update(self._done - self._bar.n)  # Counts results that were already known, too
        self._bar.refresh()

    def _show_best(self) -> None:
        if self._bar is not None and self._best is not None:
            self._bar.set_postfix_str(f"best {self._best:.4f}", refresh=False)

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def _about(data: dict[str, Any]) -> str:
    shape = "x".join(map(str, data["input_shape"]))
    note = f" ({data['note']})" if data["note"] else ""
    return f"data: {data['source']}, inputs {shape}, {data['classes']} classes{note}"


def _place(generation: int, last: int | None) -> str:
    return f"generation {generation}" if last is None else f"generation {generation}/{last}"


def _line(row: dict[str, Any], generations: int | None) -> str:
    mean = "none" if row["avg"] is None else f"{row['avg']:.4f}"
    pruned = f"{row['pruned']} pruned, " if row["pruned"] else ""
    return (
        f"{_place(row['gen'], generations)}: best {row['best']:.4f}, mean {mean}, "
        f"{row['nevals']} networks ({pruned}{row['failed']} failed, {row['cached']} known) in {row['seconds']:.1f} s"
    )
