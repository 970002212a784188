"""How the workers of one host share its GPUs: how many fit, and what is said of more."""

from __future__ import annotations

import os

from deap_nn.engines.devices import workers_to_a_gpu
from deap_nn.engines.limits import Limits
from deap_nn.errors import InputError


def default_workers(limits: Limits, gpus: tuple[str, ...]) -> int:
    """Return as many workers as fit on the GPUs or, without GPUs, on the cores."""
    if gpus:
        return len(gpus) * workers_to_a_gpu(limits.workers_per_gpu, gpus, limits.threads)
    return max(1, len(os.sched_getaffinity(0)) // limits.threads)


def refuse_crowding(workers: int, limits: Limits, gpus: tuple[str, ...]) -> None:
    """Refuse more workers on this host than fit on its GPUs.

    Raises:
        InputError: If there are more; it says how many fit.
    """
    if not gpus or workers <= (room := default_workers(limits, gpus)):
        return
    raise InputError(
        f"received workers={workers}, but this host has {len(gpus)} GPU(s) for {room // len(gpus)} "
        f"worker(s) each; use at most {room} workers, a larger workers_per_gpu, or "
        "CUDA_VISIBLE_DEVICES=-1 to train on the CPU"
    )


def on_this_host(limits: Limits, workers: int, gpus: tuple[str, ...]) -> Limits:
    """Return the limits of so many workers, all of this host, with how many of them do share a GPU."""
    return limits._replace(workers_per_gpu=-(-workers // len(gpus)) if gpus else 1)
