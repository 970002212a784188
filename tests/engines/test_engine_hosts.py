"""What a host gives its workers: threads, GPUs, ranks; and how processes are watched from outside."""

import os
import subprocess
import sys
import tempfile
import time

import pytest

from deap_nn.engines import devices, make_engine
from deap_nn.engines.child import procfs
from deap_nn.engines.cluster import roster, worker
from deap_nn.engines.cluster.roster import Roster
from deap_nn.engines.devices import child_environment, describe_devices, find_gpus
from deap_nn.engines.limits import Limits
from deap_nn.engines.parcel import pack


def test_threads_are_set_for_tensorflow_and_openmp():
    made = child_environment(0, (), 3, 1, {})
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    assert [made[name] for name in names] == ["3", "3", "3"]
    assert "CUDA_VISIBLE_DEVICES" not in made


def test_workers_take_turns_on_the_gpus_and_share_their_memory():
    made = [child_environment(rank, ("0", "GPU-b"), 1, 2, {}) for rank in range(4)]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in made] == ["0", "GPU-b", "0", "GPU-b"]
    assert {each["TF_FORCE_GPU_ALLOW_GROWTH"] for each in made} == {"true"}
    assert {each["XLA_PYTHON_CLIENT_PREALLOCATE"] for each in made} == {"false"}
    assert {each["XLA_PYTHON_CLIENT_MEM_FRACTION"] for each in made} == {"0.450"}


@pytest.mark.parametrize(("name", "ours"), [("TF_CPP_MIN_LOG_LEVEL", "2"), ("TF_ENABLE_ONEDNN_OPTS", "1")])
def test_what_the_user_tells_tensorflow_stays(name, ours):
    assert child_environment(0, (), 1, 1, {})[name] == ours
    assert child_environment(0, (), 1, 1, {name: "0"})[name] == "0"


@pytest.mark.parametrize(
    ("visible", "found"), [("0,2", ("0", "2")), ("", ()), ("-1", ()), (" GPU-a , 3 ", ("GPU-a", "3"))]
)
def test_what_the_environment_shows_counts(monkeypatch, visible, found):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert find_gpus() == found


def test_without_a_word_the_host_is_asked(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    devices._gpus_of_host.cache_clear()
    assert find_gpus() == ("0", "1")
    devices._gpus_of_host.cache_clear()


def test_the_description_tells_gpus_and_threads(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with make_engine("processes", workers_per_gpu=2) as engine:
        assert engine.capacity == 4
        assert engine.description == (
            "processes: 4 workers on this host, 1 thread each, 2 GPUs (0 1), 2 workers to a GPU"
        )
    assert describe_devices((), 2, 1) == "2 threads each, no GPU found"


def test_more_workers_than_the_gpus_take_are_refused(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(ValueError, match=r"workers=3, .* 1 GPU.*at most 1 workers.*CUDA_VISIBLE_DEVICES=-1"):
        make_engine("processes", workers=3)


@pytest.fixture
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_ranks_are_the_lowest_that_are_free(own_folder):
    members = Roster("run")
    slots = [members.take_slot() for _ in range(3)]
    assert [slot.rank for slot in slots] == [0, 1, 2]
    assert members.workers() == 3
    slots[1].free()
    assert members.workers() == 2
    assert members.take_slot().rank == 1
    members.close()
    assert not members.folder.exists()


_TAKES_A_SLOT = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from deap_nn.engines.cluster.roster import Roster
from deap_nn.engines.limits import Limits
from deap_nn.engines.parcel import pack
members = Roster("run", create=False)
print(members.take_slot().rank, members.claim(7), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_worker_gives_its_rank_back_and_its_claim_shows_its_death(own_folder):
    members = Roster("run")
    for _ in range(2):
        command = [sys.executable, "-c", _TAKES_A_SLOT, str(own_folder)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert answer.stdout == "0 True\n", answer.stderr
        assert members.claimant(7) is False
        assert not members.claim(7)
        members.forget(7)
        assert members.claimant(7) is None
    members.close()


def test_an_attempt_is_claimed_once_and_never_after_the_end(own_folder):
    members, origin = Roster("run"), Roster("run")
    assert members.claim(1)
    assert not origin.claim(1)
    assert origin.claimant(1) is True
    origin.close()
    assert not members.claim(2)


def test_folders_of_dead_origins_are_removed_and_others_stay(own_folder):
    alive, dead, elsewhere = roster.open_roster("alive"), Roster("dead"), Roster("elsewhere")
    (dead.folder / "origin").write_text("1 1")
    roster.open_roster("new")
    assert [members.folder.exists() for members in (alive, dead, elsewhere)] == [True, False, True]


def test_processes_are_seen_from_outside():
    assert procfs.resident(os.getpid()) > 1_000_000
    assert procfs.birth(os.getpid()) > 0
    with subprocess.Popen([sys.executable, "-c", "pass"]) as gone:
        gone.wait()
    assert procfs.birth(gone.pid) == 0
    assert procfs.resident(gone.pid) == 0


@pytest.mark.parametrize(("host", "kind"), [("here", "lost"), ("elsewhere", "ok")])
def test_only_workers_on_the_origins_host_compare_clocks(own_folder, monkeypatch, host, kind):
    """On another host the clock may be anything: the attempt is taken."""
    monkeypatch.setattr(worker, "host_name", lambda: "here")
    run = f"clocks-{host}"
    members = Roster(run)
    job = worker.Job(run, host, 1, pack(os.getpid, ()), Limits(), expires=time.monotonic() - 1)
    try:
        report = worker.attempt(job)
        assert report.kind == kind
        assert kind == "ok" or "abandoned" in report.reason
    finally:
        worker.end_run(run)
        members.close()
