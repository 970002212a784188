"""What this process is there for: a search of the user's, or the calls of a search that runs elsewhere.

Workers load the user's script to find its functions. A script without `if __name__ == "__main__":` then comes to the
line that starts the search, in every worker.
"""

from __future__ import annotations

import multiprocessing
import sys

_serves_calls = False


class SearchInWorker(BaseException):
    """A search was started by a process that evaluates for another one."""


def serve() -> None:
    """Note that this process serves the calls of its owner."""
    global _serves_calls
    _serves_calls = True


def refuse_in_worker(what: str) -> None:
    """Refuse to start a search in a process that is a worker of one.

    Args:
        what: What the user has called.

    Raises:
        SearchInWorker: In a child, whose script ends there.
        RuntimeError: In another kind of worker; it says what to add to the script.
    """
    if _serves_calls:
        raise SearchInWorker(what)
    scoop = sys.modules.get("scoop")
    is_scoop_worker = getattr(scoop, "IS_RUNNING", False) and not getattr(scoop, "IS_ORIGIN", True)
    if is_scoop_worker or getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(
            f"{what} was called while a worker loads this script, which would start the search again: put the call "
            'below `if __name__ == "__main__":`'
        )
