"""The host, as the processes of one user see it: its name, and a folder for what they share on it."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
from pathlib import Path

from deap_nn.errors import InputError


def host_name() -> str:
    """Return the name by which hosts that share a folder for temporary files are told apart."""
    return socket.gethostname() or "localhost"


def own_folder() -> Path:
    """Return this user's folder for temporary files, in which nobody else can write; it is made if it is missing.

    Raises:
        InputError: If what has its name belongs to somebody else, or others may write there.
        OSError: If it cannot be made.
    """
    folder = Path(tempfile.gettempdir(), f"deap_nn-{os.getuid()}")
    with contextlib.suppress(FileExistsError):  # a file; told below
        folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    others_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or others_write:
        raise InputError(f"{folder} is no folder of yours alone: set the environment variable TMPDIR to one")
    return folder
