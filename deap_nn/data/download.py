"""Keras's data sets by name: fetched once by a child process, then read as .npz files.

A child process, because `keras.datasets` loads TensorFlow, which the evolving process must never load.
"""

import fcntl
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deap_nn.data.npz import KEYS_TEXT
from deap_nn.errors import InputError

KERAS_DATASETS = ("mnist", "fashion_mnist", "cifar10", "cifar100")
DOWNLOAD_LIMIT = 900.0  # seconds for import, download and conversion; CIFAR-10 is 170 MB
GRACE = 30.0  # further seconds until a child that does not exit on its own is killed

# The package that this process runs, wherever it is. Not -m: that would prefer one in the working directory.
_ROOT = Path(__file__).resolve().parents[2]
_CHILD = """
import sys
root = sys.argv.pop(1)
sys.path[:] = filter(None, sys.path)
root in sys.path or sys.path.insert(0, root)
from deap_nn.data.fetch import main
main(*sys.argv[1:])
"""

logger = logging.getLogger(__name__)


def cache_file(name: str) -> Path:
    """Return the path of a data set once it is fetched: `$KERAS_HOME` or `~/.keras`, then `datasets/deap_nn`."""
    home = os.environ.get("KERAS_HOME")
    base = Path(home) if home else Path.home() / ".keras"
    return base / "datasets" / "deap_nn" / f"{name}.npz"


def fetched(name: str) -> Path:
    """Return the .npz file of the Keras data set `name`, fetching it first if it is missing.

    Any number of processes may ask at once: one fetches it, the others wait.

    Raises:
        InputError: In one line that names the remedies, if it can be neither found nor downloaded.
    """
    path = cache_file(name)
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_suffix(".lock")):
            if not path.exists():
                _fetch(name, path)
    except OSError as error:
        raise InputError(
            f"data set {name!r}: the cache {path.parent} cannot be written ({error.strerror}); "
            "set KERAS_HOME to a folder that can"
        ) from error
    return path


def _fetch(name: str, path: Path) -> None:
    logger.info("fetching %s through keras.datasets into %s (once)", name, path)
    try:
        child = subprocess.run(
            _command(name, path),
            env=os.environ | _CHILD_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DOWNLOAD_LIMIT + GRACE,
        )
        reason = (child.stderr.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
    except subprocess.TimeoutExpired:
        reason = f"no result within {DOWNLOAD_LIMIT + GRACE:g} s"
    if not path.exists():
        raise InputError(
            f"data set {name!r} is not on this machine and could not be fetched ({reason[:300]}); "
            f"use 'digits', which needs no network, or give an .npz file with {KEYS_TEXT}, "
            f"or place such a file at {path}"
        )


# No GPU memory for a download, no log lines after the reason, and the back end that is certain to be installed.
_CHILD_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
}


def _command(name: str, path: Path) -> list[str]:
    return [sys.executable, "-c", _CHILD, str(_ROOT), name, str(path), str(DOWNLOAD_LIMIT)]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock, released with the process at the latest; each holder's time is limited."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
