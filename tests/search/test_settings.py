"""Every setting's range, and what is said of a value outside."""

import json
import math
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from deap_nn.search import Settings, all_settings

NAN, INFINITE = math.nan, math.inf

IN_RANGE = {
    "train_samples": [10, 50_000],
    "population": [3, 1000],
    "generations": [0, 100],
    "algorithm": ["truncation", "steady-state"],
    "objectives": [("accuracy",), ("accuracy", "parameters", "multiply_adds"), ("fitness", "seconds", "latency")],
    "train_front": [True, False],
    "lag": [1, 4, 128],
    "screen": [0, 1, 30],
    "evaluations": [None, 1, 100_000],
    "patience": [None, 1, 50],
    "survivors": [0.01, 0.5, 0.9],
    "crossover": ["whole-layer", "two-point", "both"],
    "mutation_probability": [0, 0.0, 1, 1.0],
    "stop_at": [None, 0.01, 1, 1.0, -3, 1e9],
    "minimize": [True, False],
    "seed": [0, 2**70],
    "training_seed": [None, 0, 7],
    "engine": [None, "serial", "processes", "scoop", "dask"],
    "workers": [None, 1, 64],
    "time_limit": [None, 0.1, 3600],
    "memory_limit": [None, 0.5, 2],
    "threads_per_worker": [1, 8],
    "precision": ["float32", "bfloat16"],
    "scaling": ["auto", "none"],
    "trainer": [None, "compiled_tf", "compiled_torch", "portable"],
    "min_steps": [0, 20],
    "workers_per_gpu": [None, 1, 4],
    "dask_scheduler": [None, "tcp://host:8786"],
    "pruner": ["race", "halving", "none"],
    "stop_after": [None, 0.1, 60],
    "budget": [None, 0.5, 1800],
    "finalists": [None, 0, 3],
    "final_epochs": [None, 1, 100],
    "final_width": [None, 0.5, 1, 4.0],
    "ensemble": [1, 5],
    "max_parameters": [None, 1, 10**12],
    "max_multiply_adds": [None, 1, 10**12],
}

WHOLE = [True, 1.0, "5", NAN]
OUT_OF_RANGE = {
    "train_samples": [9, -1, None, *WHOLE],
    "population": [2, -5, *WHOLE],
    "generations": [-1, None, *WHOLE],
    "algorithm": ["steady", "", None, 1],
    "objectives": [
        (),
        ("parameters",),
        ("parameters", "accuracy"),
        ("accuracy", "size"),
        ("accuracy", "accuracy"),
        ("accuracy", "seconds", "seconds"),
        ("accuracy", 7),
        ("accuracy", ["parameters"]),
        None,
        7,
    ],
    "train_front": [None, 1, "yes"],
    "lag": [0, None, *WHOLE],
    "screen": [-1, None, *WHOLE],
    "evaluations": [0, -1, *WHOLE],
    "patience": [0, -1, *WHOLE],
    "survivors": [0, 1, -0.2, True, "0.2", None, NAN, INFINITE],
    "crossover": ["uniform", "", None, 1],
    "mutation_probability": [-0.01, 1.01, True, "0.1", None, NAN, INFINITE],
    "stop_at": [True, "0.9", NAN, INFINITE],
    "seed": [-1, None, *WHOLE],
    "training_seed": [-1, *WHOLE],
    "engine": ["threads", "", 1],
    "workers": [0, -1, *WHOLE],
    "time_limit": [0, -1, True, "60", NAN, INFINITE],
    "memory_limit": [0, -1, True, "1", NAN, INFINITE],
    "threads_per_worker": [0, None, *WHOLE],
    "precision": ["float16", "", None, 16],
    "scaling": ["standard", "", None, 1],
    "trainer": ["torch", "", 1],
    "min_steps": [-1, None, *WHOLE],
    "workers_per_gpu": [0, -1, *WHOLE],
    "dask_scheduler": ["", 8786],
    "pruner": ["median", "", None, 1],
    "minimize": [None, 1, "yes"],
    "stop_after": [0, -1, True, "60", NAN, INFINITE],
    "budget": [0, -1, True, NAN, INFINITE],
    "finalists": [-1, *WHOLE],
    "final_epochs": [0, *WHOLE],
    "final_width": [0, -1, True, "2", NAN, INFINITE],
    "ensemble": [0, None, *WHOLE],
    "max_parameters": [0, -1, *WHOLE],
    "max_multiply_adds": [0, -1, *WHOLE],
}

EXPECTED = {
    "train_samples": "a whole number of at least 10",
    "population": "a whole number of at least 3",
    "generations": "a whole number of at least 0",
    "algorithm": "one of truncation, steady-state",
    "objectives": "accuracy (fitness, of your own function), then any of parameters, multiply_adds, seconds, latency, "
    "each once",
    "train_front": "True or False",
    "lag": "a whole number of at least 1",
    "screen": "a whole number of at least 0",
    "evaluations": "a whole number of at least 1",
    "patience": "a whole number of at least 1",
    "survivors": "a share above 0 and below 1",
    "crossover": "one of whole-layer, two-point, both",
    "mutation_probability": "a probability from 0 to 1",
    "stop_at": "a finite number",
    "seed": "a whole number of at least 0",
    "training_seed": "a whole number of at least 0",
    "engine": "one of serial, processes, scoop, dask",
    "workers": "a whole number of at least 1",
    "time_limit": "seconds above 0",
    "memory_limit": "gibibytes above 0",
    "threads_per_worker": "a whole number of at least 1",
    "precision": "one of float32, bfloat16",
    "scaling": "one of auto, none",
    "trainer": "one of compiled_tf, compiled_torch, portable",
    "min_steps": "a whole number of at least 0",
    "workers_per_gpu": "a whole number of at least 1",
    "dask_scheduler": "an address such as tcp://host:8786",
    "pruner": "one of race, halving, none",
    "minimize": "True or False",
    "stop_after": "seconds above 0",
    "budget": "a time above 0, such as 90s, 30m or 2h",
    "finalists": "a whole number of at least 0",
    "final_epochs": "a whole number of at least 1",
    "final_width": "a number above 0",
    "ensemble": "a whole number of at least 1",
    "max_parameters": "a whole number of at least 1",
    "max_multiply_adds": "a whole number of at least 1",
}


def cases(table):
    return [(name, value) for name, values in table.items() for value in values]


def test_the_defaults_are_those_of_the_first_experiments():
    defaults = Settings(algorithm="truncation")
    expected = {"train_samples": 10_000, "population": 20, "generations": 30, "survivors": 0.2, "crossover": "both"}
    expected |= {"mutation_probability": 0.1, "stop_at": None, "stop_after": None}
    assert {name: getattr(defaults, name) for name in expected} == expected


@pytest.mark.parametrize(("algorithm", "population"), [("steady-state", 10), ("truncation", 20)])
def test_the_population_is_what_suits_the_algorithm_unless_it_is_said(algorithm, population):
    assert Settings(algorithm=algorithm).population == population
    assert Settings(algorithm=algorithm, population=15).population == 15


def test_every_setting_is_under_these_tests():
    assert IN_RANGE.keys() == OUT_OF_RANGE.keys() == EXPECTED.keys() == all_settings().keys()


@pytest.mark.parametrize(("name", "value"), cases(IN_RANGE))
def test_a_value_in_range_is_taken_as_it_is(name, value):
    settings = Settings(**{name: value})
    assert getattr(settings, name) is value
    assert Settings(**json.loads(json.dumps(settings.to_json(), allow_nan=False))) == settings


@pytest.mark.parametrize(("name", "value"), cases(OUT_OF_RANGE))
def test_a_value_out_of_range_is_named_with_what_was_expected(name, value):
    with pytest.raises(ValueError) as caught:
        Settings(**{name: value})
    assert str(caught.value) == f"{name} is {value!r}, expected {EXPECTED[name]}"


def test_a_population_without_room_for_offspring_is_refused():
    with pytest.raises(ValueError, match="of a population of 4, 4 would survive and leave no place for offspring"):
        Settings(population=4, survivors=0.9)
    assert Settings(population=5, survivors=0.8).population == 5


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("30m", 1800), ("1.5h", 5400), ("2d", 172_800), (45, 45)]
)
def test_a_budget_is_a_time_as_people_write_it(text, seconds):
    assert Settings(budget=text).budget == seconds


@pytest.mark.parametrize("text", ["", "m", "ten minutes", "30 min", "1h30m"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=f"received the time '{text}', expected seconds or a text such as 90s, 30m"):
        Settings(budget=text)


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="populations"):
        Settings(populations=20)


def test_settings_are_frozen_and_compare_by_value():
    settings = Settings(seed=3)
    with pytest.raises(FrozenInstanceError):
        settings.seed = 4
    assert replace(settings, seed=4) == Settings(seed=4) != settings


def test_the_trainings_seed_is_the_runs_unless_it_is_given():
    assert Settings(seed=3).seed_of_trainings == 3
    assert Settings(seed=3, training_seed=0).seed_of_trainings == 0


def test_only_what_leaves_results_as_they_are_and_the_limits_of_a_machine_may_change_in_a_resumed_run():
    resumable = {name for name, setting in all_settings().items() if setting.resumable}
    assert resumable == {
        "generations", "stop_at", "engine", "workers", "workers_per_gpu", "dask_scheduler", "stop_after",
        "time_limit", "memory_limit", "budget", "trainer", "final_epochs", "final_width", "ensemble",
        "train_front",
        "evaluations", "patience",
    }  # fmt: skip


def test_every_meaning_is_in_words_and_reads_its_own_default():
    for field in fields(Settings):
        setting = field.metadata["setting"]
        assert setting.help
        assert setting.expected
        assert setting.default
        assert "None" not in setting.default
        assert setting.check(field.default)
        if field.default is not None and setting.type is not bool:
            assert setting.type(setting.default) == field.default
