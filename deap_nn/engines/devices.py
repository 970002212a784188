"""Threads, GPUs, kernels and pages of a child, as environment variables that are set before TensorFlow is imported."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

NO_GPU = "-1"

MOST_PER_GPU = 4
"""The most workers that share a GPU by themselves: it serves them in turn, and further ones only wait."""

MEMORY_PER_CHILD = 6 * 2**10
"""The MiB of a GPU that a child is expected to need: CUDA's own, the framework's kernels, a network and its batch."""


class Gpu(NamedTuple):
    """A GPU of this host.

    Attributes:
        number: Its number.
        uuid: Its name wherever it is plugged in, such as "GPU-8f8c..."; "" if unknown.
        memory: Its memory in MiB; 0 if unknown.
    """

    number: str
    uuid: str = ""
    memory: int = 0

    def is_called(self, name: str) -> bool:
        """Tell whether a name in CUDA_VISIBLE_DEVICES means it: its number, or the beginning of its UUID."""
        return name == self.number or (name.startswith("GPU-") and self.uuid.startswith(name))


def find_gpus() -> tuple[str, ...]:
    """Return the GPUs that this process may use, by their CUDA names.

    They are those in CUDA_VISIBLE_DEVICES if it is set (for instance by a scheduler), otherwise all of the host's.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(gpu.number for gpu in _gpus_of_host())
    names = (name.strip() for name in visible.split(","))
    return tuple(name for name in names if name and name != NO_GPU)


def workers_to_a_gpu(wanted: int | None, gpus: Sequence[str], threads: int) -> int:
    """Return how many workers fit on each of this host's GPUs, at least 1.

    Args:
        wanted: The setting; None for as many as the smallest GPU's memory and the cores of this process allow, but at
            most `MOST_PER_GPU`. Where the memory is unknown (no nvidia-smi, a part of a GPU), that is 1.
        gpus: The GPUs by their CUDA names, as `find_gpus` returns them.
        threads: The number of threads a training may use.
    """
    if wanted is not None or not gpus:
        return wanted or 1
    memory = min(next((gpu.memory for gpu in _gpus_of_host() if gpu.is_called(name)), 0) for name in gpus)
    cores = len(os.sched_getaffinity(0)) // (threads * len(gpus))
    return max(1, min(MOST_PER_GPU, memory // MEMORY_PER_CHILD, cores))


@functools.cache
def _gpus_of_host() -> tuple[Gpu, ...]:
    command = ["nvidia-smi", "--query-gpu=index,uuid,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        files = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
        return tuple(Gpu(name) for name in sorted((name for name in files if name.isdigit()), key=int))
    lines = ([field.strip() for field in line.split(",")] for line in answer.stdout.splitlines())
    return tuple(
        Gpu(number, uuid, int(memory) if memory.isdigit() else 0)  # "[N/A]" where it is the host's memory
        for number, uuid, memory in (line for line in lines if len(line) == 3)
        if number.isdigit()
    )


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
    # PyTorch takes MKL's number where both are set
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    changes = dict.fromkeys(names, str(threads))
    changes["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    changes["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    changes["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{0.9 / workers_per_gpu:.3f}"
    # Otherwise cuBLAS chooses among ways of adding up by what its streams happen to do.
    changes["CUBLAS_WORKSPACE_CONFIG"] = base.get("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
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


def describe_devices(gpus: Sequence[str], threads: int, workers_per_gpu: int) -> str:
    """Describe GPUs and threads in a few words; `workers_per_gpu` is how many share a GPU."""
    thread_words = f"{threads} thread{'s' if threads > 1 else ''} each"
    if not gpus:
        return f"{thread_words}, no GPU found"
    sharing = f", {workers_per_gpu} workers to a GPU" if workers_per_gpu > 1 else ""
    return f"{thread_words}, {len(gpus)} GPU{'s' if len(gpus) > 1 else ''} ({' '.join(gpus)}){sharing}"
