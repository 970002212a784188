"""Local child processes: the acceptance table, and children and origins that are killed."""

import contextlib
import io
import os
import pickle
import signal
import time
from pathlib import Path

import acceptance
import engine_stubs as stubs
import pytest
import sessions

from deap_nn.engines import EngineLost, make_engine
from deap_nn.engines.child import child, procfs
from deap_nn.engines.child.exit_reason import last_words
from deap_nn.engines.child.main import READY
from deap_nn.engines.child.wire import Frames, frame
from deap_nn.engines.limits import Limits
from deap_nn.engines.outcome import Report
from deap_nn.engines.parcel import pack, unpack_value

pytestmark = pytest.mark.slow
SCRIPT = sessions.HERE / "script_engine.py"


def test_acceptance_table(tmp_path, nothing_left):
    limits = {"time_limit": acceptance.TIME_LIMIT, "memory_limit": acceptance.MEMORY_LIMIT}
    with make_engine("processes", workers=3, log_dir=tmp_path / "logs", **limits) as engine:
        acceptance.check_table(acceptance.run_table(engine, tmp_path), tmp_path)
    logs = "".join(path.read_text() for path in (tmp_path / "logs").glob("worker-[012].log"))
    assert "reading address zero" in logs
    assert "Fatal Python error: Segmentation fault" in logs


@pytest.mark.timeout(60)
def test_a_large_call_is_sent_as_fast_as_it_is_read():
    large = os.urandom(20_000_000)  # some hundred times what a pipe holds
    one = child.Child(Limits(), 0)
    try:
        one.begin(pack(len, (large,)))
        while (report := one.wait(20.0)) is None:
            pass  # something else than the end of these 20 seconds woke it
        assert unpack_value(report.value) == len(large)
    finally:
        one.kill()


def test_killed_children_cost_nobody_else_anything(tmp_path, nothing_left):
    with make_engine("processes", workers=2) as engine:
        idle = {outcome.value for outcome in engine.map(stubs.process, range(8))}
        for child in idle:
            os.kill(child, signal.SIGKILL)
        assert sessions.wait_until(lambda: not any(map(procfs.birth, idle)))
        (outcome,) = engine.map(stubs.process, [0])
        assert outcome.status == "ok"
        assert outcome.attempts == 1
        assert outcome.value not in idle
        for number in range(4):
            engine.submit(stubs.square, str(tmp_path), f"task{number}", number, 1.0)
        assert list(engine.as_completed(until=time.monotonic() + 0.5)) == []
        os.kill(nothing_left("engines.child")[0], signal.SIGKILL)
        attempts = [outcome.attempts for _, outcome in engine.as_completed() if outcome.status == "ok"]
        assert sorted(attempts) == [1, 1, 1, 2]


def test_a_child_of_which_threads_are_still_dying_gets_no_task(nothing_left):
    with make_engine("processes", workers=1, time_limit=5.0) as engine:
        child = engine.map(stubs.dies_slowly, [0])[0].value
        os.kill(child, signal.SIGUSR1)
        assert sessions.wait_until(lambda: not procfs.birth(child))
        (outcome,) = engine.map(stubs.process, [0])
    assert (outcome.status, outcome.attempts) == ("ok", 1)


def test_close_ends_everything_at_once(nothing_left):
    engine = make_engine("processes", workers=2)
    for _ in range(4):
        engine.submit(time.sleep, 3600)
    assert list(engine.as_completed(until=time.monotonic() + 0.3)) == []
    assert len(nothing_left()) == 2
    engine.close()
    assert nothing_left() == []
    engine.close()


def test_a_child_is_kept_until_its_memory_has_grown(monkeypatch, nothing_left):
    monkeypatch.setattr(child, "GROWTH_LIMIT", 100_000_000)
    with make_engine("processes", workers=1) as engine:
        children = [outcome.value for outcome in engine.map(stubs.keeps_memory, [40] * 8)]
    # the first task does not count; three more of 40 MB are the growth
    assert [children.count(child) for child in dict.fromkeys(children)] == [4, 4]


@pytest.mark.parametrize("name", ["processes", "dask"])
def test_what_runs_alone_may_use_the_whole_memory_and_others_their_share(tmp_path, nothing_left, monkeypatch, name):
    pytest.importorskip("distributed" if name == "dask" else "os")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    share = ["XLA_PYTHON_CLIENT_MEM_FRACTION"]
    with make_engine(name, workers=2, workers_per_gpu=2) as engine:
        for number in range(2):
            engine.submit(stubs.takes_memory, str(tmp_path), f"taker{number}", 0.5)
        (outcome,) = engine.map(stubs.needs_all_memory, [str(tmp_path)], ["needs-all"])
        assert (outcome.value, outcome.attempts) == ("fits into 0.900", 2)
        shares = [outcome.value for outcome in engine.map(stubs.environment, [share] * 8)]
    assert shares == [{share[0]: "0.450"}] * 8


@pytest.mark.parametrize("name", ["serial", "processes", "dask"])
def test_resting_children_leave_their_memory_to_others(tmp_path, nothing_left, name):
    pytest.importorskip("distributed" if name == "dask" else "os")
    with make_engine(name, **({} if name == "serial" else {"workers": 2})) as engine, make_engine("serial") as other:
        needs = engine if name == "serial" else other
        engine.rest()
        if name != "serial":
            engine.map(stubs.takes_memory, [str(tmp_path)] * 4, ["taker"] * 4, [0.2] * 4)
            assert needs.map(stubs.needs_all_memory, [str(tmp_path)], ["early"])[0].value == "out of memory"
            engine.rest()
        assert needs.map(stubs.needs_all_memory, [str(tmp_path)], ["late"])[0].value == "fits into 0.900"
        assert [outcome.value for outcome in engine.map(stubs.double, range(3))] == [0, 2, 4]


def test_a_child_that_ran_out_of_memory_is_replaced(nothing_left):
    with make_engine("processes", workers=1) as engine:
        (first,), (second,) = engine.map(stubs.process_out_of_memory, [0]), engine.map(stubs.process, [0])
    assert (first.status, first.attempts, second.status) == ("ok", 1, "ok")
    assert first.value != second.value


def test_children_get_their_environment(monkeypatch, nothing_left):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    names = ["CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"]
    with make_engine("processes", workers=2, threads_per_worker=3) as engine:
        for _ in range(2):
            engine.submit(time.sleep, 0.2)
        list(engine.as_completed())
        made = [outcome.value for outcome in engine.map(_slow_environment, [names] * 4)]
    assert {each["CUDA_VISIBLE_DEVICES"] for each in made} == {"5", "7"}
    assert {each["OMP_NUM_THREADS"] for each in made} == {each["TF_NUM_INTRAOP_THREADS"] for each in made} == {"3"}


def test_children_run_the_package_of_their_origin_wherever_that_was_started(monkeypatch, tmp_path, nothing_left):
    (tmp_path / "deap_nn").mkdir()
    (tmp_path / "deap_nn" / "__init__.py").write_text("raise ImportError('another version')")
    monkeypatch.chdir(tmp_path)
    with make_engine("processes", workers=1) as engine:
        assert [outcome.value for outcome in engine.map(stubs.double, [4])] == [8]


def _slow_environment(names):
    time.sleep(0.2)
    return stubs.environment(names)


def test_large_tasks_and_results_pass(nothing_left):
    with make_engine("processes", workers=2) as engine:
        outcomes = engine.map(_mirror, [b"x" * 3_000_000] * 4)
    assert [len(outcome.value) for outcome in outcomes] == [3_000_000] * 4


def _mirror(data):
    return data


def test_a_host_that_cannot_start_children_is_said_at_once(monkeypatch, nothing_left):
    monkeypatch.setattr("deap_nn.engines.child.start._MODULE", "deap_nn.engines.no_such_module")
    with make_engine("processes", workers=1) as engine, pytest.raises(EngineLost, match="No module named"):
        engine.map(stubs.double, range(3))


def test_the_users_script_and_its_classes_go_both_ways(tmp_path):
    with sessions.Session(tmp_path, SCRIPT, "processes", tmp_path, "script_function") as session:
        assert session.wait() == 0, session.output
        assert "own [0, 10, 20, 30]" in session.output
        session.assert_nothing_left()
    assert "script loaded as __mp_main__" in (tmp_path / "logs" / "worker-0.log").read_text()


def test_cleared_tasks_free_their_workers(tmp_path):
    with sessions.Session(tmp_path, SCRIPT, "processes", tmp_path, "cleared") as session:
        assert session.wait() == 0, session.output
        assert "after [0, 2, 4, 6, 8, 10]" in session.output
        session.assert_nothing_left()


def test_ctrl_c_is_the_origins_decision(tmp_path):
    with sessions.Session(tmp_path, SCRIPT, "processes", tmp_path, "sleepy") as session:
        assert sessions.wait_until(lambda: (tmp_path / "starts").exists())
        os.killpg(session.process.pid, signal.SIGINT)
        assert session.wait() == 4, session.output
        session.assert_nothing_left()


@pytest.mark.parametrize("what", ["sleepy", "stubborn"])
def test_children_leave_with_a_killed_origin(tmp_path, what):
    with sessions.Session(tmp_path, SCRIPT, "processes", tmp_path, what) as session:
        assert sessions.wait_until(lambda: len(session.find("engines.child")) == 2)
        time.sleep(0.5)
        session.process.kill()
        session.process.wait()
        session.assert_nothing_left()


def test_a_call_that_forks_and_returns_twice_counts_once(nothing_left):
    with make_engine("processes", workers=2) as engine:
        outcomes = engine.map(stubs.fork_and_return, range(1, 13))
    assert [outcome.value for outcome in outcomes] == list(range(1, 13))


def test_a_report_of_another_call_is_ignored():
    owner = object.__new__(child.Child)
    owner._frames, owner._ready, owner._call = Frames(), False, 2
    owner._frames.feed(frame(READY) + frame(pickle.dumps((1, tuple(Report("ok", b"late"))))))
    assert owner._report() is None
    assert owner.started
    owner._frames.feed(frame(pickle.dumps((2, tuple(Report("ok", b"now"))))))
    assert owner._report() == Report("ok", b"now")


def sleeping(seconds):
    """Whether a `sleep` of so many seconds runs anywhere."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            commands.append(path.read_bytes().split(b"\0")[:2])
    return [b"sleep", str(seconds).encode()] in commands


@pytest.mark.parametrize(("number", "then", "status"), [(1, 60.0, "timeout"), (2, 0.0, "ok")])
def test_what_an_evaluation_starts_in_a_session_of_its_own_ends_with_it_or_with_the_run(number, then, status):
    seconds = 1000 + os.getpid() % 1000 + number / 10
    with make_engine("processes", workers=1, time_limit=3.0) as engine:
        (outcome,) = engine.map(stubs.leave_behind, [seconds], [then])
        assert outcome.status == status
        assert sleeping(seconds) if status == "ok" else sessions.wait_until(lambda: not sleeping(seconds), 5.0)
    assert sessions.wait_until(lambda: not sleeping(seconds), 5.0)


def test_the_memory_of_what_a_thread_has_started_counts():
    with make_engine("processes", workers=1, memory_limit=300_000_000, time_limit=30.0) as engine:
        (outcome,) = engine.map(stubs.memory_of_a_thread, [400_000_000])
    assert outcome.status == "lost"
    assert outcome.reason.startswith("memory limit: ")


FORKS = """
import os, sys, threading
from deap_nn.engines import make_engine

def work():
    with make_engine("processes", workers=1) as engine:
        print(engine.map(abs, [-1])[0].value, flush=True)

if __name__ == "__main__":
    for _ in range(2):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if pid := os.fork():
            os.waitpid(pid, 0)
            break
"""


def test_an_engine_in_a_thread_of_a_fork_of_a_process_with_threads(tmp_path):
    (tmp_path / "script.py").write_text(FORKS)
    with sessions.Session(tmp_path, "-W", "ignore", tmp_path / "script.py") as session:
        assert session.wait(30) == 0, session.output
        assert session.output.split() == ["1", "1"]


LOG = b"""of an earlier task
2026-11-26 22:01:02.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with the compiler flags.
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1764194462.5 123 cuda_executor.cc:1015] successful NUMA node read
W0000 00:00:1764194462.5 123 gpu_device.cc:2344] Cannot dlopen some GPU libraries
epoch 3 of mine
2026-11-26 22:01:03.123456: E tensorflow/core/framework/op_kernel.cc:1827] OOM when allocating
"""


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (LOG, "; last words: epoch 3 of mine | 2026-11-26 22:01:03.123456: E tensorflow/core/framework/op_kernel.cc"),
        (LOG[: LOG.index(b"epoch 3")], ""),
    ],
)
def test_last_words_are_not_what_libraries_log_for_information(log, words):
    said = last_words(io.BytesIO(log), log.index(b"\n"))
    assert said.startswith(words) and bool(said) == bool(words)
