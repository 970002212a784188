"""The acceptance table: what must come of each misbehaviour, the same on every engine that isolates."""

import re
from typing import NamedTuple

import engine_stubs as stubs

TIME_LIMIT = 4.0
MEMORY_LIMIT = 150_000_000


class Case(NamedTuple):
    name: str
    function: object
    arguments: tuple = ()
    status: str = "ok"
    attempts: int = 1
    value: object = None
    reason: str = ""


CASES = [
    Case("ok", stubs.square, (3,), value=9),
    Case("raises", stubs.raises, (), "error", reason="ValueError: the network is not buildable"),
    Case("raises-odd", stubs.raises_odd, (), "error", reason="Odd: odd-message"),
    Case("exits", stubs.exits, (), "error", reason="SystemExit: 7"),
    Case("leaves-once", stubs.leaves_once, (), attempts=2, value="second time"),
    Case("leaves", stubs.leaves, (), "lost", 3, reason="exit code 3; last words: about to leave"),
    Case("crashes-once", stubs.crashes_once, (), attempts=2, value="second time"),
    Case("crashes", stubs.crashes, (), "lost", 3, reason="SIGSEGV.*reading address zero.*string_at"),
    Case("hangs-once", stubs.hangs_once, (), "timeout", reason="time limit: not finished after 4 s"),
    Case("hangs", stubs.hangs, (), "timeout", reason="time limit: not finished after 4 s"),
    Case("not-picklable", stubs.cannot_be_pickled, (), "error", reason="pickle.*lambda"),
    Case("not-unpicklable", stubs.cannot_be_unpickled, (), "error", reason="RuntimeError: not in this process"),
    Case("eats-memory", stubs.eats_memory, (300,), "lost", reason="memory limit: .* 150 MB allowed"),
    *(Case(f"taker{n}", stubs.takes_memory, (1.0,), value=f"taker{n}") for n in range(3)),
    Case("needs-all", stubs.needs_all_memory, (), attempts=2, value="fits into 0.900"),
    Case("never-fits", stubs.never_fits, (), attempts=2, value="out of memory"),
    *(Case(f"neighbour{n}", stubs.square, (n, 0.2), value=n * n) for n in range(8)),
]


def run_table(engine, folder):
    """The outcomes of all cases, by name."""
    tickets = {engine.submit(case.function, str(folder), case.name, *case.arguments): case for case in CASES}
    return {tickets[ticket].name: outcome for ticket, outcome in engine.as_completed()}


def check_table(outcomes, folder):
    """Every case ended as it must, and was started exactly as often as its outcome says."""
    started = stubs.starts(folder)
    for case in CASES:
        outcome = outcomes[case.name]
        told = (case.name, outcome.status, outcome.attempts, outcome.value)
        assert told == (case.name, case.status, case.attempts, case.value), outcome
        assert re.search(case.reason, outcome.reason) if case.reason else outcome.reason == "", outcome
        assert "\n" not in outcome.reason
        assert bool(outcome.traceback) == (case.status == "error" and case.name != "not-unpicklable"), outcome
        assert started.count(case.name) == case.attempts, (case.name, started)
    assert "engine_stubs.py" in outcomes["raises"].traceback
