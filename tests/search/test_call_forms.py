"""The forms in which people pass spaces, data and settings: accepted, or refused by a sentence that helps."""

import numpy as np
import pytest
import search_stubs
from search_stubs import SMALL, SPACE

from deap_nn import PRESETS, evolve
from deap_nn.search.call_forms import data_of, settings_of, space_for, space_of

X, Y = np.arange(240.0).reshape(60, 4), np.arange(60) % 3
TRAIN, TEST = (X[:40], Y[:40]), (X[40:], Y[40:])


def same(given, expected):
    made = data_of(given)
    assert len(made) == len(expected)
    assert all(a is b for a, b in zip(made, expected, strict=True))


def test_names_and_files_stay_as_they_are(tmp_path):
    assert data_of("digits") == "digits"
    assert data_of(tmp_path) == tmp_path


def test_arrays_in_every_form_become_a_tuple_in_our_order():
    four = (*TRAIN, *TEST)
    names = dict(zip(("x_train", "y_train", "x_test", "y_test"), four, strict=True))
    for form in (four, list(four), (TRAIN, TEST), [TRAIN, TEST], names, dict(reversed(names.items()))):
        same(form, four)
    same((TRAIN[0], TEST[0], TRAIN[1], TEST[1]), four)  # scikit-learn's
    for form in (TRAIN, list(TRAIN), {"x_train": TRAIN[0], "y_train": TRAIN[1]}):
        same(form, TRAIN)


def test_images_and_one_hot_labels_are_told_apart():
    x_train, x_test = np.zeros((40, 8, 8)), np.zeros((20, 8, 8))
    y_train, y_test = np.eye(3)[Y[:40]], np.eye(3)[Y[40:]]
    four = (x_train, y_train, x_test, y_test)
    same(four, four)
    same((x_train, x_test, y_train, y_test), four)


def test_where_both_orders_fit_the_names_are_asked_for():
    halves = (X[:30], X[30:], X[:30], X[30:])
    with pytest.raises(ValueError, match="in scikit-learn's order.*pass a dict with these names"):
        data_of(halves)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((*TRAIN, *TEST, *TEST), "received 6 items, expected a data set's name"),
        ((X,), "received 1 items"),
        (iter([X, Y]), "received a list_iterator.*collect arrays"),
        (X, "received a ndarray"),
        ({"x": X, "y": Y}, "a dict with x, y, expected x_train, y_train, x_test, y_test"),
        ({"x_train": X, "y_train": Y, "x_test": X}, "a dict with x_train, y_train, x_test, expected"),
    ],
)
def test_other_forms_are_refused_with_what_to_pass(data, message):
    with pytest.raises(ValueError, match=message):
        data_of(data)


def test_a_preset_goes_by_its_name():
    assert space_of("dense") is PRESETS["dense"]
    assert space_of(SPACE) is SPACE
    for wrong in ("vgg", 7, None):
        with pytest.raises(ValueError, match="expected a SearchSpace or the name of a preset: conv2d, dense"):
            space_of(wrong)


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ({"populaton": 9}, "did you mean population?"),
        ({"epochs": 9}, "epochs are a gene"),
        ({"class_weight": {0: 1}}, "settings are train_samples, population"),
        ({"target": 0.9}, "it is called stop_at"),
    ],
)
def test_what_is_no_setting_is_refused_with_a_hint(setting, hint):
    (name,) = setting
    with pytest.raises(ValueError, match=f"received {name}=.*, which is no setting: {hint}"):
        settings_of(setting)


def test_numbers_of_numpy_are_numbers():
    made = settings_of(
        {"population": np.int64(7), "survivors": np.float32(0.5), "seed": np.uint8(3), "train_front": np.bool_(0)}
    )
    assert (made.population, made.survivors, made.seed, made.train_front) == (7, 0.5, 3, False)
    assert [type(value) for value in (made.population, made.survivors, made.seed, made.train_front)] == [
        int,
        float,
        int,
        bool,
    ]
    with pytest.raises(ValueError, match="population is 2, expected"):
        settings_of({"population": np.int64(2)})


class Objective:
    def __call__(self, individual):
        return search_stubs.fitness(individual)


def test_an_object_that_can_be_called_is_a_function(tmp_path):
    run = evolve(SPACE, evaluate=Objective(), run_dir=tmp_path / "run", **SMALL)
    assert run.info["evaluate"].endswith("test_call_forms:Objective")


@pytest.mark.parametrize(
    ("y", "message"),
    [(np.array(["a", "b", "c"])[Y], r"numpy.unique\(y, return_inverse=True\)"), (Y * 1000 + 7, "renumber")],
    ids=["words", "prices"],
)
def test_labels_that_are_no_indices_are_refused_with_the_way_to_make_them(tmp_path, y, message):
    with pytest.raises(ValueError, match=message):
        evolve("dense", (X, y), run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("digits", "vision"),
        ((np.zeros((3, 8, 8)), Y), "vision"),
        ((np.zeros((3, 8, 8, 1)), Y), "vision"),
        ((X, Y), "tabular"),
    ],
)
def test_without_a_space_the_data_say_which(data, name):
    assert space_for(data) is PRESETS[name]


def test_a_function_of_ones_own_needs_a_space():
    with pytest.raises(ValueError, match="a function of your own needs a search space"):
        evolve(evaluate=search_stubs.fitness)
