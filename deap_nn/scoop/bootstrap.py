"""A SCOOP worker or origin that ends in an orderly way; started by the supervisor.

A worker dies with its supervisor. The origin, which has a run to save, is given time to notice on its own that
its launcher is gone, and its exit code is the script's.
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
import time
from typing import Any

import scoop
from scoop.bootstrap import __main__ as bootstrap

from deap_nn.engines import die_with_parent
from deap_nn.scoop.supervisor import LAUNCHER

ORPHAN_PATIENCE = 20.0  # seconds that an origin without a launcher may take to end cleanly
_NEVER = 1e9


class Bootstrap(bootstrap.Bootstrap):
    """SCOOP's bootstrap, run from this module."""

    def run(self, globs: dict[str, Any] | None = None) -> None:
        """Run the script; tasks look up its functions in this module's globals."""
        super().run(globs=globals() if globs is None else globs)


class _RunpyWithExit:
    """A stand-in for runpy: sys.exit() in the script ends the script and is not the error of a task."""

    def __init__(self) -> None:
        self.exit: SystemExit | None = None

    def run_path(self, *args: Any, **options: Any) -> dict[str, Any]:
        try:
            return runpy.run_path(*args, **options)
        except SystemExit as error:
            self.exit = error
            return {}


def main() -> None:
    """Run as the origin or as a worker, depending on the arguments."""
    scoop.TIME_BETWEEN_STATUS_REPORTS = _NEVER  # Status reports share a socket between threads, which ZMQ forbids
    process = Bootstrap()
    process.parse()
    launcher = int(os.environ.get(LAUNCHER, os.getppid()))
    if process.args.origin:
        threading.Thread(target=_leave_without_launcher, args=(launcher,), daemon=True).start()
    else:
        die_with_parent()
    if os.getppid() != launcher:  # It died while this process was starting, and nothing told us
        sys.exit(1)
    bootstrap.runpy = script = _RunpyWithExit()
    process.main()
    if script.exit is not None:
        sys.exit(script.exit.code)


def _leave_without_launcher(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(1.0)
    time.sleep(ORPHAN_PATIENCE)
    print("the launcher of SCOOP has gone and the script has not ended: leaving", file=sys.stderr, flush=True)
    os._exit(1)


if __name__ == "__main__":
    main()
