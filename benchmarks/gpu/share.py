"""Where the time of a step goes: a compiled trainer's step, its arithmetic, its kernels.

For a few genomes: the time of a step (an epoch in a row, waited for at its end only), the arithmetic that it achieves
(two operations per multiply-add, the backward pass twice the forward pass), the time of all its kernels according to
PyTorch's profiler, and the most expensive kernels. What is left of a step beside its kernels, the GPU waited.
"""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import genomes
import output
import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from deap_nn.evaluation import Problem, genome_seed
from deap_nn.evaluation.problem import samples_of
from deap_nn.evolution import Individual
from deap_nn.networks import blueprint, multiply_adds

KERNELS = 10
GPU = torch.cuda.is_available()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this part."""
    genomes.add_options(parser)
    parser.add_argument("--networks", type=int, default=3, help="how many networks (default: 3)")


def main(options: argparse.Namespace) -> None:
    """Measure each network."""
    problem = genomes.problem(options)
    rows = []
    for number, individual in enumerate(genomes.typical(problem, options.networks, 0)):
        try:
            row, kernels = _measured(individual, problem)
        except Exception:  # one network that fails leaves the others their time
            traceback.print_exc()
            continue
        rows.append({"network": number, **row})
        output.keep(options, {"part": "share", **rows[-1], "kernels": kernels})
        output.table(rows[-1:])
        output.table(kernels[:KERNELS])
        print()
    output.table(rows)


def _measured(individual: Individual, problem: Problem) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the figures of a network and those of its kernels."""
    from deap_nn.training.compiled_torch import trainer as compiled_torch

    splits = problem.splits()
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    # From the start at full size, so that nothing is captured anew on the way
    schedule = replace(problem.schedule(individual, len(splits.y_train)), start_resolution=1.0)
    training, validation = samples_of(problem.data)
    seed = genome_seed(problem.training_seed, individual)
    began = time.monotonic()
    trainer = compiled_torch.start(specs, splits.task, schedule, training, validation, seed)
    first, second, third = range(3)  # the first is for what is captured on the way
    started = _seconds(lambda: trainer.train(first), began)
    seconds = _seconds(lambda: trainer.train(second))
    kernels = _kernels(lambda: trainer.train(third))
    steps = schedule.steps(len(training)) / schedule.epochs
    operations = 2 * 3 * multiply_adds(specs) * len(training)
    row = {
        "layers": len(specs),
        "batch": schedule.batch_size,
        "start s": started,
        "step ms": 1000 * seconds / steps,
        "kernels ms": sum(one["ms"] for one in kernels) / steps,
        "kernels a step": sum(one["calls"] for one in kernels) / steps,
        "samples/s": len(training) / seconds,
        "TFLOP/s": operations / seconds / 1e12,
    }
    return row, [{**one, "ms": one["ms"] / steps, "calls": one["calls"] / steps} for one in kernels]


def _seconds(run: Callable[[], object], began: float | None = None) -> float:
    _wait()
    began = time.monotonic() if began is None else began
    run()
    _wait()
    return time.monotonic() - began


def _wait() -> None:
    if GPU:
        torch.cuda.synchronize()


def _kernels(run: Callable[[], object]) -> list[dict[str, Any]]:
    """Return what ran on the GPU (without one: the CPU's operations), the most expensive first."""
    with profile(activities=[ProfilerActivity.CUDA if GPU else ProfilerActivity.CPU]) as profiled:
        run()
        _wait()
    device = DeviceType.CUDA if GPU else DeviceType.CPU
    events = [event for event in profiled.key_averages() if event.device_type == device]
    found = [
        {"ms": (event.self_device_time_total if GPU else event.self_cpu_time_total) / 1000, "calls": event.count,
         "kernel": event.key[:90]}
        for event in events
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one["ms"])
