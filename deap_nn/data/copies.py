"""The copies of large data sets that the processes of a user share on a host, in the user's folder for such files.

A copy is a folder of files that are mapped into memory, so that the kernel keeps one copy for all processes. A process
holds a lock on each copy that it uses, which ends with it, however it ends. A copy goes with its last user, or, if
that was killed, when the next copy is made. To remove one that is in use after all does no harm: what is mapped stays.

Whatever is wrong with a folder, a disk or a copy, data are read as if there were no copies.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from deap_nn.data.splits import Splits
from deap_nn.data.stored import NOTE, PARTS, read_splits, write_splits
from deap_nn.errors import InputError
from deap_nn.host import host_name, own_folder

PATIENCE = 120.0  # seconds for which a process waits while another one makes a copy
_LOOK = 0.05  # seconds between two looks whether it is ready
_TURN, _PARTIAL = "turn", "partial"  # no copy has such a name: they are digests

logger = logging.getLogger(__name__)


def copies_of_user() -> Copies | None:
    """Return the copies of this user on this host; None where there is no place for them."""
    try:
        folder = own_folder() / f"data-{host_name()}"
        folder.mkdir(mode=0o700, exist_ok=True)
    except (OSError, InputError) as error:
        logger.info("data stay in private memory: %s", error)
        return None
    return Copies(folder)


class Copies:
    """The copies of data sets in a folder.

    Args:
        folder: A folder in which nobody else can write, on which all this relies.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Splits | None:
        """Return the splits in a copy, which stays for as long as they do; None if there is none to believe."""
        folder = self._folder / key
        try:
            use = _locked(folder / NOTE, fcntl.LOCK_SH)
        except OSError:
            return None
        try:
            splits = read_splits(folder)
        except Exception as error:  # a damaged array can raise almost anything
            logger.info("a damaged copy of data is not used: %s", error)
            os.close(use)
            return None
        weakref.finalize(splits, _leave, folder, use)
        return splits

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait until no other process makes a copy; yield whether this one may, which takes patience and locks."""
        try:
            file = os.open(self._folder / _TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            yield _waited_for(file)
        finally:
            os.close(file)

    def keep(self, key: str, splits: Splits, scaling: str) -> Splits:
        """Make a copy of splits, in this process's turn.

        Returns:
            The splits in the copy, or the same splits if there is no place for one.
        """
        try:
            self._remove_unused()
            self._write(key, splits, scaling)
        except OSError as error:
            logger.info("data stay in private memory: %s", error)
        return self.find(key) or splits

    def _write(self, key: str, splits: Splits, scaling: str) -> None:
        partial = self._folder / _PARTIAL
        partial.mkdir(mode=0o700)
        try:
            # Half of what is free, so that other programs' files have a place, too
            if 2 * _size(splits) > shutil.disk_usage(partial).free:
                raise OSError(f"too little is free in {self._folder}")
            write_splits(partial, splits, scaling)
            shutil.rmtree(self._folder / key, ignore_errors=True)  # a damaged one
            partial.rename(self._folder / key)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _remove_unused(self) -> None:
        """Remove what killed processes have left behind."""
        for folder in self._folder.iterdir():
            if folder.name != _TURN:
                _remove_if_unused(folder)


def _size(splits: Splits) -> int:
    return sum(getattr(splits, name).nbytes for name in PARTS)


def _leave(folder: Path, use: int) -> None:
    os.close(use)
    _remove_if_unused(folder)


def _remove_if_unused(folder: Path) -> None:
    try:
        lock = _locked(folder / NOTE, fcntl.LOCK_EX)
    except FileNotFoundError:  # what a killed maker has left
        lock = None
    except OSError:  # in use
        return
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _locked(path: Path, how: int) -> int:
    """Return the descriptor of a file that is locked until it is closed.

    Raises:
        OSError: If there is no such file, or it is locked already: a BlockingIOError.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    return file


def _waited_for(file: int) -> bool:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(_LOOK)
        except OSError:  # a file system without locks
            return False
        else:
            return True
