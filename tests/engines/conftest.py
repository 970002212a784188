"""Every engine test runs on the CPU, and is done only when no process of it is left."""

import os
import uuid

import pytest
import sessions

from deap_nn.engines import devices


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")


@pytest.fixture
def nvidia_smi(monkeypatch, tmp_path):
    """Makes up GPUs that nvidia-smi lists, `nvidia_smi(("GPU-a", 81559), ...)`, on a host of 16 cores.

    Four children at most share one, and each needs 20,000 MiB of it.
    """

    def make(*gpus):
        lines = "".join(f"{number}, {name}, {memory}\\n" for number, (name, memory) in enumerate(gpus))
        tool = tmp_path / "bin" / "nvidia-smi"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\nprintf '{lines}'\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tool.parent), prepend=os.pathsep)

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda _: set(range(16)))
    monkeypatch.setattr(devices, "MOST_PER_GPU", 4)
    monkeypatch.setattr(devices, "MEMORY_PER_CHILD", 20_000)
    devices._gpus_of_host.cache_clear()
    yield make
    devices._gpus_of_host.cache_clear()


@pytest.fixture
def nothing_left(monkeypatch):
    """Processes started in this test carry a mark; none may outlive it. Gives a function that lists them."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(sessions.MARK, mark)
    yield lambda *words: sorted(n for n, line in sessions.marked(mark).items() if all(w in line for w in words))
    sessions.wait_until(lambda: not sessions.marked(mark), patience=5.0)
    assert sessions.marked(mark) == {}
