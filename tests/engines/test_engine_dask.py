"""Dask: the acceptance table on a local cluster, workers killed, a scheduler of one's own."""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import acceptance
import engine_stubs as stubs
import pytest
import sessions

from deap_nn.engines import EngineLost, make_engine

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow
SCRIPT = sessions.HERE / "script_engine.py"


def test_acceptance_table_and_a_killed_worker(tmp_path, nothing_left):
    limits = {"time_limit": acceptance.TIME_LIMIT, "memory_limit": acceptance.MEMORY_LIMIT}
    with make_engine("dask", workers=2, log_dir=tmp_path / "logs", **limits) as engine:
        acceptance.check_table(acceptance.run_table(engine, tmp_path), tmp_path)
        for number in range(4):
            engine.submit(stubs.square, str(tmp_path), f"task{number}", number, 1.0)
        assert list(engine.as_completed(until=time.monotonic() + 0.5)) == []
        os.kill(_dask_workers(nothing_left)[0], signal.SIGKILL)
        attempts = [outcome.attempts for _, outcome in engine.as_completed() if outcome.status == "ok"]
        assert sorted(attempts) == [1, 1, 1, 2]


def test_what_is_large_is_sent_without_a_warning():
    with make_engine("dask", workers=1) as engine:  # warnings are errors here
        assert [outcome.value for outcome in engine.map(len, [bytes(20_000_000)])] == [20_000_000]


def test_dask_never_draws_from_the_stream_of_an_evolution():
    with make_engine("dask", workers=1) as engine:
        assert [outcome.value for outcome in engine.map(stubs.double, [4])] == [8]
        theirs = [name for name in sys.modules if name.partition(".")[0] in ("dask", "distributed", "tornado")]
        values = [(name, value) for name in theirs for value in vars(sys.modules[name]).values()]
    stream = random.random.__self__
    drawing = {name for name, value in values if value is random or getattr(value, "__self__", None) is stream}
    assert drawing == set()


def test_a_cluster_on_this_host_admits_only_those_with_its_key():
    import distributed

    with make_engine("dask", workers=1) as engine:
        assert [outcome.value for outcome in engine.map(stubs.double, [4])] == [8]
        address = engine._backend._cluster.scheduler_address
        assert address.startswith("tls://127.0.0.1:")
        with pytest.raises(OSError):
            distributed.Client(address.replace("tls:", "tcp:"), timeout=2, set_as_default=False)
        stranger = distributed.Security.temporary()
        with pytest.raises(OSError):
            distributed.Client(address, security=stranger, timeout=2, set_as_default=False)


def _dask_workers(find):
    """Workers are the parents of the children that evaluate."""
    stats = [Path(f"/proc/{child}/stat").read_text() for child in find("engines.child")]
    return sorted({int(stat.rpartition(")")[2].split()[1]) for stat in stats})


def test_a_scheduler_by_its_address(tmp_path, nothing_left):
    with _Cluster(tmp_path) as cluster:
        with make_engine("dask", scheduler_address=cluster.address) as engine:
            assert engine.capacity == 2
            assert [outcome.value for outcome in engine.map(stubs.double, range(6))] == list(range(0, 12, 2))
            for _ in range(2):
                engine.submit(time.sleep, 3600)
            assert list(engine.as_completed(until=time.monotonic() + 1.0)) == []
            assert nothing_left("engines.child")
            engine.clear()
            assert [outcome.value for outcome in engine.map(stubs.double, range(4))] == [0, 2, 4, 6]
            engine.submit(time.sleep, 3600)
            assert list(engine.as_completed(until=time.monotonic() + 0.5)) == []
        assert sessions.wait_until(lambda: not nothing_left("engines.child"), 5.0)
        assert nothing_left("dask"), "the cluster is not ours to end"


def test_a_scheduler_that_dies_is_noticed(tmp_path, nothing_left, monkeypatch):
    monkeypatch.setattr("deap_nn.engines.backends.dask.SCHEDULER_PATIENCE", 2.0)
    with _Cluster(tmp_path) as cluster, make_engine("dask", scheduler_address=cluster.address) as engine:
        engine.submit(time.sleep, 3600)
        assert list(engine.as_completed(until=time.monotonic() + 1.0)) == []
        cluster.scheduler.process.kill()
        with pytest.raises(EngineLost, match="scheduler"):
            list(engine.as_completed(until=time.monotonic() + 60.0))


def test_script_functions_and_a_killed_origin(tmp_path):
    with sessions.Session(tmp_path, SCRIPT, "dask", tmp_path, "script_function") as session:
        assert session.wait() == 0, session.output
        assert "own [0, 10, 20, 30]" in session.output
        session.assert_nothing_left()
    with sessions.Session(tmp_path, SCRIPT, "dask", tmp_path, "sleepy") as session:
        assert sessions.wait_until(lambda: (tmp_path / "starts").exists())
        session.process.kill()
        session.process.wait()
        session.assert_nothing_left(patience=30.0)


class _Cluster:
    """A scheduler and a worker with two threads, as a user starts them on a command line."""

    def __init__(self, folder):
        self._folder = folder

    def __enter__(self):
        file = self._folder / "scheduler.json"
        (self._folder / "s").mkdir()
        (self._folder / "w").mkdir()
        mark = os.environ[sessions.MARK]
        common = ("--no-dashboard", "--scheduler-file", file)
        self.scheduler = sessions.Session(
            self._folder / "s", "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *common
        )
        self.worker = sessions.Session(
            self._folder / "w", "-m", "distributed.cli.dask_worker", "--nthreads", "2", *common, **{sessions.MARK: mark}
        )
        assert sessions.wait_until(lambda: file.exists() and file.read_text().strip().endswith("}")), (
            self.scheduler.output
        )
        self.address = json.loads(file.read_text())["address"]
        return self

    def __exit__(self, *_):
        for session in (self.worker, self.scheduler):
            session.process.terminate()
            try:
                session.process.wait(10)
            finally:
                session.__exit__()


@pytest.mark.parametrize("after", [0.0, 0.4, 0.8, 1.6, 3.0])
def test_ctrl_c_while_the_cluster_starts_or_just_after_ends_it_without_a_word_of_its_workers(tmp_path, after):
    """A terminal sends it to every process of the group."""
    with sessions.Session(tmp_path, SCRIPT, "dask", tmp_path, "stubborn") as session:
        assert sessions.wait_until(lambda: len(session.members()) > 1, 60), session.output  # the first one starts
        time.sleep(after)
        os.killpg(session.process.pid, signal.SIGINT)
        assert session.wait(60) == 4, session.output
        lines = session.output.splitlines()
        assert lines[-1] == "interrupted"
        assert "Traceback" not in session.output
        session.assert_nothing_left()
