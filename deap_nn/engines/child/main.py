"""The process that evaluates, started (see `deap_nn.engines.child.start`) and ended by its owner.

Packed calls come in on stdin, reports go out on stdout; what the calls print goes to stderr, which is
the log. When stdin closes, the owner is gone and the child exits at once, even in the middle of a
training.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import functools
import importlib.machinery
import importlib.util
import os
import pickle
import queue
import signal
import sys
import threading
from typing import BinaryIO

from deap_nn.engines.child.heap import give_back, keep_freed_blocks
from deap_nn.engines.child.procfs import descendants
from deap_nn.engines.child.wire import frame, read_frame
from deap_nn.engines.parcel import SCRIPT_NAMES
from deap_nn.engines.perform import perform
from deap_nn.engines.role import SearchInWorker, serve
from deap_nn.engines.script_globals import set_globals

READY = b"ready"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_script_globals = b""  # what was set last


def main() -> None:
    """Serve calls until stdin closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the origin decides
    inbox, outbox = _take_pipes()
    die_with_parent()
    _adopt_orphans()
    keep_freed_blocks()
    faulthandler.enable()
    serve()
    hello = pickle.loads(read_frame(inbox))
    sys.path[:] = hello["path"]
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(inbox, calls), daemon=True).start()
    _send(outbox, READY)
    own = os.getpid()
    while True:
        number, payload, script, script_globals = pickle.loads(calls.get())
        report = perform(payload, functools.partial(load_script, script, script_globals) if script else None)
        if os.getpid() != own:
            os._exit(0)  # A call that has forked returns twice; the copy's result is nobody's
        give_back()  # The owner measures the size of a child when it is idle
        _send(outbox, pickle.dumps((number, tuple(report)), protocol=5))


def load_script(path: str, script_globals: bytes = b"") -> None:
    """Import the user's script once, and set globals that it has set in its owner's process since.

    They are set once, too, unless they change: what the script makes of them, such as a cache, stays.
    """
    global _script_globals
    _import_script(path)
    if script_globals and script_globals != _script_globals:
        set_globals(script_globals, sys.modules["__mp_main__"])
        _script_globals = script_globals


def _import_script(path: str) -> None:
    """Import the user's script under every name that pickles may use for it.

    Its `if __name__ == "__main__":` block does not run. A script without one ends where it would start a search: what
    it defines up to there is what the search can need.
    """
    if getattr(sys.modules.get("__mp_main__"), "__file__", None) == path:
        return
    loader = importlib.machinery.SourceFileLoader("__mp_main__", path)  # also where its name does not end in .py
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    before = {name: sys.modules.get(name) for name in SCRIPT_NAMES}
    for name in SCRIPT_NAMES:
        sys.modules[name] = module
    try:
        with contextlib.suppress(SearchInWorker):
            loader.exec_module(module)
    except BaseException:
        for name, old in before.items():
            if old is None:
                del sys.modules[name]
            else:
                sys.modules[name] = old
        raise


def die_with_parent() -> None:
    """Ask Linux to kill this process when the thread that started it ends, for whatever reason.

    Closing stdin does the same while Python runs; this also covers code that never releases the
    interpreter. On systems other than Linux nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _adopt_orphans() -> None:
    """Stay the ancestor of all that calls start, also where they leave their session, so that the owner finds it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Reserve stdin and stdout for the frames; user code reads an empty stdin and prints to the log."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return inbox, outbox


def _send(outbox: BinaryIO, payload: bytes) -> None:
    outbox.write(frame(payload))
    outbox.flush()


def _receive(inbox: BinaryIO, calls: queue.SimpleQueue[bytes]) -> None:
    with contextlib.suppress(Exception):
        while True:
            calls.put(read_frame(inbox))
    for one in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            os.kill(one, signal.SIGKILL)
    if os.getpgrp() == os.getpid():  # also whatever the evaluation had started
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
