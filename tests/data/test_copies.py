"""Copies of large data sets: shared by processes, never believed when damaged, gone with their last user."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from deap_nn.data import DataSpec, copies, load, loading, save_arrays
from deap_nn.data.copies import copies_of_user
from deap_nn.data.loading import FORMAT, key_of
from deap_nn.data.source import read_source
from deap_nn.data.splits import split
from deap_nn.data.stored import PARTS
from deap_nn.host import own_folder


def images(seed=0):
    """A little more than is small: 1.2 MB."""
    rng = np.random.default_rng(seed)
    return {"x_train": rng.integers(0, 256, (400, 32, 32, 3), dtype=np.uint8), "y_train": np.arange(400) % 4}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of the copies, which does not exist yet."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    load.cache_clear()
    yield own_folder() / f"data-{copies.host_name()}"
    load.cache_clear()


@pytest.fixture
def spec(tmp_path):
    return saved(tmp_path, **images())


def saved(folder, **arrays):
    np.savez_compressed(folder / "set.npz", **arrays)
    return DataSpec(str(folder / "set.npz"))


def anew(spec):
    """Load as a process does that starts now."""
    load.cache_clear()
    return load(spec)


def private(spec):
    return split(read_source(spec), spec)


def mapped(array):
    """Whether an array lies in a mapped file, in which nothing is private to a process."""
    while isinstance(array, np.ndarray) and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap)


def is_shared(splits):
    (shared,) = {mapped(getattr(splits, name)) for name in PARTS}
    return shared


def held(place):
    """The names of the copies."""
    return {path.name for path in place.iterdir()} - {"turn"} if place.exists() else set()


def table():
    x = np.random.default_rng(0).normal([[1e3, -2, 0.1]], [[50, 0.1, 3]], (100_000, 3))
    return {"x_train": x, "y_train": np.arange(100_000) % 3}


KINDS = {
    "bytes": (images, {}),
    "floats": (lambda: images() | {"x_train": images()["x_train"] / 7}, {}),
    "table": (table, {}),
    "as it is": (table, {"scaling": "none"}),
    "part of it": (images, {"train_samples": 100, "seed": 2**80, "fold": 1}),
    "columns first": (lambda: images() | {"x_train": np.asfortranarray(images()["x_train"])}, {}),
    "with a test split": (lambda: images() | {"x_test": images(1)["x_train"], "y_test": images()["y_train"]}, {}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shared_is_what_a_process_would_have_read(place, tmp_path, kind):
    make, changes = KINDS[kind]
    spec = replace(saved(tmp_path, **make()), **changes)
    expected = private(spec)
    for splits in (load(spec), anew(spec)):
        assert is_shared(splits)
        for field in fields(expected):
            received, wanted = getattr(splits, field.name), getattr(expected, field.name)
            if isinstance(wanted, np.ndarray):
                assert (received.dtype, received.shape) == (wanted.dtype, wanted.shape)
                np.testing.assert_array_equal(received, wanted)
            else:
                assert received == wanted


def test_the_copy_of_another_process_is_taken_and_cannot_be_written_to(place, spec, monkeypatch):
    first = load(spec)
    monkeypatch.setattr(loading, "read_source", pytest.fail)
    second = anew(spec)
    assert second is not first and is_shared(second)
    assert type(second.x_train) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        second.x_train[0] = 0


def test_small_data_stay_in_the_process(place, tmp_path):
    arrays = {name: array[:200] for name, array in images().items()}
    for spec in (DataSpec("digits"), saved(tmp_path, **arrays)):
        assert key_of(spec) is None
        assert not is_shared(load(spec))
    assert not place.exists()


def test_large_data_are_known_by_what_the_file_unpacks_to(tmp_path):
    assert key_of(saved(tmp_path, **images() | {"x_train": np.zeros((400, 32, 32, 3), np.uint8)})) is not None
    assert (tmp_path / "set.npz").stat().st_size < 100_000


# What a copy is a copy of


def test_all_of_a_spec_makes_another_copy(spec):
    others = {"train_samples": 100, "seed": 1, "fold": 1, "scaling": "none"}
    assert {field.name for field in fields(DataSpec)} == {*others, "source", "task"}, "is it part of the key?"
    keys = {key_of(replace(spec, **{name: value})) for name, value in others.items()}
    assert len(keys | {key_of(spec)}) == 5


def rewritten(path, content):
    path.write_bytes(content)


def replaced(path, content):
    path.with_name("new").write_bytes(content)
    path.with_name("new").replace(path)


@pytest.mark.parametrize("change", [rewritten, replaced])
def test_a_changed_file_is_seen_though_size_and_time_are_the_same(place, tmp_path, change):
    spec = DataSpec(str(tmp_path / "set.npz"))
    save_arrays(spec.source, **images())
    before, times = load(spec), Path(spec.source).stat()
    (tmp_path / "later").mkdir()
    save_arrays(tmp_path / "later" / "set.npz", **images(1))
    change(Path(spec.source), (tmp_path / "later" / "set.npz").read_bytes())
    os.utime(spec.source, ns=(times.st_atime_ns, times.st_mtime_ns))
    after, now = anew(spec), Path(spec.source).stat()
    assert (now.st_size, now.st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert is_shared(after) and after.fingerprint == private(spec).fingerprint != before.fingerprint


def test_a_file_that_is_gone_is_missed(place, spec):
    kept = load(spec)
    Path(spec.source).unlink()
    with pytest.raises(ValueError, match=r"set\.npz: cannot be read"):
        anew(spec)
    assert is_shared(kept)


def test_what_is_replaced_while_it_is_read_is_not_shared(place, spec, tmp_path, monkeypatch):
    def read_and_replace(spec):
        arrays = read_source(spec)
        saved(tmp_path, **images(1))
        return arrays

    monkeypatch.setattr(loading, "read_source", read_and_replace)
    assert not is_shared(load(spec))
    assert not held(place)


def test_other_splits_of_the_same_file_need_another_format(tmp_path):
    """Where this fails and results are meant to change: raise `FORMAT`, and change both here."""
    x = np.arange(60, dtype=np.uint8).reshape(20, 3)
    spec = saved(tmp_path, x_train=x, y_train=np.arange(20) % 2)
    fingerprint = private(replace(spec, train_samples=12)).fingerprint
    assert (FORMAT, fingerprint[:16]) == (1, "bb5ee113215ba973")


# Copies that are not to be believed


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path):
    path.write_bytes(b"")


def removed(path):
    path.unlink()


def altered(path):
    content = path.read_bytes()
    other = content.replace(b"0.00392", b"0.00393") if path.name == "note" else content[:-1] + bytes([content[-1] ^ 1])
    assert other != content
    path.write_bytes(other)


def of_another_dtype(path):
    if path.suffix == ".npy":
        np.save(path, np.load(path).view(np.int8))
    else:
        path.write_text("0\n{}")


@pytest.mark.parametrize("name", ["note", "x_train.npy", "y_train.npy", "x_test.npy"])
@pytest.mark.parametrize("damage", [cut, emptied, removed, altered, of_another_dtype])
def test_a_damaged_copy_is_not_believed_and_made_anew(place, spec, name, damage):
    expected, in_use = private(spec), load(spec)
    (copy,) = held(place)
    whole = place / "whole"
    shutil.copytree(place / copy, whole)  # what is mapped must not shrink
    (place / copy).rename(place / "mapped")
    whole.rename(place / copy)
    damage(place / copy / name)
    assert copies_of_user().find(copy) is None
    again = anew(spec)
    assert is_shared(again) and again.fingerprint == expected.fingerprint
    np.testing.assert_array_equal(again.x_train, expected.x_train)
    np.testing.assert_array_equal(in_use.x_train, expected.x_train)
    assert copies_of_user().find(copy) is not None


def test_a_damaged_copy_that_is_in_use_is_made_anew_too(place, spec):
    expected, in_use = private(spec), load(spec)
    (place / key_of(spec) / "x_train.npy").unlink()
    for splits in (anew(spec), in_use):
        assert is_shared(splits)
        np.testing.assert_array_equal(splits.x_train, expected.x_train)


# No place for copies


def taken_by_another(place, monkeypatch):
    place.parent.chmod(0o777)


def no_folder(place, monkeypatch):
    place.touch()


def full(place, monkeypatch):
    def save(file, array):
        Path(file).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "save", save)


def nearly_full(place, monkeypatch):
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 0, 2_000_000))


def without_locks(place, monkeypatch):
    def flock(file, how):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.parametrize(
    "obstacle",
    [taken_by_another, no_folder, full, nearly_full, without_locks],
    ids=lambda o: o.__name__,
)
def test_without_a_place_for_copies_data_stay_in_the_process(place, spec, monkeypatch, obstacle):
    expected = private(spec)
    obstacle(place, monkeypatch)
    splits = load(spec)
    assert not is_shared(splits) and splits.fingerprint == expected.fingerprint
    assert place.is_file() or not held(place)


def test_a_process_whose_turn_never_comes_reads_by_itself(place, spec, monkeypatch):
    monkeypatch.setattr(copies, "PATIENCE", 0)
    place.mkdir()
    with (place / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        splits = load(spec)
    assert not is_shared(splits) and splits.fingerprint == private(spec).fingerprint
    assert not held(place)


def test_a_refusal_stays_a_refusal(place, tmp_path):
    for _ in range(2):
        with pytest.raises(ValueError, match="holds only one class"):
            anew(saved(tmp_path, **images() | {"y_train": np.zeros(400, int)}))
    assert not held(place)


# Processes

LOADS = """
import os, sys, tempfile
tempfile.tempdir = sys.argv[1]
from deap_nn.data import DataSpec, load, loading
read = loading.read_source
def counted(spec):
    with open(os.path.join(sys.argv[1], "reads"), "a") as file:
        file.write("x")
    return read(spec)
loading.read_source = counted
splits = load(DataSpec(sys.argv[2]))
if "fork" in sys.argv and not (child := os.fork()):
    sys.exit()
elif "fork" in sys.argv:
    os.waitpid(child, 0)
print(splits.fingerprint, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(place, tmp_path):
    """A function that starts a process which loads data, says so, and ends when its stdin is closed."""
    started = []

    def start(spec, *how):
        command = [sys.executable, "-c", LOADS, str(tmp_path), spec.source, *how]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ended(process):
    process.communicate(timeout=60)
    return process.returncode


def test_of_many_that_start_at_once_one_reads_and_the_last_removes(place, spec, start, tmp_path):
    processes = [start(spec) for _ in range(4)]
    assert {process.stdout.readline().strip() for process in processes} == {private(spec).fingerprint}
    assert (tmp_path / "reads").read_text() == "x"
    assert held(place) == {key_of(spec)}
    for process in processes:
        assert held(place) == {key_of(spec)}
        assert ended(process) == 0
    assert held(place) == set()


def test_what_a_killed_process_has_left_goes_when_the_next_copy_is_made(place, spec, start):
    killed, alive = (
        start(spec),
        start(replace(spec, source=shutil.copy(spec.source, Path(spec.source).with_name("b.npz")))),
    )
    for process in (killed, alive):
        process.stdout.readline()
    left, used = key_of(spec), key_of(replace(spec, source=str(Path(spec.source).with_name("b.npz"))))
    killed.kill()
    killed.wait()
    (place / "partial").mkdir()
    (place / "partial" / "x_train.npy").touch()
    assert held(place) == {left, used, "partial"}
    splits = load(replace(spec, seed=1))
    assert is_shared(splits)
    assert held(place) == {used, key_of(replace(spec, seed=1))}


def test_the_end_of_a_fork_is_not_the_end_of_a_use(place, spec, start):
    process = start(spec, "fork")
    process.stdout.readline()
    assert held(place) == {key_of(spec)}
    assert ended(process) == 0
    assert held(place) == set()
