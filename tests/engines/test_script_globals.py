"""Which globals of a script its workers would not see as they are."""

import functools
import pickle
import sys
import types
from pathlib import Path

import pytest

from deap_nn.engines.script_globals import Late, _set_late, packed_globals, set_globals
from deap_nn.errors import InputError

SCRIPT = """
import functools, math, os
ABOVE, BOUND, LOOP, COUNT = 1, 1, 1, 1
CHANGED, CALLED, DEEP, FILLED = {}, [], {"a": {}}, {}

class Own:
    def method(self):
        return BOUND

    @property
    def size(self):
        return COUNT

OWN = Own()

def plain(x):
    FILLED[x] = 1
    return ABOVE, BOUND, CHANGED, FILLED

def attribute(x):
    return x.BOUND, x.LOOP

def indirect(x):
    def inner():
        return [plain(y) for y in x]
    return inner

@functools.lru_cache
def wrapped(x):
    return CALLED, DEEP

def of_object(x):
    return OWN.method()

def main():
    global COUNT
    COUNT = 2
    local = {}
    local["x"] = 1
    math.floor(1.5)

if __name__ == "__main__":
    BOUND = 2
    CHANGED["x"] = 2
    CALLED.append(2)
    DEEP["a"]["b"] = 2
    for LOOP in range(3):
        print(ABOVE, os.getpid())
    main()
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    """A script as it runs: its module."""
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec(compile(SCRIPT, str(path), "exec"), vars(module))
    return module


def sent(script, *needed):
    packed = packed_globals(needed, script_path(script))
    return {name: pickle.loads(value) for name, value in pickle.loads(packed).items()} if packed else {}


def script_path(script):
    return Path(script.__file__)


def test_what_is_set_changed_or_filled_below_the_guard_is_sent_as_it_is_now(script):
    assert sent(script, script.plain) == {"BOUND": 2, "CHANGED": {"x": 2}}
    script.BOUND = 3
    assert sent(script, script.plain)["BOUND"] == 3


def test_what_only_the_top_sets_is_left_to_the_worker(script):
    """It may be its own there, such as the GPU that it was given."""
    assert "ABOVE" not in sent(script, script.plain)


def test_what_the_call_itself_fills_is_left_to_the_worker(script):
    assert "FILLED" not in sent(script, script.plain)
    assert sent(script, script.main) == {}


@pytest.mark.parametrize(
    ("needed", "names"),
    [
        ("attribute", set()),
        ("indirect", {"BOUND", "CHANGED"}),
        ("wrapped", {"CALLED", "DEEP"}),
        ("of_object", {"BOUND", "COUNT"}),
        ("Own", {"BOUND", "COUNT"}),
    ],
)
def test_globals_are_found_wherever_they_are_used_and_nowhere_else(script, needed, names):
    assert sent(script, getattr(script, needed)).keys() == names


def test_a_function_that_is_wrapped_late_uses_what_it_wraps(script):
    script.OWN = functools.partial(script.plain, 1)
    assert sent(script, script.of_object).keys() == {"BOUND", "CHANGED"}


def test_a_worker_sees_them(script):
    worker = types.ModuleType("worker")
    exec(SCRIPT, vars(worker))
    assert worker.plain(0)[:3] == (1, 1, {})
    set_globals(packed_globals([script.plain], script_path(script)), worker)
    assert worker.plain(0)[:3] == (1, 2, {"x": 2})


def test_what_cannot_be_sent_is_named_with_the_way_out(script):
    script.BOUND = (one for one in ())
    with pytest.raises(InputError, match=r"the global BOUND is set below .* cannot be sent .*: set it above"):
        sent(script, script.plain)


def test_what_is_only_changed_and_cannot_be_sent_goes_by_name_as_ever(script):
    script.CHANGED = (one for one in ())
    assert sent(script, script.plain) == {"BOUND": 2}


def test_a_script_that_cannot_be_read_any_more_has_none(tmp_path):
    assert _set_late(tmp_path / "gone.py") == (Late(), {})
