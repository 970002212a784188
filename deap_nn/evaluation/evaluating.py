"""The function that engines run. Input: an individual. Output: its fitness and the record of its training.

`evaluate` builds the network, trains it on the training split and measures it on the validation split.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from deap_nn.data import load
from deap_nn.engines import retry_alone
from deap_nn.errors import InputError
from deap_nn.evaluation.latency import latency
from deap_nn.evaluation.problem import Problem, genome_seed, samples_of
from deap_nn.evolution import FitnessValues, Individual, Record
from deap_nn.networks import LayerSpec, blueprint, multiply_adds, parameters
from deap_nn.pruning import Rule
from deap_nn.recipe import BATCH_SIZE, Schedule, views_known
from deap_nn.status import Status

if TYPE_CHECKING:
    from deap_nn.data import Splits
    from deap_nn.training import Training

MEASURED = ("multiply_adds", "latency")
"""What is measured and recorded where it is asked for only."""


def evaluate(
    individual: Individual,
    problem: Problem,
    *,
    repetition: int = 0,
    budget: float = 1.0,
    rule: Rule | None = None,
    paused: bytes | None = None,
    views: bool = False,
    measured: Sequence[str] = (),
) -> FitnessValues:
    """Train the network of an individual and return its validation measure after the last epoch.

    Args:
        individual: The genome.
        problem: The space, data and seed.
        repetition: The number of the training among several of the same genome, 0 or more; each has a different seed
            and validation split.
        budget: The share of the genome's epochs to run, above 0 and up to 1; the number of epochs is rounded up. Above
            1: how many times as many epochs the whole training is to have.
        rule: Decides when the training is pruned; None: never.
        paused: The `FitnessValues.paused` of an evaluation with a smaller budget, from which this one goes on, or b"":
            it begins at the beginning. With a budget below 1, it ends as paused itself, with the worst fitness. The
            last budget of 1 brings what one full training would, to the last bit. None: it is no part of another.
        views: Whether to measure, too, what judging several views of each image would give; never where the latency is
            measured, which that of a network with several views is not.
        measured: What else is measured and recorded, of `MEASURED`.

    Returns:
        The fitness with the record. A network that cannot be built, whose loss becomes infinite or NaN, or that exceeds
        the framework's memory gets the worst fitness, and so does one that is pruned.

    Raises:
        Crowded: If the network exceeds the memory and an engine runs this, which then tries it once more, alone.
        Exception: Any exception caused by a bug in the program; unsuitable networks raise none.
    """
    started = time.monotonic()
    splits = problem.splits(repetition)
    record = Record(
        seed=genome_seed(problem.training_seed, individual, repetition),
        worker=f"{platform.node()}:{os.getpid()}",
        device=os.environ.get("CUDA_VISIBLE_DEVICES") or "cpu",
        seconds={"load": time.monotonic() - started},
    )
    state = b""
    try:
        specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
        record = replace(record, network=[str(spec) for spec in specs], parameters=parameters(specs))
        if "multiply_adds" in measured:
            record = replace(record, multiply_adds=multiply_adds(specs))
        timed = "latency" in measured
        record, state = _trained(individual, specs, problem, record, repetition, budget, rule, paused, views, timed)
    except InputError as error:
        record = _failed(record, f"cannot be built: {error}")
    except MemoryError as error:
        record = _failed(record, f"out of memory: {error}")
        return retry_alone(FitnessValues((splits.task.measure.worst,), record))
    if record.status is not Status.OK:
        values = FitnessValues((splits.task.measure.worst,), record)
        values.paused = state if record.status is Status.PAUSED else b""
        return values
    return FitnessValues((record.curve(splits.task.validation_measure)[-1],), record)


def _failed(record: Record, reason: str) -> Record:
    return replace(record, status=Status.FAILED, reason=" ".join(reason.split()))


def _trained(
    individual: Individual,
    specs: Sequence[LayerSpec],
    problem: Problem,
    record: Record,
    repetition: int,
    budget: float,
    rule: Rule | None,
    paused: bytes | None,
    views: bool,
    timed: bool,
) -> tuple[Record, bytes]:
    """Train the network; return the record with its history, and what a paused training can go on from."""
    from deap_nn.training import Part, train

    started = time.monotonic()
    splits = problem.splits(repetition)
    schedule = replace(problem.schedule(individual, len(splits.y_train)), running_mean=rule is not None)
    epochs = math.ceil(budget * schedule.epochs)
    schedule = replace(schedule, epochs=max(epochs, schedule.epochs))
    part = None if paused is None else Part(epochs, paused, keep=budget < 1)
    result = train(
        specs,
        splits.task,
        schedule,
        *samples_of(problem.data_of(repetition, specs)),
        seed=record.seed or 0,
        on_epoch=None if rule is None else rule.of(record).verdict(epochs),
        epochs=epochs,
        course=part,
        trainer=problem.trainer,
    )
    earlier = 0.0 if part is None else part.earlier_seconds
    if part is not None and budget < 1 and result.status is Status.OK:
        result.status, result.reason = Status.PAUSED, f"paused in epoch {result.epochs}"
    record = replace(
        record,
        status=result.status,
        reason=result.reason,
        seconds={**(record.seconds or {}), "train": earlier + time.monotonic() - started},
        history=result.history,
        epochs=result.epochs,
        batch_size=_smaller_batch(individual, schedule),
        views=_by_views(specs, splits, schedule, result) if views and not timed else None,
        latency=latency(specs, load(problem.data_of(repetition, specs)), result.weights)
        if timed and result.status is Status.OK
        else None,
    )
    return record, b"" if part is None else part.state


def _by_views(
    specs: Sequence[LayerSpec], splits: Splits, schedule: Schedule, result: Training
) -> dict[str, float] | None:
    """Return the validation measures of a network that judges several views of an image; None for what is no image."""
    from deap_nn.models import outputs_of, trained_model

    if len(splits.input_shape) != 3 or result.status is not Status.OK:
        return None
    measures = {}
    for number in views_known(schedule):
        model = trained_model(specs, result.weights, splits.scale, splits.offset, number)
        report = splits.task.report(splits.y_validation, outputs_of(model, splits.x_validation))
        measures[str(number)] = float(report[f"test_{splits.task.measure.name}"])
    return measures or None


def _smaller_batch(individual: Individual, schedule: Schedule) -> int | None:
    """Return the batch size if it is not that of the genome, because the data are small."""
    of_genome = individual[-1].genes.get("batch_size", BATCH_SIZE)
    return None if schedule.batch_size == of_genome else schedule.batch_size
