"""Trainings in parts: whoever goes on, and wherever, they come to what one training would."""

import io
from dataclasses import replace

import numpy as np
import pytest
from test_recipe import ALL, convolutions
from test_training import TEN_CLASSES, TRAIN, VALIDATION, same
from training_stubs import WAYS

from deap_nn.training import Part, trainer
from deap_nn.training.compiled_tf import trainer as compiled
from deap_nn.training.portable import trainer as portable

pytestmark = pytest.mark.slow

SCHEDULE = replace(ALL, epochs=7, running_mean=True)
ADAM = replace(SCHEDULE, optimizer="adam", momentum=0.0, weight_average=None, learning_rate=0.003)


def trained(way, schedule, part=None, epochs=7):
    started = way(convolutions(), TEN_CLASSES, schedule, TRAIN, VALIDATION, 1)
    return trainer.run(started, TEN_CLASSES, epochs, None, part, schedule.running_mean)


def state_after(way, schedule, epochs, before=b""):
    part = Part(epochs, before)
    trained(way, schedule, part, epochs)
    return part.state


@WAYS
@pytest.mark.parametrize("schedule", [SCHEDULE, ADAM], ids=["sgd", "adam"])
def test_in_parts_it_comes_to_what_one_training_does(way, schedule):
    whole, state = trained(way, schedule), b""
    for epochs in (1, 3):
        state = state_after(way, schedule, epochs, state)
    last = Part(7, state, keep=False)
    in_parts = trained(way, schedule, last)
    assert same(whole, in_parts)
    assert whole.history == in_parts.history
    assert last.state == b""
    assert last.earlier_seconds > 0


@WAYS
def test_a_part_that_is_done_already_is_not_done_again(way, monkeypatch):
    state = state_after(way, SCHEDULE, 2)
    again = Part(2, state)
    started = way(convolutions(), TEN_CLASSES, SCHEDULE, TRAIN, VALIDATION, 1)
    monkeypatch.setattr(started, "train", None)  # not a single epoch
    training = trainer.run(started, TEN_CLASSES, 2, None, again, running=True)
    assert (again.state, training.epochs) == (state, 2)


def damaged(state):
    with np.load(io.BytesIO(state)) as file:
        left_out = {name: array for name, array in file.items() if name != "state_0"}
    content = io.BytesIO()
    np.savez(content, **left_out)
    flipped = bytearray(state)
    flipped[len(state) // 2] ^= 1
    return [b"", b"PK nothing of the kind", state[:-100], bytes(flipped), content.getvalue()]


def test_a_state_that_is_no_use_begins_it_again():
    state = state_after(compiled.start, SCHEDULE, 2)
    of_another = state_after(portable.start, SCHEDULE, 2)
    too_far = state_after(compiled.start, SCHEDULE, 4)
    for useless in (*damaged(state), of_another, too_far):
        part = Part(3, useless)
        training = trained(compiled.start, SCHEDULE, part, 3)
        assert part.earlier_seconds == 0
        assert same(training, trained(compiled.start, SCHEDULE, None, 3))


def test_the_state_holds_no_pickle():
    with np.load(io.BytesIO(state_after(compiled.start, SCHEDULE, 1)), allow_pickle=False) as file:
        assert all(array.dtype != object for array in file.values())
