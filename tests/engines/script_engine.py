"""A user's script: its own function, evaluated under the engine of its first argument.

The second argument is a folder, the third what to do. Results are printed; the last line says how it ended.
"""

import os
import signal
import sys
import time

import acceptance
import engine_stubs as stubs

from deap_nn.engines import EngineLost, default_engine, make_engine

print("script loaded as", __name__)


class Wrapped:
    def __init__(self, number):
        self.number = number


def own(wrapped):
    """A function and a class of the script itself, both ways."""
    return Wrapped(10 * wrapped.number)


def table(engine, folder):
    acceptance.check_table(acceptance.run_table(engine, folder), folder)


def script_function(engine, folder):
    print("own", [outcome.value.number for outcome in engine.map(own, map(Wrapped, range(4)))])


def sleepy(engine, folder):
    """Eight tasks of half a second, then a pause, then four more."""
    for part in (range(8), range(8, 12)):
        outcomes = engine.map(stubs.square, [folder] * 16, [f"task{n}" for n in part], part, [0.5] * 16)
        print("part", [outcome.value for outcome in outcomes], flush=True)
        print("attempts", sum(outcome.attempts for outcome in outcomes), flush=True)
        time.sleep(1.0)


def stubborn(engine, folder):
    """Two tasks that hold their interpreter and cannot notice anything."""
    print("running", flush=True)
    engine.map(stubs.holds_the_interpreter, [600, 600])


def cleared(engine, folder):
    """Abandon tasks that would take an hour; the workers are then free for others."""
    for _ in range(4):
        engine.submit(stubs.hangs, folder, "hangs")
    assert list(engine.as_completed(until=time.monotonic() + 1.0)) == []
    engine.clear()
    assert engine.pending == 0
    print("after", [outcome.value for outcome in engine.map(stubs.double, range(6))], flush=True)


def gpus(engine, folder):
    """The GPU of each worker's child, before and after one worker is killed (without workers, one child)."""
    first = places(engine, engine.capacity)
    child, (worker, _) = next(iter(first.items()))
    gone = child if worker == os.getpid() else worker
    os.kill(gone, signal.SIGKILL)
    second = places(engine, len(first), gone)  # there may be one less until the replacement has started
    for when, found in (("before", first), ("after", second)):
        print(when, "on", *sorted(gpu for _, gpu in found.values()), flush=True)


def places(engine, workers, gone=None):
    """Of each child its worker and GPU, once so many workers have one."""
    for _ in range(40):
        outcomes = engine.map(stubs.place, [0.3] * 2 * workers)
        found = {child: (worker, gpu) for child, worker, gpu in (outcome.value for outcome in outcomes)}
        if len(found) == workers and gone not in {*found, *(worker for worker, _ in found.values())}:
            return found
    raise AssertionError(f"{workers} workers, but {found}")


def overhead(engine, folder):
    engine.map(stubs.double, range(8))
    began = time.monotonic()
    assert [outcome.value for outcome in engine.map(stubs.double, range(300))] == list(range(0, 600, 2))
    print(f"overhead {(time.monotonic() - began) / 300 * 1000:.2f} ms", flush=True)


def main():
    name, folder, what = sys.argv[1:4]
    if name == "default":
        name = default_engine()
    limits = {"time_limit": acceptance.TIME_LIMIT, "memory_limit": acceptance.MEMORY_LIMIT} if what == "table" else {}
    workers = None if name == "scoop" else 2
    try:
        with make_engine(name, workers=workers, log_dir=f"{folder}/logs", **limits) as engine:
            print(engine.description, flush=True)
            globals()[what](engine, folder)
            print("capacity", engine.capacity)
        print("finished", flush=True)
    except EngineLost as error:
        print("engine lost:", error, flush=True)
        sys.exit(3)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(4)


if __name__ == "__main__":
    main()
    print("origin", os.getpid(), flush=True)
