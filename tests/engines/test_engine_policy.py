"""The policy on a made-up back end, and everything that is refused before a process starts."""

import functools
import math
import pickle
import threading
import time
from collections import Counter
from pathlib import Path

import engine_stubs as stubs
import pytest

from deap_nn.engines import (
    ENGINES,
    Engine,
    EngineLost,
    Outcome,
    default_engine,
    make_engine,
    policy,
    retry_alone,
)
from deap_nn.engines.child.wire import Frames, frame
from deap_nn.engines.outcome import Report
from deap_nn.engines.parcel import pack, unpack
from deap_nn.engines.perform import perform


class ScriptedBackend:
    """Ends one attempt at each poll, oldest first; `plan` names how each function's attempts end."""

    description = "scripted"

    def __init__(self, capacity=2, plan=None, patience=None):
        self.capacity, self.plan, self.patience = capacity, plan or {}, patience
        self.started, self.running, self.dropped, self.closed = [], [], [], 0
        self.alone = []

    def start(self, key, parcel, alone=False):
        number = unpack(parcel.payload)[1][0]
        self.started.append(number)
        assert not (self.running and (alone or self.alone[-1:] == [self.running[0][1]])), "it was to be alone"
        if alone:
            self.alone.append(number)
        self.running.append((key, number, parcel))
        assert len(self.running) <= self.capacity

    def poll(self, timeout):
        if not self.running or self.plan == "silent":
            time.sleep(timeout)
            return []
        key, number, parcel = self.running.pop(0)
        kind = self.plan.get(number, ["ok"])[0]
        if len(self.plan.get(number, [])) > 1:
            self.plan[number].pop(0)
        value = {"ok": parcel.payload, "crowded": pickle.dumps("out of memory")}.get(kind, b"")
        return [(key, Report(kind, value, "" if value else "why"))]

    def drop(self, key):
        self.dropped.append(key)
        self.running = [entry for entry in self.running if entry[0] != key]

    abandon = drop

    def close(self):
        self.closed += 1


def test_tasks_start_in_the_order_of_submission_and_all_end():
    backend = ScriptedBackend(capacity=3)
    engine = Engine(backend)
    tickets = [engine.submit(stubs.double, number) for number in range(10)]
    assert [ticket for ticket, _ in engine.as_completed()] == tickets
    assert backend.started == list(range(10))
    assert engine.pending == 0


@pytest.mark.parametrize(
    ("ends", "status", "attempts"),
    [
        (["lost"], "lost", 3),
        (["lost", "ok"], "ok", 2),
        (["lost", "lost", "ok"], "ok", 3),
        (["timeout", "ok"], "timeout", 1),
        (["memory", "ok"], "lost", 1),
        (["error", "ok"], "error", 1),
        (["lost", "timeout"], "timeout", 2),
    ],
)
def test_retries_are_those_of_the_policy(ends, status, attempts):
    engine = Engine(ScriptedBackend(plan={1: ends}))
    (outcome,) = engine.map(stubs.double, [1])
    assert (outcome.status, outcome.attempts) == (status, attempts)
    assert (outcome.reason == "") == (status == "ok")


def test_a_task_that_is_tried_again_goes_before_those_that_wait():
    backend = ScriptedBackend(capacity=1, plan={0: ["lost", "lost", "ok"], 1: ["lost", "ok"]})
    Engine(backend).map(stubs.double, range(3))
    assert backend.started == [0, 0, 0, 1, 1, 2]


def test_a_freed_worker_has_its_next_task_before_the_outcome_is_told():
    backend = ScriptedBackend(capacity=1)
    engine = Engine(backend)
    for number in range(3):
        engine.submit(stubs.double, number)
    next(engine.as_completed())
    assert backend.started == [0, 1]


def test_more_may_be_submitted_while_iterating_and_starts_at_once():
    backend = ScriptedBackend(capacity=2)
    engine = Engine(backend)
    for number in range(2):
        engine.submit(stubs.double, number)
    seen = 0
    for _ in engine.as_completed():
        seen += 1
        if seen < 10:
            engine.submit(stubs.double, seen + 1)
            assert len(backend.running) == 2
    assert seen == 11


def test_map_is_ordered_and_leaves_other_tasks_to_their_caller():
    engine = Engine(ScriptedBackend(capacity=2, plan={0: ["lost", "ok"]}))
    other = engine.submit(stubs.double, 99)
    assert [outcome.attempts for outcome in engine.map(stubs.double, range(4))] == [2, 1, 1, 1]
    assert [ticket for ticket, _ in engine.as_completed()] == [other]
    assert engine.map(stubs.double, []) == []


def test_as_completed_stops_waiting_at_the_given_moment_and_goes_on_later():
    backend = ScriptedBackend(plan="silent")
    engine = Engine(backend)
    ticket = engine.submit(stubs.double, 1)
    assert list(engine.as_completed(until=time.monotonic() + 0.05)) == []
    assert list(engine.as_completed(until=time.monotonic() - 1)) == []
    backend.plan = {}
    assert [found for found, _ in engine.as_completed()] == [ticket]


def test_silence_beyond_patience_is_loss_and_silence_everywhere_ends_the_engine():
    engine = Engine(ScriptedBackend(capacity=2, plan="silent", patience=0.01))
    for number in range(4):
        engine.submit(stubs.double, number)
    with pytest.raises(EngineLost, match="no worker has answered"):
        list(engine.as_completed())


def test_silence_is_believed_after_two_whole_rounds_and_not_before():
    backend = ScriptedBackend(capacity=1, plan="silent", patience=0.01)
    engine = Engine(backend)
    engine.submit(stubs.double, 0)
    with pytest.raises(EngineLost, match="no worker has answered for 2 rounds"):
        list(engine.as_completed())
    assert backend.started == [0, 0, 0]


def values(outcomes):
    """Of each outcome what its attempts came to: OUT, or nothing of interest."""
    return [outcome.value if outcome.value == OUT else outcome.status for outcome in outcomes]


OUT = "out of memory"


def test_what_runs_out_of_memory_beside_others_is_tried_once_more_alone_when_the_queue_has_started():
    backend = ScriptedBackend(capacity=3, plan={1: ["crowded", "ok"]})
    outcomes = Engine(backend).map(stubs.double, range(6))
    assert backend.started == [0, 1, 2, 3, 4, 5, 1]
    assert backend.alone == [1]
    assert values(outcomes) == ["ok"] * 6
    assert [outcome.attempts for outcome in outcomes] == [1, 2, 1, 1, 1, 1]


def test_what_runs_out_of_memory_alone_has_the_value_that_it_came_with():
    backend = ScriptedBackend(capacity=2, plan={0: ["crowded"], 1: ["crowded"]})
    outcomes = Engine(backend).map(stubs.double, range(3))
    assert backend.alone == [0, 1]
    assert values(outcomes) == [OUT, OUT, "ok"]
    assert [(outcome.attempts, outcome.reason) for outcome in outcomes] == [(2, ""), (2, ""), (1, "")]


@pytest.mark.parametrize(("capacity", "before", "attempts"), [(2, 0, 1), (2, 1, 2), (1, 1, 1)])
def test_alone_is_who_was_the_first_or_has_the_only_worker(capacity, before, attempts):
    """What ran before on another worker has left a child there, which may keep the memory it had."""
    engine = Engine(ScriptedBackend(capacity=capacity, plan={1: ["crowded"]}))
    engine.map(stubs.double, [0] * before)
    (outcome,) = engine.map(stubs.double, [1])
    assert (outcome.value, outcome.attempts) == (OUT, attempts)


def test_a_worker_that_is_gone_or_held_by_what_was_dropped_may_have_taken_memory_too():
    backend = ScriptedBackend(capacity=2, plan={2: ["crowded", "ok"]})
    engine = Engine(backend)
    engine.map(stubs.double, [0, 1])
    backend.capacity = 1
    assert [outcome.attempts for outcome in engine.map(stubs.double, [2])] == [2]


@pytest.mark.parametrize(
    ("ends", "status", "attempts"),
    [
        (["lost", "lost", "crowded", "ok"], "ok", 4),
        (["crowded", "lost", "lost", "ok"], "ok", 4),
        (["lost", "crowded", "lost", "lost"], "lost", 4),
        (["crowded", "lost", "crowded"], OUT, 3),
        (["crowded", "error"], "error", 2),
        (["crowded", "timeout"], "timeout", 2),
    ],
)
def test_running_out_of_memory_and_losses_are_counted_apart(ends, status, attempts):
    alone = attempts - 1 - ends.index("crowded")
    backend = ScriptedBackend(capacity=2, plan={1: list(ends)})
    outcomes = Engine(backend).map(stubs.double, [0, 1, 2, 3])
    assert values(outcomes) == ["ok", status, "ok", "ok"]
    assert outcomes[1].attempts == attempts
    assert backend.alone == [1] * alone


def test_nothing_starts_beside_what_runs_alone_and_nothing_waits_for_ever():
    backend = ScriptedBackend(capacity=2, plan={1: ["crowded", "ok"]})
    engine = Engine(backend)
    for number in range(4):
        engine.submit(stubs.double, number)
    ended = []
    for ticket, _ in engine.as_completed():
        ended.append(ticket)
        if len(ended) < 40:
            engine.submit(stubs.double, 10 + len(ended))  # there is always another one
    assert backend.alone == [1]
    assert ended.index(1) < 6
    assert len(ended) == 43


def test_what_waits_to_run_alone_can_be_cleared_and_others_run_together_again():
    for polls in (1, 2, 3):  # it waits for one, for none, it runs
        backend = ScriptedBackend(capacity=2, plan={0: ["crowded", "ok"]})
        engine = Engine(backend)
        for number in range(2):
            engine.submit(stubs.double, number)
        for _ in range(polls):
            engine._collect(None)
        engine.clear()
        assert (engine.pending, backend.running) == (0, [])
        backend.alone.clear()
        for number in range(5, 8):
            engine.submit(stubs.double, number)
        assert [number for _, number, _ in backend.running] == [5, 6]
        assert len(list(engine.as_completed())) == 3
        engine.submit(stubs.double, 0)
        engine.close()
        assert backend.closed == 1


def test_a_wait_for_what_runs_alone_ends_in_time_and_goes_on_later():
    backend = ScriptedBackend(capacity=2, plan={0: ["crowded", "ok"]})
    engine = Engine(backend)
    tickets = {engine.submit(stubs.double, number) for number in range(2)}
    assert next(engine.as_completed())[0] in tickets
    backend.plan = "silent"
    engine.submit(stubs.double, 2)
    assert list(engine.as_completed(until=time.monotonic() + 0.05)) == []
    assert [number for _, number, _ in backend.running] == [0]
    backend.plan = {}
    assert len(list(engine.as_completed())) == 2
    assert backend.started == [0, 1, 0, 2]


def test_an_abandoned_iterator_and_a_second_close_do_no_harm():
    backend = ScriptedBackend()
    with Engine(backend) as engine:
        for number in range(5):
            engine.submit(stubs.double, number)
        for _ in engine.as_completed():
            break
        engine.close()
    assert backend.closed == 1
    with pytest.raises(RuntimeError, match="closed"):
        engine.submit(stubs.double, 1)


def test_clear_forgets_all_tasks_and_frees_the_workers():
    backend = ScriptedBackend(capacity=2)
    engine = Engine(backend)
    for number in range(5):
        engine.submit(stubs.double, number)
    next(engine.as_completed())
    engine.clear()
    assert (engine.pending, backend.running, len(backend.dropped)) == (0, [], 2)
    assert list(engine.as_completed()) == []
    assert [outcome.status for outcome in engine.map(stubs.double, range(3))] == ["ok"] * 3


def module_level(first, second):
    return first, second


def test_what_cannot_be_sent_is_refused_in_one_line_with_the_remedy():
    def inner(x):
        return x

    engine = Engine(ScriptedBackend())
    refused = [
        (lambda x: x, (1,), "a lambda .* top level"),
        (inner, (1,), "inner is defined inside a function .* top level"),
        (functools.partial(inner, 1), (), "inner is defined inside a function"),
        (stubs.double, (lambda: 1,), "double or its arguments cannot be sent .* top level"),
    ]
    for function, arguments, message in refused:
        with pytest.raises(ValueError, match=message) as caught:
            engine.submit(function, *arguments)
        assert "\n" not in str(caught.value)
    assert unpack(pack(functools.partial(module_level, 1), (2,)).payload)[1] == (2,)


def test_only_calls_that_need_the_script_say_so(monkeypatch):
    assert not pack(stubs.double, ("the word __main__",)).needs_script
    monkeypatch.setattr(module_level, "__module__", "__main__")
    monkeypatch.setattr("__main__.module_level", module_level, raising=False)
    monkeypatch.setattr("__main__.__file__", __file__, raising=False)  # which the main of a parallel test run lacks
    assert pack(module_level, (1, 2)).needs_script


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("threads", {}, "received engine 'threads'; expected one of serial, processes, scoop, dask"),
        ("processes", {"workers": 0}, "workers=0; expected a whole number of at least 1"),
        ("processes", {"workers": 2.0}, "workers=2.0; expected a whole number"),
        ("processes", {"workers": True}, "workers=True; expected a whole number"),
        ("processes", {"threads_per_worker": 0}, "threads_per_worker=0"),
        ("processes", {"workers_per_gpu": -1}, "workers_per_gpu=-1"),
        ("processes", {"time_limit": 0}, "time_limit=0; expected seconds above 0"),
        ("processes", {"time_limit": math.inf}, "time_limit=inf; .*a limit always exists"),
        ("processes", {"time_limit": math.nan}, "time_limit=nan"),
        ("processes", {"time_limit": "10"}, "time_limit='10'"),
        ("processes", {"memory_limit": 0}, "memory_limit=0; expected a whole number of bytes"),
        ("processes", {"scheduler_address": "tcp://x:1"}, "only dask has a scheduler"),
        ("serial", {"memory_limit": 10**9}, "cannot enforce one; .* 'processes'"),
        ("scoop", {}, "outside of SCOOP; .* python -m scoop -n 4"),
    ],
)
def test_nonsense_is_refused_before_anything_starts(name, settings, message):
    with pytest.raises(ValueError, match=message):
        make_engine(name, **settings)


def test_serial_runs_here_and_reports_errors():
    with make_engine("serial") as engine:
        good, bad = engine.map(_picky, [1, 0])
    assert good == Outcome("ok", 1.0, seconds=good.seconds, worker=good.worker)
    assert (bad.status, bad.reason) == ("error", "ZeroDivisionError: division by zero")
    assert "in _picky" in bad.traceback
    assert engine.capacity == 1


def test_only_an_engine_tries_again_and_where_nothing_else_runs_once_was_enough():
    assert retry_alone("as it is") == "as it is"
    with make_engine("serial") as engine:
        outcomes = engine.map(retry_alone, ["first", "second"])
    assert [(outcome.status, outcome.value, outcome.attempts) for outcome in outcomes] == [
        ("ok", "first", 1),
        ("ok", "second", 1),
    ]
    assert retry_alone("as it was") == "as it was"


def test_an_attempt_that_ran_out_of_memory_reports_what_counts_otherwise():
    report = perform(pack(retry_alone, ((1, 2),)).payload)
    assert (report.kind, pickle.loads(report.value), report.reason) == ("crowded", (1, 2), "")
    refused = perform(pack(_out_of_memory_with_a_thread, ()).payload)
    assert (refused.kind, refused.value) == ("error", b"")
    assert "cannot pickle" in refused.reason


def _out_of_memory_with_a_thread():
    return retry_alone(threading.Lock())


def test_serial_forgets_what_is_cleared(tmp_path):
    with make_engine("serial") as engine:
        engine.submit(stubs.square, str(tmp_path), "cleared", 1)
        engine.clear()
        engine.map(stubs.square, [str(tmp_path)], ["asked"], [1])
    assert stubs.starts(tmp_path) == ["asked"]


def _picky(number):
    return 1 / number


def test_default_engine_and_names():
    assert default_engine() == "processes"
    assert ENGINES == ("serial", "processes", "scoop", "dask")


def test_frames_survive_any_cutting():
    payloads = [b"", b"a", b"x" * 70_000, b"\0" * 9]
    stream = b"".join(map(frame, payloads))
    for step in (1, 7, 8, 9, 100_000):
        frames, found = Frames(), []
        for start in range(0, len(stream), step):
            frames.feed(stream[start : start + step])
            while (payload := frames.next()) is not None:
                found.append(payload)
        assert found == payloads


def test_the_engines_room_imports_nothing_of_ours_but_the_error():
    folder = Path(policy.__file__).parent
    words = Counter()
    for path in folder.glob("*.py"):
        lines = path.read_text().splitlines()
        words.update(line.split()[1] for line in lines if line.startswith(("import deap_nn", "from deap_nn")))
    assert words
    assert all(name.startswith("deap_nn.engines") or name == "deap_nn.errors" for name in words)
