"""The command `deap-nn`: its sub-commands, their help, what they refuse and what becomes of their options."""

import subprocess
import sys

import numpy as np
import pytest
import search_stubs

from deap_nn import PRESETS, Run, cli
from deap_nn.cli.commands import COMMANDS
from deap_nn.cli.options import option
from deap_nn.search import all_settings


@pytest.fixture(autouse=True)
def called_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/deap-nn"])
    monkeypatch.chdir(tmp_path)


def run(*argv):
    """The exit code of a call."""
    try:
        cli.main(argv)
    except SystemExit as end:
        return end.code or 0
    return 0


def refused(capsys, *argv):
    """What is said, in one line on stderr, by a call that is wrong."""
    assert run(*argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.removeprefix("deap-nn: error: ").rstrip("\n")


def helped(capsys, *argv):
    assert run(*argv, "--help") == 0
    return " ".join(capsys.readouterr().out.split())


def test_help_names_every_command(capsys):
    text = helped(capsys)
    for name, command in COMMANDS.items():
        assert f"{name} {command.help}" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_help(capsys, name):
    text = helped(capsys, name)
    assert text.startswith(f"usage: deap-nn {name}")
    assert COMMANDS[name].help[1:] in text


def test_evolve_takes_every_setting_and_resume_those_that_may_change(capsys):
    evolve, resume = helped(capsys, "evolve"), helped(capsys, "resume")
    for name, setting in all_settings().items():
        assert (f"{option(name)} " in evolve) != setting.python_only
        assert (f"{option(name)} " in resume) == setting.resumable
    assert all(f"--{name} " in resume for name in ("cache", "retry-failed", "quiet", "dataset"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("grow", "argument COMMAND: invalid choice: 'grow'"),
        ("evolve --budget soon", "argument --budget: received 'soon', expected a time above 0, such as 90s, 30m"),
        ("evolve vgg", "SPACE: received 'vgg', expected one of conv2d, dense, full, deep, modern"),
        ("evolve dense --population 2", "argument --population: received '2', expected a whole number of at least 3"),
        ("evolve dense --dataset nonsense", "data set: received 'nonsense', expected one of digits"),
        ("evolve dense --resume there", "unrecognized arguments: --resume there"),
        ("resume", "the following arguments are required: RUN"),
        ("resume nowhere", "nowhere holds no run that can be read"),
        ("resume there --population 9", "unrecognized arguments: --population 9"),
        ("plot nowhere", "nowhere holds no run that can be read"),
        ("predict there", "the following arguments are required: FILE.npz"),
        ("predict there no.npz", "no.npz: cannot be read"),
        ("presets dense", "unrecognized arguments: dense"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(capsys, line, message):
    assert message in refused(capsys, *line.split())


def test_presets_describes_them_all(capsys):
    assert run("presets") == 0
    shown = capsys.readouterr().out
    assert all(space.describe() in shown for space in PRESETS.values())


def test_evolve_and_resume_search_with_their_options(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr("deap_nn.search.evolve", lambda space, data, **options: seen.append((space, data, options)))
    monkeypatch.setattr("deap_nn.search.resume", lambda path, **options: seen.append((path, options)))
    monkeypatch.setattr("deap_nn.reports.print_report", lambda run, again: seen.append(again))
    assert run("evolve", "dense", "--dataset", "digits", "--population", "7", "--run-dir", "here", "--quiet") == 0
    assert run("resume", "here", "--generations", "9", "--retry-failed", "--quiet") == 0
    (space, data, evolved), again, (path, resumed), _ = seen
    assert (space, data, evolved["population"], evolved["run_dir"]) == (PRESETS["dense"], "digits", 7, "here")
    assert (path, resumed["generations"], resumed["retry_failed"], resumed["space"]) == ("here", 9, True, None)
    assert again == "deap-nn resume"


def test_an_interrupted_search_says_which_command_goes_on(monkeypatch, capsys):
    def interrupted(space, data, *, run_dir, **options):
        Run.create(run_dir, {})
        raise KeyboardInterrupt

    monkeypatch.setattr("deap_nn.search.evolve", interrupted)
    assert run("evolve", "dense", "--run-dir", "here") == 130
    assert capsys.readouterr().err == "stopped; what was found is in here; go on with: deap-nn resume here\n"


def test_plot_draws_a_run_anew(capsys):
    search_stubs.search("here")
    made = Run("here").path / "plots" / "fitness.png"
    assert run("plot", "here") == 0
    assert capsys.readouterr().out == f"{made}\n"
    assert made.read_bytes().startswith(b"\x89PNG")


def test_the_module_is_the_command():
    ended = subprocess.run([sys.executable, "-m", "deap_nn", "grow"], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.startswith("deap-nn: error: argument COMMAND: invalid choice: 'grow'")


@pytest.mark.slow
def test_a_search_from_the_command_line_to_predictions(tmp_path):
    def deap_nn(*argv):
        ended = subprocess.run(
            [sys.executable, "-m", "deap_nn", *argv],
            capture_output=True,
            text=True,
            timeout=200,
            start_new_session=True,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    options = ("--population", "4", "--generations", "1", "--train-samples", "200", "--engine", "serial")
    assert "final (test accuracy" in deap_nn("evolve", "dense", "--dataset", "digits", "--run-dir", "run", *options)
    assert "generation 2/2" in deap_nn("resume", "run", "--generations", "2")
    np.savez("images.npz", x=np.zeros((3, 8, 8), np.float32))
    table = deap_nn("predict", "run", "images.npz").splitlines()
    assert table[0] == "image,class," + ",".join(f"p{label}" for label in range(10))
    assert len(table) == 4
    deap_nn("predict", "run", "images.npz", "--output", "answers.csv")
    assert (tmp_path / "answers.csv").read_text().splitlines() == table


@pytest.mark.slow
def test_a_search_for_accurate_and_small_networks():
    options = ("--population", "5", "--generations", "2", "--train-samples", "300", "--screen", "4", "--train-front")
    line = [sys.executable, "-m", "deap_nn", "evolve", "dense", "--dataset", "digits", "--run-dir", "run", *options]
    line += ["--objectives", "accuracy,parameters", "--workers", "2"]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=300, start_new_session=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "the smallest network within 1 % of the best: " in ended.stdout
    networks = Run("run").front["networks"]
    accuracies, sizes = ([one[name] for one in networks] for name in ("accuracy", "parameters"))
    assert accuracies == sorted(accuracies, reverse=True)
    assert sizes == sorted(sizes, reverse=True)
    assert networks[0]["file"] == "best.keras"
    assert all((Run("run").path / one["file"]).exists() for one in networks)
    assert Run("run").best["test_evaluations"] == len(networks)
    assert (Run("run").path / "plots" / "front.png").exists()


@pytest.mark.parametrize("given", ["parameters", "accuracy,size", "accuracy,accuracy", ""])
def test_objectives_that_do_not_exist_are_answered_in_one_line(capsys, given):
    assert run("evolve", "dense", "--dataset", "digits", "--objectives", given) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "accuracy (fitness, of your own function), then any of parameters, multiply_adds, seconds, latency" in error


def test_a_front_of_one_objective_cannot_be_trained(capsys):
    assert run("evolve", "dense", "--dataset", "digits", "--train-front") == 2
    assert "train_front is for several objectives" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_gets_no_traceback():
    much = "from deap_nn.cli.ending import finish; finish(lambda: print('x' * 10**6))"
    line = f'{sys.executable} -c "{much}" | head -c 1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("x", "", 141)
