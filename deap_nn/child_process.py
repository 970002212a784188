"""How a child process of this package finds the package: the command, and where it imports from."""

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

# Not -m: that would prefer what lies in the working directory, be it another version of this package.
_COMMAND = "import sys; sys.path[:] = filter(None, sys.path); from {} import main; main(*sys.argv[1:])"
_ROOT = Path(__file__).resolve().parents[1]


def command(module: str, *arguments: str) -> list[str]:
    """Return what calls `main` of `module` in a Python of its own, with `arguments` as strings."""
    return [sys.executable, "-u", "-c", _COMMAND.format(module), *arguments]


def import_path(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the PYTHONPATH with which a child in `environment` imports the package that this process runs."""
    if str(_ROOT) == sysconfig.get_path("purelib"):
        return {}
    # a checkout, or a folder of the user's
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), environment.get("PYTHONPATH")]))}
