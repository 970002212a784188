"""What a host gives its workers: threads, GPUs, ranks; and how processes are watched from outside."""

import os
import subprocess
import sys
import tempfile
import time

import pytest
import sessions

from deap_nn.engines import make_engine
from deap_nn.engines.child import procfs
from deap_nn.engines.cluster import roster, worker
from deap_nn.engines.cluster.roster import Roster
from deap_nn.engines.devices import child_environment, describe_devices, find_gpus, workers_to_a_gpu
from deap_nn.engines.limits import Limits
from deap_nn.engines.parcel import pack
from deap_nn.engines.sharing import default_workers, on_this_host


def test_threads_are_set_for_tensorflow_openmp_and_mkl():
    made = child_environment(0, (), 3, 1, {"MKL_NUM_THREADS": "8"})
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    assert [made[name] for name in names] == ["3"] * 4
    assert "CUDA_VISIBLE_DEVICES" not in made


def test_workers_take_turns_on_the_gpus_and_share_their_memory():
    made = [child_environment(rank, ("0", "GPU-b"), 1, 2, {}) for rank in range(4)]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in made] == ["0", "GPU-b", "0", "GPU-b"]
    assert {each["TF_FORCE_GPU_ALLOW_GROWTH"] for each in made} == {"true"}
    assert {each["XLA_PYTHON_CLIENT_PREALLOCATE"] for each in made} == {"false"}
    assert {each["XLA_PYTHON_CLIENT_MEM_FRACTION"] for each in made} == {"0.450"}


@pytest.mark.parametrize(
    ("name", "ours"),
    [("TF_CPP_MIN_LOG_LEVEL", "2"), ("TF_ENABLE_ONEDNN_OPTS", "1"), ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")],
)
def test_what_the_user_tells_the_libraries_stays(name, ours):
    assert child_environment(0, (), 1, 1, {})[name] == ours
    assert child_environment(0, (), 1, 1, {name: "0"})[name] == "0"


@pytest.mark.parametrize(
    ("visible", "found"), [("0,2", ("0", "2")), ("", ()), ("-1", ()), (" GPU-a , 3 ", ("GPU-a", "3"))]
)
def test_what_the_environment_shows_counts(monkeypatch, visible, found):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert find_gpus() == found


H100 = ("GPU-8f8c", 81_559)
SMALL = ("GPU-1a2b", 8_188)


def test_without_a_word_the_host_is_asked(nvidia_smi):
    nvidia_smi(H100, SMALL)
    assert find_gpus() == ("0", "1")


@pytest.mark.parametrize(
    ("visible", "threads", "fit"),
    [
        ("0", 1, 4),
        ("0", 8, 2),  # 16 cores
        ("0", 32, 1),
        ("1", 1, 2),
        ("0,2", 1, 1),  # the smallest says
        ("GPU-8f", 1, 4),  # CUDA takes the beginning of a name
        ("GPU-1a2b", 1, 1),
        ("GPU-8f8c,GPU-cdef", 3, 2),  # 16 cores for two
        ("GPU-unknown", 1, 1),
        ("MIG-8f8c", 1, 1),  # how large a part is, the list does not tell
        ("3", 1, 1),  # nvidia-smi does not tell
        ("-1", 1, 1),
    ],
)
def test_as_many_share_a_gpu_as_its_memory_and_the_cores_allow(monkeypatch, nvidia_smi, visible, threads, fit):
    nvidia_smi(H100, ("GPU-cdef", 40_960), SMALL, ("GPU-odd", "[N/A]"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert workers_to_a_gpu(None, find_gpus(), threads) == fit
    assert workers_to_a_gpu(7, find_gpus(), threads) == 7


def test_without_nvidia_smi_nobody_shares(monkeypatch, nvidia_smi):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert workers_to_a_gpu(None, find_gpus(), 1) == 1


def test_local_workers_share_as_many_to_a_gpu_as_fit_and_say_so(nvidia_smi):
    nvidia_smi(H100, H100)
    with make_engine("processes") as engine:
        assert engine.description == (
            "processes: 8 workers on this host, 1 thread each, 2 GPUs (0 1), 4 workers to a GPU"
        )
    with make_engine("processes", workers=3) as engine:
        assert engine.description.endswith("2 GPUs (0 1), 2 workers to a GPU")
    with pytest.raises(ValueError, match=r"workers=9, .* 2 GPU.* for 4 worker.*at most 8 workers"):
        make_engine("processes", workers=9)


@pytest.mark.parametrize(("workers", "sharing"), [(1, 1), (2, 1), (3, 2), (None, 4)])
def test_each_worker_may_use_the_share_of_a_gpus_memory_that_it_gets(nvidia_smi, workers, sharing):
    nvidia_smi(H100, H100)
    limits, gpus = Limits(), find_gpus()
    assert on_this_host(limits, workers or default_workers(limits, gpus), gpus).workers_per_gpu == sharing


def test_the_description_tells_gpus_and_threads(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with make_engine("processes", workers_per_gpu=2) as engine:
        assert engine.capacity == 4
        assert engine.description == (
            "processes: 4 workers on this host, 1 thread each, 2 GPUs (0 1), 2 workers to a GPU"
        )
    assert describe_devices((), 2, 1) == "2 threads each, no GPU found"


def test_more_workers_than_the_gpus_take_are_refused(nvidia_smi):
    nvidia_smi(SMALL)
    with pytest.raises(ValueError, match=r"workers=3, .* 1 GPU.*at most 1 workers.*CUDA_VISIBLE_DEVICES=-1"):
        make_engine("processes", workers=3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "workers", "memories", "found"),
    [
        (("-m", "deap_nn.scoop", "-n", "5"), "default", [8_188], "0 0 0 0"),
        ((), "processes", [8_188, 8_188], "0 1"),
        ((), "dask", [8_188, 8_188], "0 1"),
    ],
)
def test_workers_take_turns_on_the_gpus_and_replacements_get_those_of_the_dead(
    tmp_path, nvidia_smi, command, workers, memories, found
):
    if workers == "dask":
        pytest.importorskip("distributed")
    nvidia_smi(*((f"GPU-{number}", memory) for number, memory in enumerate(memories)))
    with sessions.Session(tmp_path, *command, sessions.HERE / "script_engine.py", workers, tmp_path, "gpus") as session:
        assert session.wait() == 0, session.output
        assert f"before on {found}" in session.output, session.output
        assert f"after on {found}" in session.output, session.output
        warned = "4 workers share 1 GPU(s) for 1 worker(s) each: networks may run out of memory" in session.output
        assert warned is (len(memories) == 1), session.output
        session.assert_nothing_left()


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
from deap_nn.engines.sharing import default_workers, on_this_host
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
