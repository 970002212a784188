"""Under SCOOP, stock and with our launcher: the acceptance table, kills, exit codes, nothing left behind."""

import os
import signal
import time

import engine_stubs as stubs
import pytest
import sessions

pytestmark = pytest.mark.slow
SCRIPT = sessions.HERE / "script_engine.py"
STOCK, OURS = ("-m", "scoop", "-n", "3"), ("-m", "deap_nn.scoop", "-n", "3")
BOTH = pytest.mark.parametrize("launcher", [STOCK, OURS], ids=["scoop", "deap_nn.scoop"])


def run(tmp_path, launcher, what, engine="default"):
    return sessions.Session(tmp_path, *launcher, SCRIPT, engine, tmp_path, what)


def workers(session):
    """The SCOOP workers, without origin and launcher."""
    return [n for n in session.find("bootstrap", "script_engine") if n not in session.find("--origin")]


def started(tmp_path, count):
    return sessions.wait_until(lambda: (tmp_path / "starts").exists() and len(stubs.starts(tmp_path)) >= count)


def busy_worker(tmp_path):
    """The one whose child was the last to note that it started a task."""
    return sessions.parent((tmp_path / "starts").read_text().split()[-1])


@BOTH
def test_acceptance_table(tmp_path, launcher):
    with run(tmp_path, launcher, "table") as session:
        code = session.wait()
        assert "finished" in session.output, session.output
        assert code == 0
        assert "scoop: 2 workers evaluate, the origin coordinates" in session.output
        session.assert_nothing_left()


@BOTH
def test_functions_of_the_script_and_cleared_tasks(tmp_path, launcher):
    expectations = {"overhead": "overhead", "script_function": "own [0, 10, 20, 30]", "cleared": "after [0, 2, 4, 6"}
    for what, expected in expectations.items():
        with run(tmp_path, launcher, what) as session:
            session.wait()
            assert expected in session.output, session.output
            assert "finished" in session.output
            session.assert_nothing_left()


def test_one_process_says_so_and_goes_on_locally(tmp_path):
    with run(tmp_path, ("-m", "scoop", "-n", "1"), "script_function") as session:
        session.wait()
        assert "-n 1: nobody is left to evaluate" in session.output
        assert "finished" in session.output, session.output
        session.assert_nothing_left()


@BOTH
def test_a_busy_worker_is_killed(tmp_path, launcher):
    with run(tmp_path, launcher, "sleepy") as session:
        assert started(tmp_path, 3)
        os.kill(busy_worker(tmp_path), signal.SIGKILL)
        session.wait()
        assert "finished" in session.output, session.output
        assert "attempts 9" in session.output
        assert len(stubs.starts(tmp_path)) == 13
        assert f"capacity {2 if launcher is OURS else 1}" in session.output
        session.assert_nothing_left()


@BOTH
def test_an_idle_worker_is_killed(tmp_path, launcher):
    with run(tmp_path, launcher, "sleepy") as session:
        assert sessions.wait_until(lambda: "attempts 8" in session.output)
        os.kill(workers(session)[0], signal.SIGKILL)
        code = session.wait()
        if launcher is OURS:
            assert "finished" in session.output, session.output
            assert code == 0
        else:
            assert "engine lost" in session.output or "finished" in session.output, session.output
        session.assert_nothing_left(patience=30.0)


@BOTH
def test_a_child_is_killed(tmp_path, launcher):
    with run(tmp_path, launcher, "sleepy") as session:
        assert started(tmp_path, 3)
        os.kill(session.find("engines.child")[0], signal.SIGKILL)
        session.wait()
        assert "attempts 9" in session.output, session.output
        assert "capacity 2" in session.output
        session.assert_nothing_left()


@BOTH
def test_the_origin_is_killed(tmp_path, launcher):
    with run(tmp_path, launcher, "sleepy") as session:
        assert started(tmp_path, 3)
        os.kill(session.find("bootstrap", "--origin")[0], signal.SIGKILL)
        code = session.wait()
        assert "finished" not in session.output
        assert code == (137 if launcher is OURS else 0)
        session.assert_nothing_left()


@BOTH
def test_the_launcher_is_killed(tmp_path, launcher):
    with run(tmp_path, launcher, "sleepy") as session:
        assert started(tmp_path, 3)
        session.process.kill()
        session.process.wait()
        session.assert_nothing_left(patience=30.0)
        assert "engine lost: SCOOP" in session.output, session.output


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_our_launcher_is_told_to_stop(tmp_path, number, code):
    with run(tmp_path, OURS, "sleepy") as session:
        assert started(tmp_path, 3)
        session.process.send_signal(number)
        assert session.wait() == code
        assert "interrupted" in session.output, session.output
        session.assert_nothing_left()


def test_our_launcher_passes_the_exit_code_on(tmp_path):
    script = tmp_path / "script.py"
    for line, code in (("sys.exit(3)", 3), ("sys.exit(0)", 0), ("1 / 0", 1), ("pass", 0), ("sys.exit('no')", 1)):
        script.write_text(f"import sys\nif __name__ == '__main__':\n    {line}\n")
        with sessions.Session(tmp_path, *OURS, script) as session:
            assert session.wait() == code, session.output
            session.assert_nothing_left()


def test_our_launcher_gives_up_workers_that_cannot_start(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import time\nif __name__ != '__main__':\n    import no_such_module\ntime.sleep(120)\n")
    with sessions.Session(tmp_path, *OURS, script) as session:
        assert session.wait() != 0
        assert "no SCOOP worker can be started" in session.output, session.output
        session.assert_nothing_left()


def test_the_pool_survives_many_kills_under_our_launcher(tmp_path):
    with run(tmp_path, OURS, "sleepy") as session:
        assert started(tmp_path, 2)
        for _ in range(3):
            victims = workers(session)
            if victims:
                os.kill(victims[0], signal.SIGKILL)
            time.sleep(0.7)
        assert session.wait() == 0, session.output
        assert "finished" in session.output
        session.assert_nothing_left()


@pytest.mark.parametrize("delay", [0.3, 0.7, 1.2, 3.0])
def test_an_impatient_ctrl_c_ends_our_launcher_and_all_it_has_started(tmp_path, delay):
    with run(tmp_path, OURS, "sleepy") as session:
        time.sleep(delay)
        for _ in range(3):
            session.process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        assert session.wait(40) != 0
        session.assert_nothing_left()


@pytest.mark.parametrize("delay", [0.4, 0.8, 1.2])
def test_our_launcher_is_killed_while_it_starts(tmp_path, delay):
    with run(tmp_path, OURS, "sleepy") as session:
        time.sleep(delay)
        session.process.kill()
        session.process.wait()
        session.assert_nothing_left(patience=40.0)


IGNORING = """
import os, signal, sys
signal.signal(signal.{0}, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_what_our_launcher_was_started_to_ignore_stays_ignored(tmp_path, name):
    """As nohup and the background of a shell do it."""
    command = ("-c", IGNORING.format(name), *OURS, SCRIPT, "default", tmp_path, "script_function")
    with sessions.Session(tmp_path, *command) as session:
        time.sleep(1.5)
        for _ in range(2):
            session.process.send_signal(getattr(signal, name))
            time.sleep(0.3)
        assert session.wait() == 0, session.output
        assert "finished" in session.output
