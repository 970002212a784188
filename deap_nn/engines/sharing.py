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


def on_this_host(limits: Limits, workers: int, gpus: tuple[str, ...], started: bool = False) -> Limits:
    """Return the limits of workers that are all on this host, with how many of them share a GPU.

    Args:
        limits: The limits so far.
        workers: How many there are to be, at least 1.
        gpus: The host's GPUs.
        started: Whether they run already, so that more than fit on the GPUs get a warning only.

    Raises:
        InputError: If more workers are asked for than fit on the GPUs; it says how many fit.
    """
    if not gpus:
        return limits
    room = default_workers(limits, gpus)
    have = f"{len(gpus)} GPU(s) for {room // len(gpus)} worker(s) each"
    if workers > room and started:
        print(
            f"{workers} workers share {have}: networks may run out of memory, which costs a second training; "
            "fewer workers, or a larger workers_per_gpu, end this message"
        )
    elif workers > room:
        raise InputError(
            f"received workers={workers}, but this host has {have}; use at most {room} workers, a larger "
            "workers_per_gpu, or CUDA_VISIBLE_DEVICES=-1 to train on the CPU"
        )
    return limits._replace(workers_per_gpu=-(-workers // len(gpus)))
