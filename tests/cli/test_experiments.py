"""Every experiment script at toy size, as a user starts it: in a process of its own, with a time limit."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import numpy as np
import pytest

from deap_nn.data import DataSpec, load

pytestmark = pytest.mark.slow

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
MARK = "DEAP_NN_TEST_MARK"
TOY = ("--dataset", "digits", "--train-samples", "200", "--seed", "3")
TALKATIVE = ("TF_ENABLE_ONEDNN_OPTS", "absl::InitializeLog")
"""What TensorFlow says on stderr where it runs in the script's own process, as with `--engine serial`: the first only
where the processor has AVX-512 or it is told to use oneDNN."""
SMALL = (*TOY, "--population", "5", "--generations", "2", "--workers", "2")


class Script:
    """A script that runs in a session of its own; at the end nothing of it is left, whatever happens.

    All its processes inherit a mark in their environment, by which they are found even if they left the session.
    """

    def __init__(self, folder, script, *argv):
        self._mark = f"{MARK}={uuid.uuid4().hex}".encode()
        self._files = [(folder / name).open("w+") for name in ("stdout", "stderr")]
        name, value = self._mark.decode().split("=")
        self.process = subprocess.Popen(
            [sys.executable, str(EXPERIMENTS / script), *map(str, argv)],
            cwd=folder,
            env={**os.environ, name: value, "CUDA_VISIBLE_DEVICES": "-1"},
            stdin=subprocess.DEVNULL,
            stdout=self._files[0],
            stderr=self._files[1],
            start_new_session=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in [*self.living(), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.wait()
        for file in self._files:
            file.close()

    def living(self):
        """The numbers of its processes; zombies have no environment any more."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and self._mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def wait(self, patience=100):
        """Return exit code, stdout and stderr."""
        code = self.process.wait(patience)
        texts = []
        for file in self._files:
            file.seek(0)
            texts.append(file.read())
        return code, *texts


def run(folder, script, *argv):
    """Run a script that has to end well; return what it printed."""
    with Script(folder, script, *argv) as running:
        code, out, err = running.wait()
    assert code == 0, f"{out}\n{err}"
    assert err == "" or any(words in err for words in TALKATIVE), err
    return out


def wait_until(condition, patience=60.0):
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def content(path):
    return json.loads(path.read_text())


def rows(run_dir):
    """The logbook, less what differs from one time to the next."""
    with (run_dir / "logbook.csv").open(newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


def evaluations(run_dir):
    path = run_dir / "evaluations.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def genomes(run_dir):
    return sorted(json.dumps(line["genome"], sort_keys=True) for line in evaluations(run_dir))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of `full_network.py` that went through, and what it printed."""
    folder = tmp_path_factory.mktemp("finished")
    out = run(folder, "full_network.py", *SMALL, "--run-dir", "run")
    return folder / "run", out


@pytest.fixture
def again(finished, tmp_path):
    """A copy of the finished run, to do with as one likes."""
    shutil.copytree(finished[0], tmp_path / "run")
    return tmp_path / "run"


# --- a run that went through ---


def test_the_directory_holds_the_whole_search(finished):
    path, _ = finished
    info, best, logbook = content(path / "run.json"), content(path / "best.json"), rows(path)
    assert (info["status"], info["reason"]) == ("finished", "")
    assert (info["settings"]["population"], info["settings"]["seed"]) == (5, 3)
    assert info["data"]["input_shape"] == [8, 8, 1]
    assert [row["gen"] for row in logbook] == ["0", "1", "2"]
    lines = evaluations(path)
    known = sum(int(row["cached"]) for row in logbook)
    assert sum(int(row["nevals"]) for row in logbook) == len(set(genomes(path))) + known
    in_full = [line for line in lines if line["record"]["status"] == "ok"]
    assert len({json.dumps(line["genome"]) for line in in_full}) == len(in_full)  # nobody was trained twice
    assert {line["record"]["status"] for line in lines} == {"ok", "pruned"}
    assert max(line["fitness"][0] for line in lines) == best["search_validation_accuracy"] == float(logbook[-1]["best"])
    assert all(line["record"]["epochs"] >= 5 for line in in_full)
    assert content(path / "checkpoint.json")["generation"] == 2
    assert len(content(path / "checkpoint.json")["population"]) == 5
    assert (path / "plots" / "fitness.png").read_bytes().startswith(b"\x89PNG")
    assert list((path / "logs").iterdir())


def test_what_is_printed_is_progress_in_lines_and_the_report(finished):
    path, out = finished
    best = content(path / "best.json")
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("generation ")] == [
        f"generation {number}/2" for number in range(3)
    ]
    assert f"found in the search (validation accuracy): {best['search_validation_accuracy']:.4f}" in lines
    assert f"final (test accuracy, trained on {best['trained_on']}): {best['test_accuracy']:.4f}" in lines
    assert sum("conv2d" in line for line in lines) == 2  # layer by layer
    assert lines[-1] == "run directory: run (best.keras, best.json, plots/fitness.png)"


READER = """
import sys
import keras, numpy as np
model = keras.models.load_model(sys.argv[1])
data = np.load(sys.argv[2])
print(float(np.mean(np.argmax(model.predict(data["x"], verbose=0), axis=1) == data["y"])))
print("deap_nn" in sys.modules)
"""


def test_the_best_network_loads_with_plain_keras_and_is_as_good_on_raw_pixels(finished, tmp_path):
    path, _ = finished
    splits = load(DataSpec("digits", 200, 3))
    assert splits.x_test.max() > 1  # raw, not scaled
    np.savez(tmp_path / "test.npz", x=splits.x_test, y=splits.y_test)
    read = subprocess.run(
        [sys.executable, "-I", "-c", READER, str(path / "best.keras"), str(tmp_path / "test.npz")],
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    accuracy, imported = read.stdout.split()
    assert float(accuracy) == pytest.approx(content(path / "best.json")["test_accuracy"], abs=1e-12)
    assert imported == "False"


def test_a_run_directory_is_not_used_twice(finished, tmp_path):
    path, _ = finished
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}
    with Script(tmp_path, "full_network.py", *SMALL, "--run-dir", path) as running:
        code, out, err = running.wait()
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert f"go on with --resume {path}" in err
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before


def test_plot_run_draws_from_the_directory_alone(finished, tmp_path):
    for name in ("run.json", "logbook.csv"):
        shutil.copy(finished[0] / name, tmp_path)
    assert run(tmp_path, "plot_run.py", tmp_path) == f"{tmp_path}/plots/fitness.png\n"
    assert (tmp_path / "plots" / "fitness.png").read_bytes().startswith(b"\x89PNG")


# --- the other scripts ---


def test_conv2d_only_stops_at_a_target(tmp_path):
    argv = ("--population", "4", "--generations", "3", "--stop-at", "0.01", "--engine", "serial", "--quiet")
    out = run(tmp_path, "conv2d_only.py", *TOY, *argv)
    assert out.startswith("the best network:")  # quiet: the report only
    (path,) = (tmp_path / "runs").iterdir()
    assert path.name.startswith("conv2d-")
    assert content(path / "run.json")["status"] == "finished"
    assert [row["gen"] for row in rows(path)] == ["0"]


def test_deep_network(tmp_path):
    run(tmp_path, "deep_network.py", *TOY, "--population", "3", "--generations", "1", "--run-dir", "run")
    assert content(tmp_path / "run" / "run.json")["space"]["name"] == "deep"
    assert [row["gen"] for row in rows(tmp_path / "run")] == ["0", "1"]


@pytest.fixture
def flat(tmp_path):
    """A table of 6 columns, in which the largest of the first three tells the class."""
    x = np.random.default_rng(0).normal(size=(240, 6))
    np.savez(
        tmp_path / "flat.npz",
        x_train=x[:180],
        y_train=x[:180, :3].argmax(1),
        x_test=x[180:],
        y_test=x[180:, :3].argmax(1),
    )
    return tmp_path / "flat.npz"


def test_dense_only_takes_a_table(flat, tmp_path):
    argv = ("--population", "4", "--generations", "1", "--engine", "serial")
    run(tmp_path, "dense_only.py", "--dataset", flat, *argv, "--run-dir", "run")
    info = content(tmp_path / "run" / "run.json")
    assert (info["data"]["input_shape"], info["data"]["classes"]) == ([6], 3)
    assert content(tmp_path / "run" / "best.json")["test_accuracy"] > 0.3


def test_convolutions_on_a_table_are_refused(flat, tmp_path):
    with Script(tmp_path, "conv2d_only.py", "--dataset", flat) as running:
        code, out, err = running.wait()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not (tmp_path / "runs").exists()


def test_compare_crossovers_writes_figures_and_goes_on_with_what_is_missing(tmp_path):
    short = ("--population", "4", "--generations", "1", "--final-epochs", "2", "--repeats", "1")
    argv = (*short, "--engine", "serial", "--quiet")
    out = run(tmp_path, "compare_crossovers.py", *TOY, *argv, "--run-dir", "all")
    folder = tmp_path / "all"
    names = ("whole-layer", "two-point", "both")
    first = [evaluations(folder / f"{name}-3")[:4] for name in names]
    assert [sorted(str(line["genome"]) for line in lines) for lines in first[1:]] == [
        sorted(str(line["genome"]) for line in first[0])
    ] * 2  # the same first generation
    for name in names:
        settings = content(folder / f"{name}-3" / "run.json")["settings"]
        assert (settings["crossover"], settings["seed"]) == (name, 3)
    table = (folder / "comparison.csv").read_text()
    assert [line.split(",")[:3] for line in table.splitlines()[1:]] == [[name, "3", "finished"] for name in names]
    best = content(folder / "two-point-3" / "best.json")
    assert f"{best['search_validation_accuracy']},{best['test_accuracy']}" in table
    assert f"two-point {best['search_validation_accuracy']:.4f} ± - {best['test_accuracy']:.4f} ± -" in " ".join(
        out.split()
    )
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")

    with Script(tmp_path, "compare_crossovers.py", *TOY, *argv, "--run-dir", "all") as running:
        code, _, err = running.wait()
    assert (code, err.count("\n")) == (2, 1)
    assert "choose another directory, or --resume all" in err

    shutil.rmtree(folder / "both-3")
    untouched = (folder / "whole-layer-3" / "run.json").stat().st_mtime_ns
    assert run(tmp_path, "compare_crossovers.py", "--resume", "all") == out
    assert (folder / "comparison.csv").read_text() == table
    assert (folder / "whole-layer-3" / "run.json").stat().st_mtime_ns == untouched


def test_modern_network(tmp_path):
    argv = ("--population", "3", "--generations", "0", "--engine", "serial")
    run(tmp_path, "modern_network.py", *TOY, *argv, "--run-dir", "run")
    genes = content(tmp_path / "run" / "best.json")["genome"][-1]["genes"]
    assert {"learning_rate", "batch_size"} <= genes.keys()


@pytest.mark.parametrize("script", ["vision_network.py", "tabular_network.py"])
def test_a_search_with_a_budget(tmp_path, script):
    began = time.monotonic()
    run(tmp_path, script, *TOY, "--budget", "20s", "--workers", "1", "--ensemble", "2", "--run-dir", "run")
    assert time.monotonic() - began < 90  # the time to wait for a machine that does other things as well
    path = tmp_path / "run"
    info, best = content(path / "run.json"), content(path / "best.json")
    assert info["status"] == "finished"
    assert {"pace", "population", "most_work", "search_ended", "finalists", "final_epochs"} <= info["decisions"].keys()
    assert best["threads"] in (1, len(os.sched_getaffinity(0)))
    assert (path / "best.keras").exists()
    assert (path / "ensemble.keras").exists() == ("ensemble_of" in best)
    assert not list(path.glob("final-*"))
    before = (path / "evaluations.jsonl").read_text()
    run(tmp_path, script, "--resume", "run", "--dataset", "digits")
    assert (path / "evaluations.jsonl").read_text() == before
    assert content(path / "best.json") == best


def test_a_final_training_goes_on_after_a_kill(tmp_path):
    toy = ("--dataset", "digits", "--train-samples", "1000", "--seed", "3", "--population", "3", "--generations", "0")
    with Script(tmp_path, "vision_network.py", *toy, "--final-epochs", "160", "--run-dir", "run") as running:
        wait_until(lambda: list((tmp_path / "run").glob("final-*.npz")), 100)
        running.process.kill()
    kept = next((tmp_path / "run").glob("final-*.npz"))
    with np.load(kept) as state:
        done = int(state["epoch"])
    assert 0 < done < 160
    run(tmp_path, "vision_network.py", "--resume", "run", "--final-epochs", "160")
    best = content(tmp_path / "run" / "best.json")
    assert (best["epochs"], best["threads"]) == (160, len(os.sched_getaffinity(0)))
    assert not kept.exists()


def test_custom_layer(tmp_path):
    short = (*TOY, "--population", "3", "--generations", "0", "--pruner", "none", "--final-epochs", "2")
    out = run(tmp_path, "custom_layer.py", *short, "--run-dir", "run")
    assert "separable_conv2d" in out.replace("separableconv2d", "separable_conv2d")
    assert all(line["record"]["status"] == "ok" for line in evaluations(tmp_path / "run"))


def test_custom_evaluation(tmp_path):
    run(tmp_path, "custom_evaluation.py")
    (path,) = (tmp_path / "runs").iterdir()
    assert content(path / "run.json")["status"] == "finished"
    assert [row["gen"] for row in rows(path)] == [str(number) for number in range(11)]
    assert content(path / "best.json")["fitness"] == max(line["fitness"][0] for line in evaluations(path))


def test_predict_classifies_raw_images(finished, tmp_path):
    path, _ = finished
    splits = load(DataSpec("digits", 200, 3))
    np.savez(tmp_path / "images.npz", x_test=splits.x_test)
    run(tmp_path, "predict.py", path, "images.npz", "--output", "table.csv")
    with (tmp_path / "table.csv").open(newline="") as file:
        classes = [np.argmax([float(cell) for cell in row[-10:]]) for row in list(csv.reader(file))[1:]]
    assert np.mean(classes == splits.y_test) == pytest.approx(content(path / "best.json")["test_accuracy"])


BROKEN = """
from deap_nn.cli import run_experiment
from deap_nn.space import TRAINING, Block, Choice, Integer, LayerKind, SearchSpace

def build(genes, shape):
    return genes["no such gene"]

SPACE = SearchSpace(
    "broken",
    (Block(LayerKind("mine", {"units": Integer(1, 9)}, takes="flat", build=build), 1, 1),),
    LayerKind(TRAINING, {"epochs": Integer(1, 2), "optimizer": Choice(("sgd", "adam"))}),
)

if __name__ == "__main__":
    run_experiment(SPACE, __doc__)
"""


def test_a_broken_program_ends_the_run_with_the_workers_traceback(tmp_path):
    (tmp_path / "broken.py").write_text(BROKEN)
    with Script(tmp_path, tmp_path / "broken.py", *SMALL, "--run-dir", "run") as running:
        code, _, err = running.wait()
        assert running.living() == []
    assert code == 1
    assert err.startswith("the run failed: ")
    assert 'return genes["no such gene"]' in err  # where it happened
    assert "KeyError: 'no such gene'" in err
    info = content(tmp_path / "run" / "run.json")
    assert info["status"] == "failed"
    assert "no such gene" in info["reason"]


# --- runs that are stopped, and go on ---


@pytest.mark.parametrize("to_all", [False, True], ids=["to the script", "to its whole group"])
def test_ctrl_c_stops_cleanly_and_the_run_goes_on_as_if_nothing_had_happened(to_all, finished, tmp_path):
    path = tmp_path / "run"
    with Script(tmp_path, "full_network.py", *SMALL, "--run-dir", "run") as running:
        wait_until(lambda: len(evaluations(path)) >= 2)
        (os.killpg if to_all else os.kill)(running.process.pid, signal.SIGINT)
        interrupted = time.monotonic()
        code, _, err = running.wait(20)
        assert time.monotonic() - interrupted < 5
        wait_until(lambda: not running.living(), 1)
    script = EXPERIMENTS / "full_network.py"
    assert code == 130
    assert err == f"stopped; what was found is in run; go on with: python {script} --resume run\n"
    assert content(path / "run.json")["status"] == "stopped"
    assert not (path / "best.keras").exists()
    known = evaluations(path)
    assert 2 <= len(known) < len(evaluations(finished[0]))
    if to_all:  # once is enough
        return
    run(tmp_path, "full_network.py", "--resume", "run")
    assert evaluations(path)[: len(known)] == known
    assert genomes(path) == genomes(finished[0])
    assert rows(path) == rows(finished[0])
    for name in ("population", "halloffame", "random_state"):
        assert content(path / "checkpoint.json")[name] == content(finished[0] / "checkpoint.json")[name]
    assert content(path / "best.json") == content(finished[0] / "best.json")
    assert content(path / "run.json")["status"] == "finished"


def test_the_time_is_over_and_the_best_so_far_is_trained(again):
    out = run(again.parent, "full_network.py", "--resume", "run", "--generations", "10000", "--stop-after", "2")
    info = content(again / "run.json")
    assert info["status"] == "stopped"
    assert info["settings"]["generations"] == 10000
    assert f"stopped early ({info['reason']}); go on with: python " in out
    assert "experiments/full_network.py --resume run\n" in out
    best = content(again / "best.json")
    assert best["search_validation_accuracy"] == max(line["fitness"][0] for line in evaluations(again))
    assert (again / "best.keras").exists()


def test_a_resumed_run_keeps_its_settings(again):
    with Script(again.parent, "full_network.py", "--resume", "run", "--population", "9") as running:
        code, _, err = running.wait()
    assert (code, err.count("\n")) == (2, 1)
    assert "a resumed run keeps its population" in err
    assert content(again / "run.json")["status"] == "finished"
