"""Construction of engines from a name and settings; invalid ones are refused before anything is started."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any

from deap_nn.engines.backend import Backend
from deap_nn.engines.backends.processes import ProcessesBackend
from deap_nn.engines.backends.serial import SerialBackend
from deap_nn.engines.cluster.roster import RESPAWNS
from deap_nn.engines.limits import TIME_LIMIT, Limits
from deap_nn.engines.parcel import script_of_main
from deap_nn.engines.policy import Engine
from deap_nn.errors import InputError

ENGINES = ("serial", "processes", "scoop", "dask")


def default_engine() -> str:
    """Return `scoop` if the script runs under `python -m scoop` with a worker, otherwise `processes`."""
    scoop = sys.modules.get("scoop")
    if not getattr(scoop, "IS_RUNNING", False):
        return "processes"
    if getattr(scoop, "SIZE", 1) >= 2:
        return "scoop"
    print("SCOOP was started with -n 1: nobody is left to evaluate beside the origin; using local processes")
    return "processes"


def exit_code_counts() -> bool:
    """Tell whether this process's exit code has any effect.

    Stock SCOOP ignores it, and prints a traceback for `sys.exit`; `python -m deap_nn.scoop` passes it on.
    """
    return not getattr(sys.modules.get("scoop"), "IS_RUNNING", False) or RESPAWNS in os.environ


def make_engine(
    name: str,
    *,
    workers: int | None = None,
    time_limit: float = TIME_LIMIT,
    memory_limit: int | None = None,
    threads_per_worker: int = 1,
    workers_per_gpu: int | None = None,
    scheduler_address: str | None = None,
    log_dir: Path | str | None = None,
    main_script: Path | str | None = None,
) -> Engine:
    """Make the engine of the given name, ready for tasks.

    Args:
        name: One of `ENGINES`.
        workers: The number of tasks that run at once, at least 1; None for as many as fit on the host's GPUs
            or cores. Under SCOOP, the default and the maximum is `-n` less one (the origin only coordinates).
        time_limit: Seconds for one evaluation, above 0; one that takes longer is killed. The imports of a
            new child count.
        memory_limit: Resident bytes that a child may use, above 0, or None for no limit.
        threads_per_worker: Threads per training, at least 1.
        workers_per_gpu: The number of workers that share one GPU, at least 1; None for as many as the memory of each
            host's GPUs and its cores allow, see `deap_nn.engines.devices.workers_to_a_gpu`.
        scheduler_address: Address of a running Dask scheduler; None for a cluster on this host. Only for `dask`.
        log_dir: Folder for one log per worker; None to keep no logs.
        main_script: The script that functions of `__main__` come from; None for the one that is running.

    Raises:
        InputError: If an argument is invalid; the message says what is expected.
    """
    if name not in ENGINES:
        raise InputError(f"received engine {name!r}; expected one of {', '.join(ENGINES)}")
    _check_counts(workers=workers, threads_per_worker=threads_per_worker, workers_per_gpu=workers_per_gpu)
    _check_limits(name, time_limit, memory_limit)
    if scheduler_address is not None and name != "dask":
        raise InputError(f"received scheduler_address for engine {name!r}; only dask has a scheduler")
    script = Path(main_script).absolute() if main_script is not None else script_of_main()
    limits = Limits(
        float(time_limit),
        memory_limit,
        threads_per_worker,
        workers_per_gpu,
        str(Path(log_dir).absolute()) if log_dir is not None else None,
        str(script) if script is not None else None,
    )
    return Engine(_backend(name, workers, limits, scheduler_address))


def _backend(name: str, workers: int | None, limits: Limits, scheduler_address: str | None) -> Backend:
    if name == "serial":
        return SerialBackend(limits.threads)
    if name == "processes":
        return ProcessesBackend(workers, limits)
    if name == "scoop":
        from deap_nn.engines.backends.scoop import ScoopBackend

        return ScoopBackend(workers, limits)
    from deap_nn.engines.backends.dask import DaskBackend

    return DaskBackend(workers, limits, scheduler_address)


def _check_counts(**counts: Any) -> None:
    for name, value in counts.items():
        if value is None and name != "threads_per_worker":
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(f"received {name}={value!r}; expected a whole number of at least 1")


def _check_limits(name: str, time_limit: Any, memory_limit: Any) -> None:
    number = isinstance(time_limit, int | float) and not isinstance(time_limit, bool)
    if not number or not time_limit > 0 or math.isinf(time_limit):
        raise InputError(
            f"received time_limit={time_limit!r}; expected seconds above 0 (a limit always exists: "
            "give a large one for long trainings)"
        )
    if memory_limit is None:
        return
    if name == "serial":
        raise InputError(
            "received a memory_limit for the serial engine, which evaluates in this process and cannot "
            "enforce one; leave it out or use the engine 'processes'"
        )
    if isinstance(memory_limit, bool) or not isinstance(memory_limit, int) or memory_limit < 1:
        raise InputError(f"received memory_limit={memory_limit!r}; expected a whole number of bytes above 0")
