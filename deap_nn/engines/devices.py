"""Threads, GPUs, kernels and pages of a child, as environment variables that are set before TensorFlow is imported."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

NO_GPU = "-1"


def find_gpus() -> tuple[str, ...]:
    """Return the GPUs that this process may use, by their CUDA names.

    They are those in CUDA_VISIBLE_DEVICES if it is set (for instance by a scheduler), otherwise all of the host's.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return _gpus_of_host()
    names = (name.strip() for name in visible.split(","))
    return tuple(name for name in names if name and name != NO_GPU)


@functools.cache
def _gpus_of_host() -> tuple[str, ...]:
    command = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        files = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
        return tuple(sorted((name for name in files if name.isdigit()), key=int))
    return tuple(line.strip() for line in answer.stdout.splitlines() if line.strip().isdigit())


def child_environment(
    rank: int, gpus: tuple[str, ...], threads: int, workers_per_gpu: int, base: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that a child's environment adds to its parent's, or changes.

    Args:
        rank: The worker's number on its host, from 0.
        gpus: The GPUs of its host; worker `rank` gets `gpus[rank % len(gpus)]`.
        threads: The number of threads a training may use.
        workers_per_gpu: The number of workers that share one GPU; with JAX, each may use an equal share of its memory.
        base: The parent's environment.
    """
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    changes = dict.fromkeys(names, str(threads))
    changes["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    changes["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    changes["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{0.9 / workers_per_gpu:.3f}"
    changes["TF_CPP_MIN_LOG_LEVEL"] = base.get("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow leaves oneDNN's convolutions off on processors without AVX-512; they are faster there too.
    changes["TF_ENABLE_ONEDNN_OPTS"] = base.get("TF_ENABLE_ONEDNN_OPTS", "1")
    changes["GLIBC_TUNABLES"] = _with_huge_pages(base.get("GLIBC_TUNABLES", ""))
    if gpus:
        changes["CUDA_VISIBLE_DEVICES"] = gpus[rank % len(gpus)]
    return changes


def _with_huge_pages(tunables: str) -> str:
    """Return the C library's tunables with large pages for large blocks, unless they say otherwise.

    Maps of hundreds of megabytes on pages of 4 kB keep a processor looking up addresses. glibc before 2.35 and other C
    libraries ignore what they do not know.
    """
    return tunables if "malloc.hugetlb" in tunables else ":".join(filter(None, [tunables, "glibc.malloc.hugetlb=1"]))


def describe_devices(gpus: tuple[str, ...], threads: int, workers_per_gpu: int) -> str:
    """Describe GPUs and threads in a few words."""
    thread_words = f"{threads} thread{'s' if threads > 1 else ''} each"
    if not gpus:
        return f"{thread_words}, no GPU found"
    sharing = f", {workers_per_gpu} workers to a GPU" if workers_per_gpu > 1 else ""
    return f"{thread_words}, {len(gpus)} GPU{'s' if len(gpus) > 1 else ''} ({' '.join(gpus)}){sharing}"
