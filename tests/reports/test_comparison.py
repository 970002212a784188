"""Several runs side by side, in numbers computed by hand."""

import math
from types import SimpleNamespace

import pytest
from deap import tools

from deap_nn.reports.comparison import table, write_csv


def run(seed, validation, test, nevals=(5, 3), status="finished"):
    logbook = tools.Logbook()
    for number, count in enumerate(nevals):
        logbook.record(gen=number, nevals=count)
    best = {"search_validation_accuracy": validation, "test_accuracy": test}
    return SimpleNamespace(best=best, info={"settings": {"seed": seed}}, status=status, logbook=logbook)


GROUPS = {
    "one": [run(0, 0.5, 0.4), run(1, 0.6, 0.4), run(2, 0.7, 0.4)],
    "two": [run(0, 0.6, 0.5), run(1, 0.8, 0.5), run(2, 1.0, 0.5)],
    "three": [run(0, 0.5, 0.3), run(1, 0.6, 0.4), run(2, 0.7, 0.5)],
}
T = 4.302653  # Student's t for a 95 % interval of the mean of three


def lines(groups):
    return {line[:26].strip(): line[26:].split() for line in table(groups)}


def test_the_table_has_mean_and_spread_of_each_group():
    shown = lines(GROUPS)
    assert shown["one"] == ["0.6000", "±", "0.1000", "0.4000", "±", "0.0000"]
    assert shown["two"] == ["0.8000", "±", "0.2000", "0.5000", "±", "0.0000"]
    assert shown[""] == ["validation", "accuracy", "test", "accuracy"]


def test_differences_are_taken_seed_by_seed():
    shown = lines(GROUPS)
    # 0.1, 0.2, 0.3: standard deviation 0.1
    assert shown["two less one"] == ["+0.2000", "±", f"{T * 0.1 / math.sqrt(3):.4f}", "+0.1000", "±", "0.0000"]
    assert shown["three less one"][:3] == ["+0.0000", "±", "0.0000"]
    assert shown["three less two"][3:] == ["-0.1000", "±", f"{T * 0.1 / math.sqrt(3):.4f}"]
    assert len(shown) == 1 + 3 + 3


def test_single_runs_have_no_spread():
    shown = lines({name: runs[:1] for name, runs in GROUPS.items()})
    assert shown["one"] == ["0.5000", "±", "-", "0.4000", "±", "-"]
    assert shown["two less one"] == ["+0.1000", "±", "-", "+0.1000", "±", "-"]


def test_the_columns_stand_below_each_other():
    assert len({len(line) for line in table(GROUPS)}) == 1


def test_the_file_has_a_row_for_each_run(tmp_path):
    write_csv(tmp_path / "comparison.csv", {"one": GROUPS["one"][:2], "two": [run(7, 0.25, 0.5, (4,), "stopped")]})
    assert (tmp_path / "comparison.csv").read_text().splitlines() == [
        "group,seed,status,generations,evaluations,search_validation_accuracy,test_accuracy",
        "one,0,finished,1,8,0.5,0.4",
        "one,1,finished,1,8,0.6,0.4",
        "two,7,stopped,0,4,0.25,0.5",
    ]


def test_a_run_without_a_winner_is_an_error():
    with pytest.raises(KeyError):
        table({"one": [SimpleNamespace(best=None)]})
