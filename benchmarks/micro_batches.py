"""Networks of a run, trained directly and in the frequency domain, the latter in micro-batches of several sizes.

Measures the seconds per epoch on one thread, as the fastest of a few epochs. The networks have a convolution that is
computed in the frequency domain on processors without AMX, and are evenly spaced through the run's journal.

    python benchmarks/micro_batches.py benchmarks/results/conv2d-cifar10 --dataset cifar10-10k.npz
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as the engines do

import numpy as np
import tensorflow as tf

from deap_nn.data import DataSpec, Splits, load
from deap_nn.engines.child import heap
from deap_nn.networks import LayerSpec, blueprint
from deap_nn.runs import Run
from deap_nn.space import SearchSpace
from deap_nn.tasks import Classification
from deap_nn.training import Samples, Schedule
from deap_nn.training.compiled_tf import convolution, micro_batches, steps, trainer
from deap_nn.training.compiled_tf.micro_batches import has_spectral, micro_batch_size
from deap_nn.training.trainer import run as run_training

SIZES = (50, 100, 150, 300)
EPOCHS = 3


@mock.patch.object(convolution, "multiplies_tiles", lambda: False)
def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="run directory")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--train-samples", type=int, default=1125, help="a fifth of them is for validation")
    parser.add_argument("--networks", type=int, default=8, help="how many of the run's")
    arguments = parser.parse_args()
    heap.keep_freed_blocks()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    run, splits = Run(arguments.run), load(DataSpec(arguments.dataset, arguments.train_samples))
    precision = run.info["settings"]["precision"]
    schedule = Schedule(EPOCHS + 1, "adam", precision=precision)
    scaling = splits.scale, splits.offset
    training = Samples(splits.x_train, splits.y_train.astype(np.int32), *scaling)
    validation = Samples(splits.x_validation, splits.y_validation.astype(np.int32), *scaling)
    networks = list(spectral_networks(run, splits, schedule))
    print("seconds an epoch: direct, then spectral in micro-batches of", *SIZES, "samples; the rule's size;")
    print("with it, times as fast as with the smallest, and as direct")
    logs = []
    for i in np.linspace(0, len(networks) - 1, arguments.networks).astype(int):
        seconds, direct, chosen = measured(networks[i], training, validation, schedule)
        ours = seconds[SIZES.index(chosen)]
        logs.append((math.log(seconds[0] / ours), math.log(direct / ours)))
        print(
            *(f"{s:6.2f}" for s in (direct, *seconds)),
            f"{chosen:4}  {seconds[0] / ours:.2f}  {direct / ours:.2f}  {described(networks[i])}",
            flush=True,
        )
    print("on average", *(f"{math.exp(mean):.2f}" for mean in np.mean(logs, axis=0)), "times as fast")


def measured(
    specs: Sequence[LayerSpec], training: Samples, validation: Samples, schedule: Schedule
) -> tuple[list[float], float, int]:
    """Return the seconds with each of `SIZES`, those of direct convolutions, and which of `SIZES` the rule chooses."""
    chosen = micro_batch_size(specs, schedule)
    seconds = [epoch_seconds(specs, training, validation, schedule, size) for size in SIZES]
    with (
        mock.patch.object(convolution, "is_spectral", directly),
        mock.patch.object(micro_batches, "is_spectral", directly),
    ):
        direct = epoch_seconds(specs, training, validation, schedule, micro_batch_size(specs, schedule))
    return seconds, direct, chosen


def directly(*_: object) -> bool:
    return False


def spectral_networks(run: Run, splits: Splits, schedule: Schedule) -> Iterator[tuple[LayerSpec, ...]]:
    """Yield the networks with a convolution in the frequency domain whose micro-batches have one of `SIZES`."""
    space = SearchSpace.from_json(run.info["space"])
    for individual, _ in run.evaluations():
        specs = tuple(blueprint(space, individual, splits.input_shape, splits.task))
        chosen = micro_batch_size(specs, schedule)
        if has_spectral(specs, schedule.precision) and chosen in SIZES:
            yield specs


def epoch_seconds(
    specs: Sequence[LayerSpec], training: Samples, validation: Samples, schedule: Schedule, size: int
) -> float:
    """Return the seconds of the fastest epoch, training and validation, without the first one, which prepares."""
    ended: list[float] = []

    def on_epoch(*_: float) -> bool:
        ended.append(time.perf_counter())
        return False

    task = Classification(specs[-1].output_shape[0])
    with (
        mock.patch.object(steps, "micro_batch_size", lambda *_: size),
        mock.patch.object(trainer, "micro_batch_size", lambda *_: size),
    ):
        started = trainer.start(specs, task, schedule, training, validation, 0)
        run_training(started, task, schedule.epochs, on_epoch)
    return float(np.diff(ended).min())


def described(specs: Sequence[LayerSpec]) -> str:
    return "; ".join(
        f"{'x'.join(map(str, spec.output_shape))} by {spec.config['kernel_size']}x{spec.config['kernel_size']}"
        for spec in specs
        if spec.layer == "Conv2D"
    )


if __name__ == "__main__":
    main()
