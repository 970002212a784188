"""Long trainings: they go on where they were cut off, and are ready in time."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from test_recipe import ALL, convolutions
from test_training import TEN_CLASSES, TRAIN, VALIDATION, same
from training_stubs import WAYS

from deap_nn.runs import write_atomic
from deap_nn.training import Course, course, trainer
from deap_nn.training.compiled_tf import trainer as compiled

pytestmark = pytest.mark.slow

SCHEDULE = replace(ALL, epochs=7)
STEPS = 11


class CutOff(Exception):
    pass


def trained(way, path, cut_off=None):
    """Train with a file to go on from; cut off after so many epochs of this sitting."""
    seen = []

    def on_epoch(*_):
        seen.append(1)
        if len(seen) == cut_off:
            raise CutOff
        return False

    specs = convolutions()
    started = way(specs, TEN_CLASSES, SCHEDULE, TRAIN, VALIDATION, 1)
    of_training = Course([1.0] * 7, STEPS, path, None, write_atomic)
    return trainer.run(started, TEN_CLASSES, 7, on_epoch, of_training)


@WAYS
def test_a_training_that_is_cut_off_goes_on_and_ends_as_if_nothing_had_happened(way, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "INTERVAL", 0)
    whole = trained(way, None)
    path = tmp_path / "training.npz"
    for cut_off in (3, 1, 2):
        with pytest.raises(CutOff):
            trained(way, path, cut_off)
    assert same(whole, trained(way, path))
    assert same(whole, trained(way, path))  # the file holds the end


def test_the_first_epoch_is_kept_at_once(tmp_path):
    path = tmp_path / "training.npz"
    with pytest.raises(CutOff):
        trained(compiled.start, path, 3)
    with np.load(path) as state:
        assert state["epoch"] == 1


def test_a_damaged_file_begins_it_again(tmp_path):
    path = tmp_path / "training.npz"
    path.write_bytes(b"PK nothing of the kind")
    assert same(trained(compiled.start, None), trained(compiled.start, path))


class Clock:
    """A trainer whose epochs take as long as they are told to, on a clock of its own."""

    def __init__(self, monkeypatch, seconds):
        self.now, self.seconds, self.skipped, self.ran = 0.0, seconds, 0, []
        monkeypatch.setattr(course.time, "monotonic", lambda: self.now)

    def skip(self, steps):
        self.skipped += steps

    def run(self, costs, seconds):
        one = Course(costs, STEPS, None, seconds, write_atomic)
        training = SimpleNamespace(history={})
        epoch = one.begin(self, training)
        while epoch < len(costs):
            self.ran.append(epoch)
            self.now += costs[epoch] * self.seconds(self.now)
            epoch = one.after(epoch + 1, self, training)
        return self


COSTS = [0.25] * 20 + [0.5] * 20 + [1.0] * 30


@pytest.mark.parametrize("pace", [1.0, 1.5, 2.0, 5.0])
def test_it_is_ready_in_time_by_passing_over_epochs(pace, monkeypatch):
    clock = Clock(monkeypatch, lambda _: pace).run(COSTS, sum(COSTS))
    assert clock.now <= sum(COSTS) * 1.05
    assert clock.now >= sum(COSTS) * 0.9
    assert clock.ran[-1] == len(COSTS) - 1  # where the learning rate has come down
    assert clock.skipped == STEPS * (len(COSTS) - len(clock.ran))
    assert (clock.skipped == 0) == (pace == 1)


def test_it_is_ready_in_time_on_a_machine_that_becomes_slow(monkeypatch):
    clock = Clock(monkeypatch, lambda now: 1.0 if now < 20 else 3.0).run(COSTS, sum(COSTS))
    assert clock.now <= sum(COSTS) * 1.1
    assert clock.ran[-1] == len(COSTS) - 1


def test_without_time_it_ends_at_once(monkeypatch):
    assert Clock(monkeypatch, lambda _: 1.0).run([1.0] * 9, 0.0).ran == [0]


@WAYS
def test_steps_passed_over_lower_the_learning_rate(way):
    specs = convolutions()
    schedule = replace(SCHEDULE, start_resolution=1.0, momentum=0.0)
    one = way(specs, TEN_CLASSES, schedule, TRAIN, VALIDATION, 1)
    one.train(0)
    changes = []
    for skipped, epoch in ((STEPS, 2), (3 * STEPS, 6)):  # the third epoch, and the last
        one.skip(skipped)
        before = one.weights()[0][0]
        one.train(epoch)
        changes.append(np.abs(one.weights()[0][0] - before).max())
    assert 0 < changes[1] < changes[0] / 2
