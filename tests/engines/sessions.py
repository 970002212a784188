"""Commands in a session of their own, with a hard time-out, and the search for what they leave behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

MARK = "DEAP_NN_TEST_MARK"
HERE = Path(__file__).parent


def marked(mark):
    """The processes, zombies aside, whose environment carries the mark: number -> command."""
    found = {}
    own_helper = "multiprocessing.resource_tracker"  # Python's, lives as long as the process that needs it
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if f"{MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if own_helper not in command or parent(entry.name) != os.getpid():
                    found[int(entry.name)] = command
        except OSError:
            continue
    return found


def parent(number):
    """The number of the process that started this one."""
    return int(Path("/proc", str(number), "stat").read_text().rpartition(")")[2].split()[1])


def wait_until(condition, patience=20.0):
    """Poll a condition; its value once it is true, or as it is when patience ends."""
    end = time.monotonic() + patience
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return value


class Session:
    """A command, its output in a file, and all it has started found by a mark in the environment."""

    def __init__(self, folder, *command, **environment):
        self.mark = uuid.uuid4().hex
        self._output = Path(folder, "output")
        variables = {**os.environ, MARK: self.mark, "PYTHONPATH": str(HERE), **environment}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *map(str, command)],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=variables,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in self.members():
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    @property
    def output(self):
        return self._output.read_text()

    def members(self):
        """All processes of this session that live."""
        return marked(self.mark)

    def find(self, *words):
        """The processes whose command contains all words."""
        return sorted(n for n, command in self.members().items() if all(word in command for word in words))

    def wait(self, patience=90.0):
        """The exit code; a hang fails the test with what was printed."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"hangs; it printed:\n{self.output}") from None

    def assert_nothing_left(self, patience=10.0):
        left = wait_until(lambda: not self.members(), patience) or self.members()
        assert left is True, left
