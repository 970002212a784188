"""What a user's own script defines (functions, individuals, a toolbox) works under every engine."""

import re

import pytest
from sessions import HERE, Session

pytestmark = pytest.mark.slow

SCRIPT = HERE.parent / "script_toolbox.py"
UNGUARDED = HERE.parent / "script_no_guard.py"
LATE = HERE.parent / "script_late_globals.py"
BY_VALUE = HERE.parent / "script_by_value.py"
IDIOM = HERE.parents[1] / "experiments" / "deap_idiom.py"
SCOOP = ("-m", "scoop", "-n", "3")


def one_max(output):
    """The best share of ones; of 20 random bits the best of 20 individuals rarely has more than 0.75."""
    return float(re.search(r"^one max (.*)$", output, re.MULTILINE).group(1))


@pytest.mark.parametrize(
    "launcher, engine",
    [((), "processes"), ((), "dask"), (SCOOP, "default"), (("-m", "deap_nn.scoop", "-n", "3"), "default")],
    ids=["processes", "dask", "scoop", "deap_nn.scoop"],
)
def test_a_toolbox_and_a_function_of_the_script(tmp_path, launcher, engine):
    with Session(tmp_path, *launcher, SCRIPT, engine, tmp_path / "run") as session:
        assert session.wait(120) == 0, session.output
        assert ("scoop: 2 workers evaluate" in session.output) == bool(launcher)
        assert one_max(session.output) > 0.8
        assert "depth finished" in session.output
        session.assert_nothing_left()


def test_deaps_own_loop_with_scoops_own_map_on_a_stub(tmp_path):
    with Session(tmp_path, "-m", "scoop", "-n", "2", SCRIPT, "futures", "-") as session:
        session.wait(60)
        assert one_max(session.output) > 0.8
        assert "depth 0." in session.output


def test_deaps_own_loop_with_scoops_own_map_on_digits(tmp_path):
    with Session(tmp_path, "-m", "scoop", "-n", "2", IDIOM) as session:
        session.wait(150)
        assert "best validation accuracy: 0." in session.output


@pytest.mark.parametrize(
    "launcher, engine",
    [((), "serial"), ((), "processes"), ((), "dask"), (SCOOP, "scoop"), (("-m", "deap_nn.scoop", "-n", "3"), "scoop")],
    ids=["serial", "processes", "dask", "scoop", "deap_nn.scoop"],
)
def test_globals_that_a_script_sets_below_its_guard_are_seen_as_they_are(tmp_path, launcher, engine):
    with Session(tmp_path, *launcher, LATE, engine, tmp_path / "run") as session:
        assert session.wait(120) == 0, session.output
        assert "\nbest 514321.0\n" in session.output
        assert "\nlate 514321.0\n" in session.output
        if engine == "processes":
            assert "network ['Flatten() -> 64', 'Dense() -> 7', " in session.output
        session.assert_nothing_left()


def test_one_that_cannot_be_sent_is_refused_before_the_run_exists(tmp_path):
    with Session(tmp_path, LATE, "processes", tmp_path / "run", "lock") as session:
        assert session.wait(60) != 0
        assert "InputError: the global LOCK is set below" in session.output
    assert not (tmp_path / "run").exists()


def test_a_script_without_a_guard_works_and_starts_one_search(tmp_path):
    with Session(tmp_path, UNGUARDED, tmp_path / "run") as session:
        assert session.wait(60) == 0, session.output
        assert session.output.count("\nbest ") == 1
        session.assert_nothing_left()
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"run"}


def test_under_scoop_it_is_told_what_to_add(tmp_path):
    with Session(tmp_path, "-m", "deap_nn.scoop", "-n", "2", UNGUARDED, tmp_path / "run") as session:
        session.wait(60)
        assert 'put the call below `if __name__ == "__main__":`' in session.output
        session.assert_nothing_left()


@pytest.mark.parametrize(("way", "engine"), [("-c", "dask"), ("no suffix", "processes"), ("cProfile", "processes")])
def test_what_no_worker_can_import_goes_by_value(tmp_path, way, engine):
    """As from a notebook, where `__main__` has no file either."""
    (tmp_path / "script").write_text(BY_VALUE.read_text())
    command = {
        "-c": ("-c", BY_VALUE.read_text()),
        "no suffix": (tmp_path / "script",),
        "cProfile": ("-m", "cProfile", "-o", tmp_path / "profile", BY_VALUE),
    }[way]
    with Session(tmp_path, *command, engine, tmp_path) as session:
        assert session.wait(120) == 0, session.output
        assert "function True" in session.output
        assert "kind finished" in session.output
        session.assert_nothing_left()
