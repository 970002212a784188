"""Data sets: checks, splits, scaling, and Keras's data sets through a child process."""

import gzip
import os
import pickle
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deap_nn.data import DataSpec, download, load, save_arrays
from deap_nn.data.npz import write_npz
from deap_nn.tasks import Classification

PARTS = ("train", "validation", "test")


def numbered(n_train=100, n_test=20, classes=4, shape=(6, 6, 3)):
    """Images of which no two are equal: the first pixels spell the number of the sample."""
    n = n_train + n_test
    x = np.zeros((n, *shape), dtype=np.uint8)
    x.reshape(n, -1)[:, 0], x.reshape(n, -1)[:, 1] = np.arange(n) % 256, np.arange(n) // 256
    y = np.arange(n) % classes
    return {"x_train": x[:n_train], "y_train": y[:n_train], "x_test": x[n_train:], "y_test": y[n_train:]}


def without_test(arrays):
    return {"x_train": arrays["x_train"], "y_train": arrays["y_train"]}


def written(tmp_path, **arrays):
    path = tmp_path / "set.npz"
    np.savez_compressed(path, **arrays)
    return str(path)


def loaded(tmp_path, arrays, **spec):
    load.cache_clear()  # the tests reuse file names
    return load(DataSpec(written(tmp_path, **arrays), **spec))


def samples(splits, part):
    x = getattr(splits, f"x_{part}")
    return {image.tobytes() for image in x}


def one_line(raised):
    message = str(raised.value)
    assert "\n" not in message
    return message


# Splits


@pytest.mark.parametrize("has_test", [True, False])
@pytest.mark.parametrize("train_samples", [None, 40])
def test_splits_are_disjoint_and_complete(tmp_path, has_test, train_samples):
    arrays = numbered() if has_test else without_test(numbered())
    splits = loaded(tmp_path, arrays, train_samples=train_samples)
    train, validation, test = (samples(splits, part) for part in PARTS)
    assert not train & validation and not train & test and not validation & test
    taken = train_samples or (100 if has_test else 80)
    assert (len(train), len(validation), len(test)) == (taken * 4 // 5, taken // 5, 20)


def test_samples_keep_their_labels(tmp_path):
    splits = loaded(tmp_path, without_test(numbered()), train_samples=40)
    for part in PARTS:
        numbers = getattr(splits, f"x_{part}").reshape(len(getattr(splits, f"y_{part}")), -1)[:, 0]
        np.testing.assert_array_equal(numbers % 4, getattr(splits, f"y_{part}"))


@pytest.mark.parametrize("spec", [DataSpec("digits"), DataSpec("digits", train_samples=500, seed=3)])
def test_every_split_of_digits_has_each_class_in_its_share(spec):
    splits = load(spec)
    share = np.bincount(np.concatenate([splits.y_train, splits.y_validation])) / (
        len(splits.y_train) + len(splits.y_validation)
    )
    for part in PARTS:
        labels = getattr(splits, f"y_{part}")
        assert np.abs(np.bincount(labels) - share * len(labels)).max() < 2


def test_digits():
    splits = load(DataSpec("digits"))
    assert splits.x_train.shape == (1149, 8, 8, 1)
    assert (len(splits.y_validation), len(splits.y_test)) == (288, 360)
    assert (splits.task.outputs, splits.input_shape) == (10, (8, 8, 1))
    assert splits.x_train.dtype == np.float32 and splits.x_train.max() == 16.0
    assert splits.scale == np.float32(1 / 16) and splits.offset == 0
    assert "a stratified fifth (360 samples, always the same)" in splits.note


def test_the_seed_draws_validation_but_never_the_test_split():
    first, second = load(DataSpec("digits", seed=0)), load(DataSpec("digits", seed=1))
    np.testing.assert_array_equal(first.x_test, second.x_test)
    assert samples(first, "validation") != samples(second, "validation")
    assert first.fingerprint != second.fingerprint


def test_the_seed_draws_the_subset(tmp_path):
    subsets = [loaded(tmp_path, numbered(), train_samples=40, seed=seed) for seed in (0, 1)]
    first, second = (samples(s, "train") | samples(s, "validation") for s in subsets)
    assert first != second


def test_digits_in_a_fresh_process_are_the_same_and_load_no_framework():
    script = (
        "import sys; from deap_nn.data import DataSpec, load; "
        "print(load(DataSpec('digits', 500, 7)).fingerprint); "
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert child.returncode == 0, child.stderr
    assert child.stdout.strip() == load(DataSpec("digits", 500, 7)).fingerprint


def test_importing_costs_no_scikit_learn():
    script = "import sys, deap_nn.data; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=120).returncode == 0


def test_the_drawn_samples_never_change():
    """A run is resumed, and a result repeated, only if later versions draw alike."""
    labels = np.repeat([0, 1], 10)
    rng = np.random.RandomState(np.random.MT19937(np.random.SeedSequence([2, 5])))
    assert Classification.draw(labels, 6, rng, low=1, leave=1).tolist() == [3, 6, 7, 11, 13, 14]


@settings(deadline=None)
@given(counts=st.lists(st.integers(2, 40), min_size=2, max_size=6), data=st.data())
def test_stratified_gives_every_class_its_share(counts, data):
    labels = np.repeat(np.arange(len(counts)), counts)
    take = data.draw(st.integers(len(counts), len(labels) - len(counts)))
    chosen = Classification.draw(labels, take, np.random.RandomState(0), low=1, leave=1)
    assert len(set(chosen.tolist())) == take
    taken = np.bincount(labels[chosen], minlength=len(counts))
    assert (taken >= 1).all() and (np.array(counts) - taken >= 1).all()
    shares = np.array(counts) * take / len(labels)
    bounds_bind = (shares < 1) | (np.array(counts) - shares < 1)
    if not bounds_bind.any():
        assert np.abs(taken - shares).max() < 1


def test_the_note_says_that_fewer_samples_were_taken(tmp_path):
    splits = loaded(tmp_path, numbered(), train_samples=10_000)
    assert "10000 training samples were asked for; all 100 there are were taken" in splits.note
    assert loaded(tmp_path, numbered(), train_samples=100).note == ""


def test_the_note_says_where_the_test_split_is_from(tmp_path):
    assert "a stratified fifth (20 samples" in loaded(tmp_path, without_test(numbered())).note


def test_load_reads_once():
    assert load(DataSpec("digits")) is load(DataSpec("digits"))


def test_splits_cannot_be_written_to(tmp_path):
    splits = loaded(tmp_path, numbered())
    with pytest.raises(ValueError, match="read-only"):
        splits.x_test[0] = 0


# Fingerprint


def test_fingerprint_depends_on_content_only(tmp_path):
    arrays = numbered()
    first = load(DataSpec(written(tmp_path, **arrays)))
    (tmp_path / "elsewhere").mkdir()
    save_arrays(tmp_path / "elsewhere" / "same.npz", **arrays)
    assert load(DataSpec(str(tmp_path / "elsewhere" / "same.npz"))).fingerprint == first.fingerprint
    arrays["x_test"] = arrays["x_test"].copy()
    arrays["x_test"][0, 5, 5, 2] = 1
    assert loaded(tmp_path, arrays).fingerprint != first.fingerprint


def test_fingerprint_ignores_how_labels_are_written(tmp_path):
    arrays = numbered()
    plain = loaded(tmp_path, arrays)
    for labels in (np.eye(4)[arrays["y_train"]], arrays["y_train"][:, None].astype(">u2")):
        assert loaded(tmp_path, arrays | {"y_train": labels}).fingerprint == plain.fingerprint


# Kinds of data


@pytest.mark.parametrize(
    ("dtype", "kept"), [("u1", "u1"), ("f8", "f4"), ("i8", "f4"), (">f4", "f4"), ("f2", "f4"), ("?", "f4")]
)
def test_raw_values_stay_small(tmp_path, dtype, kept):
    arrays = numbered()
    arrays |= {key: arrays[key].astype(dtype) for key in ("x_train", "x_test")}
    assert loaded(tmp_path, arrays).x_train.dtype == np.dtype(kept)


def test_images_without_channels_get_one(tmp_path):
    splits = loaded(tmp_path, numbered(shape=(6, 5)))
    assert splits.input_shape == (6, 5, 1) and splits.x_test.shape == (20, 6, 5, 1)


def test_byte_images_are_scaled_by_255(tmp_path):
    splits = loaded(tmp_path, numbered())
    assert splits.scale == np.float32(1 / 255) and splits.offset == 0


def test_other_images_are_scaled_by_the_training_part_alone(tmp_path):
    rng = np.random.default_rng(0)
    arrays = numbered()
    arrays["x_train"] = rng.uniform(-3, 5, arrays["x_train"].shape)
    arrays["x_test"] = rng.uniform(-300, 500, arrays["x_test"].shape)
    splits = loaded(tmp_path, arrays)
    scaled = splits.scaled(splits.x_train)
    assert scaled.min() == pytest.approx(0, abs=1e-5) and scaled.max() == pytest.approx(1)
    held_out = (arrays["x_train"].astype(np.float32) == splits.x_validation[0]).all(axis=(1, 2, 3))
    arrays["x_train"][held_out] = 1000
    again = loaded(tmp_path, arrays)
    assert again.x_validation.max() == 1000 and again.scale == splits.scale


def test_flat_features_are_standardised_by_the_training_part_alone(tmp_path):
    rng = np.random.default_rng(0)
    features = rng.normal([1e3, -2, 0], [50, 0.1, 1], (200, 3))
    rounded = np.float32(0.1) + np.spacing(np.float32(0.1)) * (np.arange(200) % 3 == 0)
    features = np.column_stack([features, rounded])  # a constant but for the last bit
    splits = loaded(tmp_path, {"x_train": features, "y_train": np.arange(200) % 2})
    assert splits.input_shape == (4,) and splits.scale.shape == splits.offset.shape == (4,)
    scaled = splits.scaled(splits.x_train)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(scaled.std(axis=0)[:3], 1, atol=1e-3)
    assert np.abs(scaled[:, 3]).max() < 1e-6
    assert abs(splits.scaled(splits.x_validation).mean(axis=0)[0]) > 1e-3


def test_without_scaling_samples_are_taken_as_they_are_and_are_other_data(tmp_path):
    arrays = numbered()
    plain = loaded(tmp_path, arrays, scaling="none")
    assert plain.scale == 1 and plain.offset == 0
    np.testing.assert_array_equal(plain.scaled(plain.x_train), plain.x_train)
    assert plain.fingerprint != loaded(tmp_path, arrays).fingerprint
    with pytest.raises(ValueError, match="scaling: received 'standard', expected one of auto, none"):
        DataSpec("digits", scaling="standard")


def test_constant_images_are_left_alone(tmp_path):
    arrays = without_test(numbered())
    arrays["x_train"] = np.full_like(arrays["x_train"], 7, dtype=np.float32)
    splits = loaded(tmp_path, arrays)
    assert splits.scale == 1 and splits.offset == -7


# Malformed files


def changed(**changes):
    return lambda arrays: arrays | changes


def images(**changes):
    return lambda arrays: arrays | {key: change(arrays[key]) for key, change in changes.items()}


def put(index, value, dtype=None):
    def change(array):
        array = array.astype(dtype or array.dtype)
        array[index] = value
        return array

    return change


MALFORMED = {
    "wrong keys": (
        lambda a: {"images": a["x_train"], "y_train": a["y_train"]},
        r"keys images, y_train, expec",
    ),
    "no keys": (lambda a: {}, r"received the keys \(none\)"),
    "half a test split": (lambda a: {k: a[k] for k in ("x_train", "y_train", "x_test")}, "without the other"),
    "lengths": (images(y_train=lambda y: y[:-1]), "x_train has 100 samples but y_train has 99"),
    "test lengths": (images(x_test=lambda x: x[:-1]), "x_test has 19 samples but y_test has 20"),
    "1-D images": (
        images(x_train=lambda x: x[:, 0, 0, 0]),
        r"x_train has shape \(100,\); expected \(N, height",
    ),
    "5-D images": (images(x_train=lambda x: x[..., None]), r"x_train has shape \(100, 6, 6, 3, 1\)"),
    "channels first": (images(x_train=lambda x: x.transpose(0, 3, 1, 2)), "looks like channels first"),
    "no samples": (images(x_train=lambda x: x[:0]), "x_train .* is empty"),
    "other test shape": (images(x_test=lambda x: x[:, 1:]), r"shape \(6, 6, 3\), one of x_test \(5, 6, 3\)"),
    "other test dtype": (images(x_test=lambda x: x / 255), "x_train is uint8 but x_test is float32"),
    "text": (images(x_train=lambda x: x.astype(str)), "x_train has dtype <U"),
    "complex": (images(x_train=lambda x: x.astype(complex)), "x_train has dtype complex"),
    "NaN": (images(x_train=put(3, np.nan, "f4")), "x_train holds NaN or infinity"),
    "infinity": (images(x_test=put(3, np.inf, "f8")), "x_test holds NaN or infinity"),
    "too large": (images(x_train=put(3, 1e300, "f8")), "x_train holds numbers beyond the range of float32"),
    "NaN label": (images(y_train=put(3, np.nan, "f4")), "y_train holds NaN"),
    "one class": (images(y_train=np.zeros_like), r"y_train holds only one class \(0\)"),
    "negative label": (images(y_train=put(3, -1)), "y_train holds the label -1; expected whole"),
    "label not whole": (images(y_train=put(3, 0.5, "f4")), "y_train holds the label 0.5; expected whole"),
    "huge label": (images(y_train=put(3, 2**63, "u8")), "y_train holds the label 9223372036854775808"),
    "labels from 1": (
        images(y_train=lambda y: y + 1),
        "out of range: 4 classes occur, but the labels imply 5",
    ),
    "label out of range": (images(y_train=put(3, 10**12)), "y_train: labels are out of range: 5 classes"),
    "unknown test label": (
        images(y_test=put(3, 4)),
        r"y_test holds the label 4, which y_train has not \(0..3\)",
    ),
    "negative test label": (images(y_test=put(3, -1)), "y_test holds the label -1"),
    "text labels": (images(y_train=lambda y: y.astype(str)), "y_train has dtype <U"),
    "3-D labels": (images(y_train=lambda y: np.eye(4)[y][None]), r"y_train has shape \(1, 100, 4\)"),
    "not one-hot": (images(y_train=lambda y: np.eye(4)[y] * 0.9), "rows are not one-hot"),
    "two hot": (images(y_train=lambda y: np.maximum(np.eye(4)[y], [1, 0, 0, 0])), "rows are not one-hot"),
    "unused one-hot class": (
        images(y_train=lambda y: np.eye(6)[y]),
        "4 classes occur, but the labels imply 6",
    ),
    "tiny class": (
        images(y_train=lambda y: np.r_[y[:-1], 4]),
        "class 4 has too few .* received 1, expected at",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_gets_one_line(tmp_path, case):
    change, match = MALFORMED[case]
    with pytest.raises(ValueError, match=match) as raised:
        loaded(tmp_path, change(numbered()))
    assert one_line(raised).startswith(str(tmp_path / "set.npz"))


def test_a_class_must_hold_three_samples_where_the_test_split_is_taken_too(tmp_path):
    arrays = without_test(numbered())
    arrays["y_train"] = np.r_[arrays["y_train"][:-2], 4, 4]
    with pytest.raises(ValueError, match="class 4 has too few training samples: received 2, expected at least 3"):
        loaded(tmp_path, arrays)


@pytest.mark.parametrize("train_samples", [10, 45])
def test_too_few_training_samples_for_the_classes(train_samples):
    with pytest.raises(ValueError, match=r"digits: too few samples .* expected at least 46") as raised:
        load(DataSpec("digits", train_samples=train_samples))
    one_line(raised)
    load(DataSpec("digits", train_samples=46))


class Trap:
    """Says so if it is ever unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def test_pickled_objects_are_never_loaded(tmp_path):
    objects = np.array([Trap()] * 4, dtype=object)
    with pytest.raises(ValueError, match="pickled objects, which are never loaded") as raised:
        loaded(tmp_path, {"x_train": objects, "y_train": np.arange(4)})
    one_line(raised)


def npz_bytes(tmp_path):
    return Path(written(tmp_path, **numbered(shape=(20, 20)))).read_bytes()


def flipped(content):
    """Break the compressed bytes of the first array."""
    return content[:100] + bytes(byte ^ 0xFF for byte in content[100:140]) + content[140:]


def npy_bytes(tmp_path):
    np.save(tmp_path / "one.npy", np.arange(4))
    return (tmp_path / "one.npy").read_bytes()


def foreign_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("x_train.npy", b"not an array")
        archive.writestr("y_train.npy", b"\x93NUMPY\x01\x00 nonsense")
    return (tmp_path / "other.zip").read_bytes()


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (lambda _: b"", "not an .npz file"),
        (lambda _: b"x_train,y_train\n1,2\n", "not an .npz file"),
        (lambda _: pickle.dumps(Trap()), "not an .npz file"),
        (npy_bytes, "not an .npz file"),
        (lambda tmp_path: npz_bytes(tmp_path)[:-200], "not an .npz file, or cut short"),
        (lambda tmp_path: flipped(npz_bytes(tmp_path)), "damaged"),
        (foreign_archive, "damaged"),
    ],
    ids=["empty", "csv", "pickle", "npy", "cut short", "flipped bytes", "foreign archive"],
)
def test_what_is_no_npz_file_gets_one_line(tmp_path, content, match):
    path = tmp_path / "broken.npz"
    path.write_bytes(content(tmp_path))
    with pytest.raises(ValueError, match=match) as raised:
        load(DataSpec(str(path)))
    assert one_line(raised).startswith(str(path))


def test_a_missing_file_and_a_folder_get_one_line(tmp_path):
    (tmp_path / "folder.npz").mkdir()
    for name in ("missing.npz", "folder.npz"):
        with pytest.raises(ValueError, match=f"{name}: cannot be read .* expected an .npz file") as raised:
            load(DataSpec(str(tmp_path / name)))
        one_line(raised)


# DataSpec


@pytest.mark.parametrize("source", ["cifar-10", "data.csv", "", 3, None])
def test_an_unknown_source_names_the_known_ones(source):
    with pytest.raises(ValueError, match=r"expected one of digits, mnist, .* path of an \.npz"):
        DataSpec(source)


@pytest.mark.parametrize("train_samples", [9, 0, -1, 100.0, True, "100"])
def test_train_samples_is_checked(train_samples):
    with pytest.raises(ValueError, match=f"train_samples: received {train_samples!r}, expected an integer of"):
        DataSpec("digits", train_samples=train_samples)


@pytest.mark.parametrize("seed", [-1, 0.5, None, True])
def test_seed_is_checked(seed):
    with pytest.raises(ValueError, match=r"seed: received .* expected an integer of at least 0"):
        DataSpec("digits", seed=seed)


def test_seeds_of_any_size_are_taken():
    load(DataSpec("digits", seed=2**80))


def test_a_spec_travels(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = DataSpec("set.npz", train_samples=np.int64(40))
    assert spec.source == str(tmp_path / "set.npz") and type(spec.train_samples) is int
    assert pickle.loads(pickle.dumps(spec)) == spec and hash(spec) == hash(DataSpec(tmp_path / "set.npz", 40))
    assert DataSpec("digits").source == "digits"


# Arrays from Python


def test_saved_arrays_load_again(tmp_path):
    arrays = numbered(shape=(6, 5))
    path = tmp_path / "run" / "data.npz"
    save_arrays(path, arrays["x_train"].tolist(), np.eye(4)[arrays["y_train"]])
    splits = load(DataSpec(str(path)))
    assert splits.input_shape == (6, 5, 1) and splits.task.outputs == 4 and len(splits.y_test) == 20
    assert [file.name for file in path.parent.iterdir()] == ["data.npz"]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([[1.0, 2.0]] * 4, [0, 1, 0]), "arrays: x_train has 4 samples but y_train has 3"),
        (([[1.0, 2.0], [1.0]], [0, 1]), "arrays: x_train: rows differ in length"),
        (([[1.0, 2.0]] * 4, [0, 1, 0, 1], [[1.0, 2.0]]), "one of x_test and y_test without the other"),
        ((np.array([[Trap()]] * 4, dtype=object), [0, 1, 0, 1]), "x_train has dtype object"),
    ],
)
def test_arrays_are_checked_before_they_are_written(tmp_path, arguments, match):
    with pytest.raises(ValueError, match=match):
        save_arrays(tmp_path / "data.npz", *arguments)
    assert not list(tmp_path.iterdir())


def test_arrays_are_only_written_as_npz(tmp_path):
    with pytest.raises(ValueError, match=r"data\.h5', expected a name that ends in \.npz"):
        save_arrays(tmp_path / "data.h5", [[1.0]] * 4, [0, 1, 0, 1])


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "data.npz"
    path.write_bytes(b"old")

    def full_disk(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="disk full"):
        write_npz(path, {})
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


# Keras's data sets: a stub takes the place of the child


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    """An empty cache, and a network where nothing answers."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    load.cache_clear()
    yield tmp_path
    load.cache_clear()


def child_runs(monkeypatch, code):
    monkeypatch.setattr(download, "_command", lambda name, path: [sys.executable, "-c", code, name, str(path)])


STUB = """
import sys, time
import numpy as np
from deap_nn.data.npz import write_npz
from deap_nn.tasks import Classification
from pathlib import Path
out = Path(sys.argv[2])
with (out.parent / "starts").open("a") as file:
    file.write("x")
time.sleep(0.3)
y = np.arange(40, dtype=np.uint8)[:, None] % 4
x = np.zeros((40, 8, 8, 3), np.uint8)
write_npz(out, {"x_train": x, "y_train": y, "x_test": x, "y_test": y})
"""


def test_a_data_set_is_fetched_once_by_many_at_once(keras_home, monkeypatch):
    child_runs(monkeypatch, STUB)
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(download.fetched, ["cifar10"] * 4))
    assert paths == {keras_home / "datasets" / "deap_nn" / "cifar10.npz"}
    assert (keras_home / "datasets" / "deap_nn" / "starts").read_text() == "x"
    splits = load(DataSpec("cifar10"))
    assert (splits.task.outputs, splits.input_shape, len(splits.y_test)) == (4, (8, 8, 3), 40)


def test_a_data_set_that_was_fetched_needs_no_child(keras_home, monkeypatch):
    save_arrays(download.cache_file("mnist"), **numbered(shape=(28, 28)))
    child_runs(monkeypatch, "raise SystemExit('no')")
    assert load(DataSpec("mnist")).input_shape == (28, 28, 1)


def test_a_failed_download_names_the_ways_out(keras_home, monkeypatch):
    child_runs(monkeypatch, "import sys; sys.exit('log line\\nException: no route')")
    with pytest.raises(ValueError, match=r"could not be fetched \(Exception: no route\)") as raised:
        load(DataSpec("cifar10"))
    message = one_line(raised)
    for way_out in ("'digits'", "x_train, y_train", str(keras_home / "datasets" / "deap_nn" / "cifar10.npz")):
        assert way_out in message


def test_a_silent_crash_is_told_by_its_exit_code(keras_home, monkeypatch):
    child_runs(monkeypatch, "import os; os._exit(7)")
    with pytest.raises(ValueError, match=r"could not be fetched \(exit code 7\)"):
        load(DataSpec("cifar10"))


def test_a_child_that_hangs_is_ended(keras_home, monkeypatch):
    monkeypatch.setattr(download, "DOWNLOAD_LIMIT", 0.3)
    monkeypatch.setattr(download, "GRACE", 0.2)
    child_runs(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(ValueError, match=r"could not be fetched \(no result within 0.5 s\)"):
        load(DataSpec("cifar10"))


def test_a_cache_that_cannot_be_written_gets_one_line(keras_home, monkeypatch):
    (keras_home / "datasets").write_text("a file where the folder belongs")
    with pytest.raises(ValueError, match=r"cannot be written .* set KERAS_HOME") as raised:
        load(DataSpec("cifar10"))
    one_line(raised)


def test_the_child_imports_this_package_whatever_lies_in_the_working_directory(tmp_path):
    """And other packages from where the user's are: here a keras that can be told from the real one."""
    places = tmp_path / "places"
    (places / "keras").mkdir(parents=True)
    (places / "keras" / "__init__.py").write_text("raise RuntimeError('the right keras')")
    for other in ("deap_nn", "numpy"):
        (tmp_path / f"{other}.py").write_text("raise ImportError('not this one')")
    done = subprocess.run(
        download._command("mnist", tmp_path / "out.npz"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(places)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "RuntimeError: the right keras"


def test_the_child_gives_up_by_itself(tmp_path):
    """With an exception, which lets Keras remove what it has of a file."""
    script = (
        "import time, deap_nn.data.fetch as child\n"
        "child.fetch = lambda name: time.sleep(60)\n"
        f"child.main('mnist', {str(tmp_path / 'out.npz')!r}, '0.2')"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=50)
    assert child.returncode == 1
    assert child.stderr.strip() == "TimeoutError: the download took too long"
    assert not list(tmp_path.iterdir())


# Keras's data sets: the real child


@pytest.mark.slow
def test_cifar10_without_a_network_fails_in_one_line(keras_home):
    with pytest.raises(ValueError, match=r"could not be fetched .*URL fetch failure.*'digits'") as raised:
        load(DataSpec("cifar10"))
    one_line(raised)
    assert not download.cache_file("cifar10").exists()


@pytest.mark.slow
def test_what_lies_in_the_cache_of_keras_is_taken(keras_home):
    """Fashion-MNIST, as Keras checks no hash of its four files."""
    folder = keras_home / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for split, count in (("train", 100), ("t10k", 20)):
        labels = np.arange(count, dtype=np.uint8) % 10
        pixels = np.repeat(labels, 28 * 28)
        (folder / f"{split}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + labels.tobytes()))
        (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(16) + pixels.tobytes()))
    splits = load(DataSpec("fashion_mnist"))
    assert (splits.task.outputs, splits.input_shape, splits.x_train.dtype) == (10, (28, 28, 1), np.uint8)
    assert (len(splits.y_train), len(splits.y_validation), len(splits.y_test)) == (80, 20, 20)
    np.testing.assert_array_equal(splits.x_test[:, 3, 3, 0], splits.y_test)
