"""The workers of a run on this host: a folder of small files that all the run's processes there can see.

SCOOP does not number its workers or report when one dies. Here a worker takes the lowest free slot, its rank
on the host, with a lock that the kernel releases however the worker dies, and claims each attempt before
starting it; the origin, if it is on the same host, sees at once which claimants have died. When the origin
removes the folder, the run is over for every worker on its host.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path

from deap_nn.engines.child.procfs import birth, kill_tree
from deap_nn.host import host_name, own_folder

# What `python -m deap_nn.scoop` tells its origin through the environment.
ALL_LOCAL = "DEAP_NN_ALL_LOCAL"  # Every worker is on the origin's host
RESPAWNS = "DEAP_NN_RESPAWNS"  # Dead workers are replaced

_ORIGIN = "origin"  # the file that names the process a run depends on
_STALE = 7 * 24 * 3600  # seconds after which the folder of a run whose origin is elsewhere is removed
_SLOTS = 4096


class Slot:
    """A worker's rank on its host, held until the process ends or frees it."""

    def __init__(self, rank: int, file: int) -> None:
        self.rank = rank
        self._file = file

    def announce(self, pid: int) -> None:
        """Record the child that runs here, so that the origin can kill it."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{pid} {birth(pid)}".encode(), 0)

    def free(self) -> None:
        """Release the rank."""
        os.close(self._file)


class Roster:
    """The folder of one run on this host.

    Args:
        run: The run's unique key.
        create: Whether to create the folder. On the origin's host workers do not: it exists for as long as the run.
    """

    def __init__(self, run: str, create: bool = True) -> None:
        self.folder = own_folder() / f"{run}-{host_name()}"
        if create:
            self.folder.mkdir(mode=0o700, exist_ok=True)

    def take_slot(self) -> Slot:
        """Take the lowest free rank on this host."""
        for rank in range(_SLOTS):
            file = os.open(self.folder / f"slot{rank}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                continue
            return Slot(rank, file)
        raise RuntimeError(f"all {_SLOTS} worker slots of this host are taken")

    def claim(self, key: int) -> bool:
        """Claim an attempt for this process; return False if it is already claimed, or the run is over."""
        try:
            file = os.open(self._claim(key), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        os.write(file, _sign().encode())
        os.close(file)
        return True

    def claimed(self, key: int) -> bool:
        """Tell whether the claim still stands; it does not when the run is over."""
        return self._claim(key).exists()

    def claimant(self, key: int) -> bool | None:
        """Tell whether the process that claimed an attempt is alive; None if it is unclaimed on this host."""
        try:
            text = self._claim(key).read_text()
        except OSError:
            return None
        return _lives(text) if text else True  # empty: it is just being written

    def forget(self, key: int) -> None:
        """Remove a claim: the attempt is settled, or its claimant must end it."""
        with contextlib.suppress(OSError):
            self._claim(key).unlink()

    def workers(self) -> int:
        """Count the slots on this host that are currently held."""
        return sum(_is_locked(path) for path in self.folder.glob("slot*"))

    def close(self) -> None:
        """End the run on this host: kill the children, remove the folder."""
        children = self._children()
        shutil.rmtree(self.folder, ignore_errors=True)  # first, so that no worker starts another child
        _end(children)

    def end_children(self) -> None:
        """Kill the run's children on this host; their workers stay, and start others when they need them."""
        _end(self._children())

    def _children(self) -> list[str]:
        return [path.read_text() for path in self.folder.glob("slot*")]

    def _claim(self, key: int) -> Path:
        return self.folder / f"claim{key}"


def open_roster(run: str) -> Roster:
    """Open the origin's roster for a new run, and remove what killed origins have left behind."""
    for folder in own_folder().iterdir():
        if _is_stale(folder):
            shutil.rmtree(folder, ignore_errors=True)
    roster = Roster(run)
    (roster.folder / _ORIGIN).write_text(_sign())
    return roster


def _is_stale(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return not _lives((folder / _ORIGIN).read_text())
    with contextlib.suppress(OSError):  # of a run whose origin is elsewhere, or just being created
        return folder.stat().st_mtime < time.time() - _STALE
    return False


def _sign() -> str:
    return f"{os.getpid()} {birth(os.getpid())}"


def _lives(text: str) -> bool:
    """Tell whether the process recorded as process id and start time is alive."""
    fields = text.split()
    return len(fields) == 2 and fields[1] != "0" and birth(int(fields[0])) == int(fields[1])


def _end(children: list[str]) -> None:
    """Kill processes recorded as process id and start time, and wait a moment until they are gone."""
    for text in filter(_lives, children):
        kill_tree(int(text.split()[0]))
    patience = time.monotonic() + 1.0
    while any(map(_lives, children)) and time.monotonic() < patience:
        time.sleep(0.005)


def _is_locked(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
