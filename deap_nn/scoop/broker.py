"""A SCOOP broker that survives the death of a worker.

SCOOP's own stops with "Host unreachable" when it hands a task to a worker that died while idle.
"""

from __future__ import annotations

import os
import signal
import traceback
from typing import Any

from scoop.broker import brokerzmq


class Broker(brokerzmq.Broker):
    """SCOOP's broker, with a forgiving task socket."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.task_socket: Any = _ForgivingSocket(self, self.task_socket)

    def run(self) -> None:
        """Serve; if that fails, end the launcher instead of leaving every process waiting."""
        try:
            super().run()
        except Exception:
            traceback.print_exc()
            os.kill(os.getpid(), signal.SIGTERM)


class _ForgivingSocket:
    """A router socket that drops messages to dead workers and gives their tasks to live ones."""

    def __init__(self, broker: Broker, socket: Any) -> None:
        self._broker = broker
        self._socket = socket

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def send_multipart(self, parts: list[bytes]) -> None:
        """Send, or give an undeliverable task to the next worker that waits for one."""
        if self._reaches(parts) or parts[1:2] != [brokerzmq.TASK]:
            return
        task = parts[2]
        waiting = self._broker.available_workers
        while waiting:
            if self._reaches([waiting.popleft(), brokerzmq.TASK, task]):
                return
        self._broker.unassigned_tasks.appendleft((b"", task))

    def _reaches(self, parts: list[bytes]) -> bool:
        try:
            self._socket.send_multipart(parts)
        except brokerzmq.zmq.ZMQError as error:
            if error.errno != brokerzmq.zmq.EHOSTUNREACH:
                raise
            return False
        return True
