"""Options, exit codes and messages of the experiment scripts, without a training."""

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from deap_nn import cli
from deap_nn.cli import make_parser
from deap_nn.cli.options import option
from deap_nn.engines import EngineLost
from deap_nn.errors import InputError
from deap_nn.reports import print_report
from deap_nn.runs import Run
from deap_nn.search import BrokenProgram, Settings, all_settings
from deap_nn.space.presets import CONV2D, FULL


@pytest.fixture(autouse=True)
def a_script(monkeypatch, tmp_path):
    """A script's name and a folder of its own; the handler of SIGTERM is put back."""
    monkeypatch.setattr(sys, "argv", ["experiments/full_network.py"])
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def no_search(monkeypatch):
    """Wrong options have to be found before anything starts."""

    def perform(search):
        pytest.fail(f"a search was started: {search.settings}")

    monkeypatch.setattr("deap_nn.search.starting.perform", perform)
    monkeypatch.setattr("deap_nn.search.resuming.perform", perform)


@pytest.fixture
def a_run(tmp_path):
    """The directory of a run that was begun."""
    path = tmp_path / "a-run"
    info = {"settings": Settings(population=5).to_json(), "space": FULL.to_json(), "start_with": []}
    Run.create(path, info | {"data": {"source": "digits", "fingerprint": "?"}})
    return path


def exit_code(main):
    try:
        cli.finish(main)
    except SystemExit as end:
        return end.code
    return 0


def run_script(*argv, space=FULL):
    return exit_code(lambda: cli.run_experiment(space, "Evolve.", argv))


def the_error(capsys):
    """What was said on stderr, which has to be one line, and nothing on stdout."""
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert said.err.startswith("full_network.py: error: ")
    return said.err.removeprefix("full_network.py: error: ").rstrip("\n")


# --- wrong options ---


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--population 2", "argument --population: received '2', expected a whole number of at least 3"),
        ("--population -5", "argument --population: received '-5', expected a whole number of at least 3"),
        ("--population x", "argument --population: received 'x', expected a whole number of at least 3"),
        ("--population 2.5", "argument --population: received '2.5', expected a whole number"),
        ("--population 1e3", "argument --population: received '1e3', expected a whole number"),
        ("--population", "argument --population: expected one argument"),
        ("--generations -1", "argument --generations: received '-1', expected a whole number of at least 0"),
        ("--survivors 0", "argument --survivors: received '0', expected a share above 0 and below 1"),
        ("--survivors 1.0", "argument --survivors: received '1.0', expected a share"),
        ("--survivors -0.2", "argument --survivors: received '-0.2', expected a share"),
        ("--survivors nan", "argument --survivors: received 'nan', expected a share"),
        ("--survivors 20%", "argument --survivors: received '20%', expected a share"),
        ("--population 4 --survivors 0.9", "of a population of 4, 4 would survive and leave no place for offspring"),
        ("--crossover uniform", "received 'uniform', expected one of whole-layer, two-point, both"),
        ("--mutation-probability 1.1", "received '1.1', expected a probability from 0 to 1"),
        ("--mutation-probability -.1", "received '-.1', expected a probability from 0 to 1"),
        ("--stop-at 0", "stop_at is 0.0, expected an accuracy above 0 and up to 1"),
        ("--stop-at 90", "stop_at is 90.0, expected an accuracy above 0 and up to 1"),
        ("--stop-at nan", "argument --stop-at: received 'nan', expected a finite number"),
        ("--seed -1", "argument --seed: received '-1', expected a whole number of at least 0"),
        ("--training-seed -1", "argument --training-seed: received '-1', expected a whole number"),
        ("--engine threads", "received 'threads', expected one of serial, processes, scoop, dask"),
        ("--workers 0", "argument --workers: received '0', expected a whole number of at least 1"),
        ("--workers -2", "argument --workers: received '-2', expected a whole number of at least 1"),
        ("--time-limit 0", "argument --time-limit: received '0', expected seconds above 0"),
        ("--time-limit inf", "argument --time-limit: received 'inf', expected seconds above 0"),
        ("--memory-limit -1", "argument --memory-limit: received '-1', expected gibibytes above 0"),
        ("--stop-after -3", "argument --stop-after: received '-3', expected seconds above 0"),
        ("--stop-after 5m", "argument --stop-after: received '5m', expected seconds above 0"),
        ("--train-samples 9", "argument --train-samples: received '9', expected a whole number of at least 10"),
        ("--dataset nonsense", "nonsense"),
        ("--dataset missing.npz", "missing.npz"),
        ("--dataset .", "."),
        ("--dataset text.npz", "text.npz"),
        ("--dataset pickled.npz", "pickled.npz"),
        ("--run-dir text.npz/run --dataset digits", "text.npz/run cannot be written"),
        ("--run-dir a-run", "a-run holds a run already: choose another run directory, or go on with --resume a-run"),
        ("--resume missing", "missing holds no run that can be read"),
        ("--resume .", "holds no run that can be read"),
        ("--resume a-run --population 9", "a resumed run keeps its population; only generations, "),
        ("--resume a-run --seed 9 --precision bfloat16", "a resumed run keeps its seed, precision; only generations, "),
        ("--resume a-run --run-dir other", "--run-dir is for a new run, --resume for one that exists"),
        ("--resume a-run --start-with best.json", "--start-with is for a new run, --resume for one that exists"),
        ("--retry-failed --dataset digits", "--retry-failed goes with --resume RUN"),
        ("--start-with missing.json --dataset digits", "missing.json"),
        ("--start-with text.npz --dataset digits", "text.npz"),
        ("--pop 5", "unrecognized arguments: --pop 5 (--help explains the options)"),
        ("--epochs 5", "unrecognized arguments: --epochs 5"),
        ("digits", "unrecognized arguments: digits"),
        ("--quiet=yes", "argument --quiet: ignored explicit argument 'yes'"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(line, message, no_search, a_run, tmp_path, capsys):
    (tmp_path / "text.npz").write_text("no such format")
    np.savez(tmp_path / "pickled.npz", x_train=np.array([{}], object), y_train=np.array([0]))
    assert run_script(*line.split()) == 2
    assert message in the_error(capsys)
    assert not (tmp_path / "runs").exists()


def test_convolutions_on_flat_data_are_refused_in_one_line(no_search, tmp_path, capsys):
    x, y = np.random.default_rng(0).normal(size=(100, 7)), np.arange(100) % 2
    np.savez(tmp_path / "flat.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    assert run_script("--dataset", "flat.npz", "--run-dir", "new", space=CONV2D) == 2
    message = the_error(capsys)
    assert "7" in message
    assert "image" in message
    assert not (tmp_path / "new").exists()


# --- --help ---


@pytest.fixture
def help_text(capsys):
    with pytest.raises(SystemExit) as end:
        make_parser("Evolve networks.").parse_args(["--help"])
    assert end.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_help_explains_every_option_with_its_default(help_text):
    assert "Evolve networks." in help_text
    options = {name: setting for name, setting in all_settings().items() if not setting.python_only}
    for name, setting in options.items():
        value = setting.metavar or "|".join(setting.choices or ())  # a flag has none
        names = f"{option(name)}, --no-{option(name)[2:]}" if setting.type is bool else option(name)
        assert " ".join(f"{names} {value} {setting.help}".split()) in help_text
        assert f"{setting.help} (default: {setting.default})" in help_text
    others = ["dataset", "run-dir", "resume", "start-with", "cache", "retry-failed", "tensorboard", "quiet", "dry-run"]
    for name in others:
        explanation = help_text.split(f" --{name} ")[-1].split(" --")[0]
        assert "(default: " in explanation or name in ("resume", "retry-failed"), name
    assert help_text.count("(default: ") == len(options) + len(others)


def test_defaults_are_shown_as_one_would_type_them(help_text):
    for text in (
        "(default: 600; with a budget, half",
        "(default: 0.2)",
        "(default: 10000)",
        "(default: both)",
        "(default: cifar10)",
    ):
        assert text in help_text
    assert "(default: as many as the cores or GPUs allow)" in help_text
    assert "None" not in help_text


def test_a_script_can_leave_settings_out():
    text = make_parser("", without=("crossover",)).format_help()
    assert "--crossover" not in text
    assert "--survivors" in text


# --- what becomes of the options ---


@pytest.fixture
def calls(monkeypatch, a_run):
    """What `evolve` and `resume` are called with, in place of running them."""
    seen = []

    def noting(name):
        def call(*arguments, **options):
            seen.append((name, arguments, options))
            return Run(a_run)

        return call

    monkeypatch.setattr("deap_nn.search.evolve", noting("evolve"))
    monkeypatch.setattr("deap_nn.search.resume", noting("resume"))
    return seen


def parsed(*argv):
    return vars(make_parser("").parse_args(argv))


def test_nothing_given_means_cifar10_and_a_new_directory(calls):
    cli.search(FULL, parsed())
    ((name, arguments, options),) = calls
    assert (name, arguments) == ("evolve", (FULL, "cifar10"))
    assert options.pop("run_dir") is None  # `evolve` makes one
    assert options.pop("progress")
    assert options.pop("hooks").on_generation == ()
    assert {value for value in options.values() if value} == set()
    assert not options.keys() & all_settings().keys()


def test_every_setting_is_passed_on(calls):
    given = {
        "train_samples": 500, "population": 7, "generations": 2, "survivors": 0.4, "crossover": "two-point",
        "mutation_probability": 0.3, "stop_at": 0.8, "seed": 4, "training_seed": 5, "engine": "serial", "workers": 3,
        "time_limit": 30.5, "memory_limit": 1.5, "threads_per_worker": 2, "workers_per_gpu": 2,
        "dask_scheduler": "tcp://host:1", "stop_after": 60.0, "pruner": "halving", "precision": "bfloat16",
        "scaling": "none", "min_steps": 7, "budget": 90.0, "finalists": 2, "final_epochs": 40, "ensemble": 3,
        "final_width": 1.5,
        "trainer": "portable", "algorithm": "steady-state", "lag": 6, "screen": 20, "evaluations": 90, "patience": 30,
        "max_parameters": 90_000, "max_multiply_adds": 5_000_000,
        "objectives": ("accuracy", "multiply_adds"), "train_front": True,
    }  # fmt: skip
    assert given.keys() == all_settings().keys() - {"minimize"}  # for functions, which no option can name
    texts = {name: str(value) for name, value in given.items()} | {"objectives": "accuracy,multiply-adds"}
    line = [word for name, text in texts.items() for word in (option(name), text) if word != "True"]
    others = ["--dataset", "digits", "--run-dir", "there", "--cache", "c.sqlite", "--start-with", "b.json"]
    cli.search(FULL, parsed(*line, *others))
    ((_, arguments, options),) = calls
    assert arguments == (FULL, "digits")
    assert {name: options[name] for name in given} == given
    assert (options["run_dir"], options["cache"], options["start_with"]) == ("there", "c.sqlite", "b.json")


def test_resume_passes_on_what_was_given_and_nothing_else(calls):
    cli.search(FULL, parsed("--resume", "there", "--generations", "9", "--retry-failed"))
    ((name, arguments, options),) = calls
    assert (name, arguments) == ("resume", ("there",))
    assert (options["generations"], options["retry_failed"], options["space"]) == (9, True, FULL)
    assert options.keys() & all_settings().keys() == {"generations"}
    assert options["data"] is None


def test_quiet_shows_no_progress(calls):
    cli.search(FULL, parsed(), quiet=True)
    assert not calls[0][2]["progress"]


DATA = {"data": {"task": "classification", "classes": 10}}


def test_the_report_names_layers_figures_and_places(capsys, tmp_path):
    best = {
        "layers": ["input (8, 8, 1)", "dense (10,)"],
        "genome": [{"kind": "training", "genes": {"epochs": 12, "optimizer": "adam"}}],
        "search_validation_accuracy": 0.87654,
        "test_accuracy": 0.81239,
        "trained_on": "training + validation",
        "epochs": 30,
        "width": 1.5,
    }
    run = SimpleNamespace(path=tmp_path, best=best, front=None, status="finished", info={"reason": "", **DATA})
    print_report(run, "deap-nn resume")
    shown = capsys.readouterr().out
    for text in ("  input (8, 8, 1)\n  dense (10,)\n", "epochs 12, optimizer adam", "validation accuracy): 0.8765"):
        assert text in shown
    assert "test accuracy, trained on training + validation): 0.8124" in shown
    assert "final training: 30 epochs, 1.5 times as wide as it was found\n" in shown
    assert str(tmp_path) in shown
    assert "stopped" not in shown
    del best["width"]
    run.status, run.info = "stopped", {"reason": "the time is over", **DATA}
    print_report(run, "deap-nn resume")
    shown = capsys.readouterr().out
    assert f"stopped early (the time is over); go on with: deap-nn resume {tmp_path}" in shown
    assert "final training: 30 epochs\n" in shown


# --- how it ends ---


def raising(error):
    def main():
        raise error

    return main


def test_all_well_is_no_exit_at_all(capsys):
    assert exit_code(lambda: None) == 0
    assert capsys.readouterr() == ("", "")


def test_a_broken_program_shows_the_workers_traceback(capsys):
    error = BrokenProgram("KeyError: 'filters'\nTraceback (most recent call last):\n  the worker's lines")
    assert exit_code(raising(error)) == 1
    said = capsys.readouterr().err
    assert said.startswith("the run failed: KeyError: 'filters'")
    assert "the worker's lines" in said
    assert "raise error" not in said  # not our own traceback


def test_a_lost_engine_is_told_without_a_traceback(capsys):
    assert exit_code(raising(EngineLost("no child process can be started"))) == 1
    assert capsys.readouterr().err == "the run failed: no child process can be started\n"


@pytest.mark.parametrize("kind", [ZeroDivisionError, ValueError])
def test_an_error_of_our_own_shows_its_traceback(capsys, kind):
    assert exit_code(raising(kind("of ours"))) == 1
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert f"{kind.__name__}: of ours" in said


def test_a_full_disk_is_one_line(capsys):
    assert exit_code(raising(OSError(28, "No space left on device"))) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "No space left on device" in said
    assert "--resume" in said


def test_an_error_of_several_lines_is_told_in_one(capsys):
    assert exit_code(raising(InputError("first\n   second"))) == 2
    assert the_error(capsys) == "first second"


def test_ctrl_c_and_sigterm_have_the_exit_codes_that_shells_expect():
    def terminated():
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("SIGTERM was not heard")

    assert exit_code(raising(KeyboardInterrupt())) == 130
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # or a failure would end the tests
    assert exit_code(terminated) == 143


def interrupted(monkeypatch, path=None):
    def evolve(space, data, *, run_dir, hooks, **options):
        if path:
            run = Run.create(run_dir, {}) if run_dir else Run.create_named(space.name, {})
            hooks.on_start[-1](run, None)  # the one that notes where it is
        raise KeyboardInterrupt

    monkeypatch.setattr("deap_nn.search.evolve", evolve)


def test_an_interrupted_run_says_where_it_is_and_how_to_go_on(monkeypatch, capsys):
    interrupted(monkeypatch, "there")
    assert run_script("--run-dir", "there") == 130
    expected = "stopped; what was found is in there; go on with: python experiments/full_network.py --resume there\n"
    assert capsys.readouterr() == ("", expected)


def test_the_directory_that_was_made_by_itself_is_named_too(monkeypatch, capsys):
    interrupted(monkeypatch, "there")
    assert run_script() == 130
    assert "--resume runs/full-" in capsys.readouterr().err


def test_a_script_of_several_runs_names_what_it_takes_itself(monkeypatch, capsys):
    interrupted(monkeypatch, "there")
    options = parsed("--run-dir", "all/one")
    assert exit_code(lambda: cli.search(FULL, options, resume_with="all")) == 130
    assert capsys.readouterr().err.endswith("what was found is in all/one; go on with: python "
                                            "experiments/full_network.py --resume all\n")  # fmt: skip


def test_an_interruption_before_anything_was_written_says_so(monkeypatch, capsys):
    interrupted(monkeypatch)
    assert run_script("--run-dir", "there") == 130
    assert capsys.readouterr().err == "stopped before the first evaluation\n"


def test_exit_codes_are_those_of_the_process_too():
    line = "from deap_nn.cli import run_experiment; from deap_nn import PRESETS; run_experiment(PRESETS['full'], '')"
    ended = subprocess.run(
        [sys.executable, "-c", line, "--population", "-5"], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        "-c: error: argument --population: received '-5', expected a whole number of at least 3 "
        "(--help explains the options)\n"
    )
