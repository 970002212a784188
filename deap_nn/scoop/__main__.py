"""The launcher: SCOOP's own, with supervised hosts, another broker and the script's exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from scoop import launcher, utils
from scoop.broker import brokerzmq
from scoop.launch import Host

from deap_nn.engines import ALL_LOCAL, RESPAWNS
from deap_nn.scoop.broker import Broker
from deap_nn.scoop.supervisor import BOOTSTRAP, Supervisor

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class SupervisedHost(Host):
    """A host whose workers are replaced when they die."""

    supervisors: list[Supervisor] = []

    def launch(self, tunnelPorts: Any = None) -> list[Any]:  # noqa: N803 - SCOOP's name
        """Start this host's processes, here or over ssh."""
        if not self.isLocal():
            return list(super().launch(tunnelPorts))
        command = [
            *self._WorkerCommand_environment(),
            self.workersArguments.pythonExecutable,
            *("-m", BOOTSTRAP),
            *self._WorkerCommand_options(),
            *self._WorkerCommand_executable(),
        ]
        with INTERRUPTION.deferred():
            supervisor = Supervisor(command, self.workerAmount)
            self.supervisors.append(supervisor)
        processes: list[Any] = self.subprocesses
        processes.append(supervisor.first)
        return processes

    def close(self) -> None:
        """End this host's processes."""
        if not self.isLocal():
            super().close()
            return
        while self.supervisors:
            self.supervisors.pop().close()

    def _WorkerCommand_launcher(self) -> list[str]:
        python, count = self.workersArguments.pythonExecutable, self.workerAmount
        return [python, "-m", "deap_nn.scoop.supervisor", str(count), str(self.workersArguments.verbose)]


class App(launcher.ScoopApp):
    """SCOOP's application on supervised hosts."""

    LAUNCH_HOST_CLASS = SupervisedHost

    def __init__(self, hosts: list[tuple[str, int]], *args: Any, **options: Any) -> None:
        # SCOOP knows this machine by few names; by any other it would be reached over ssh, including the broker
        utils.localHostnames += [name for name, _ in hosts if _is_this_machine(name)]
        super().__init__(hosts, *args, **options)

    def run(self) -> Any:
        """Launch, and tell the origin what it can rely on."""
        os.environ[RESPAWNS] = "1"
        if all(name in utils.localHostnames for name, _ in self.worker_hosts):
            os.environ[ALL_LOCAL] = "1"
        return super().run()


def _is_this_machine(name: str) -> bool:
    """Tell whether a host name or address belongs to this machine: only those can be bound."""
    with contextlib.suppress(OSError):
        for family, kind, protocol, _, address in socket.getaddrinfo(name, 0, type=socket.SOCK_DGRAM):
            with contextlib.suppress(OSError), socket.socket(family, kind, protocol) as probe:
                probe.bind(address)
                return True
    return False


class _Interruption:
    """A record of the signal that asked the launcher to stop; a second one ends everything at once."""

    def __init__(self) -> None:
        self.signal = 0
        self._is_deferred = False

    def listen(self) -> None:
        """Take the signals that ask a program to stop, but for those that this one was started to ignore (nohup)."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """Let no signal in between the start of a process and its registration."""
        self._is_deferred = True
        try:
            yield
        finally:
            self._is_deferred = False
            if self.signal:
                raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            for other in SIGNALS:
                signal.signal(other, signal.SIG_IGN)
            for supervisor in SupervisedHost.supervisors:
                supervisor.kill_without_waiting()
            os._exit(128 + number)
        self.signal = number
        if not self._is_deferred:
            raise KeyboardInterrupt


INTERRUPTION = _Interruption()


def main() -> int:
    """Run SCOOP's launcher; return the script's exit code, or 128 + n after signal n."""
    INTERRUPTION.listen()
    brokerzmq.Broker = Broker
    launcher.ScoopApp = App
    code: Any = 0
    try:
        launcher.main()
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    if INTERRUPTION.signal:
        return 128 + INTERRUPTION.signal
    if not isinstance(code, int):
        return 0 if code is None else 1
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # The broker's thread never ends
