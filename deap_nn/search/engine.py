"""The engine that the settings ask for."""

from __future__ import annotations

from pathlib import Path

from deap_nn.engines import Engine, default_engine, make_engine
from deap_nn.search.settings import Settings
from deap_nn.search.sizing import time_limit


def engine_of(settings: Settings, log_dir: Path | None) -> Engine:
    """Return the engine of a search, ready for its evaluations."""
    return make_engine(
        settings.engine or default_engine(),
        workers=settings.workers,
        time_limit=time_limit(settings),
        memory_limit=memory_limit(settings),
        threads_per_worker=settings.threads_per_worker,
        workers_per_gpu=settings.workers_per_gpu,
        scheduler_address=settings.dask_scheduler,
        log_dir=log_dir,
    )


def memory_limit(settings: Settings) -> int | None:
    """Return the bytes that a training may use; None: any number."""
    return None if settings.memory_limit is None else int(settings.memory_limit * 2**30)


def is_local(settings: Settings) -> bool:
    """Tell whether a child of this process may train the winner: with all its cores, and files on the same disk."""
    engine = settings.engine or default_engine()
    return engine in ("processes", "scoop") or (engine == "dask" and settings.dask_scheduler is None)
