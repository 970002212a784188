"""A check that SCOOP's broker is alive; SCOOP itself would wait for it forever."""

from __future__ import annotations

import os
import time

import scoop
from scoop.broker.brokerzmq import STATUS_REQ, zmq

from deap_nn.engines.outcome import EngineLost

RECONNECT_MS = 2000  # milliseconds that a broken connection to the broker may take to recover
BROKER_PATIENCE = 8.0  # seconds that the broker may take to answer


class Broker:
    """A separate connection to SCOOP's broker, which asks it for a sign of life."""

    def __init__(self) -> None:
        self._own = scoop._control.execQueue.socket.socket
        self._own.setsockopt(zmq.SNDTIMEO, 3000)  # Without a broker, SCOOP would wait forever when sending
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._socket.setsockopt(zmq.IPV6, 1)
        self._socket.connect(f"tcp://{scoop.BROKER.hostname}:{scoop.BROKER.task_port}")
        self._asked = False
        self._heard = time.monotonic()
        self._parent = os.getppid()

    def require(self) -> None:
        """Read the answers and ask again; raise EngineLost if there have been none for too long."""
        self._listen()
        if not self._asked:
            self._asked = self._send()
        silent = time.monotonic() - self._heard
        if os.getppid() != self._parent:
            raise lost("SCOOP's launcher has died")
        if silent > BROKER_PATIENCE:
            raise lost(f"SCOOP's broker has not answered for {silent:.0f} s")
        if not self._own.poll(RECONNECT_MS, zmq.POLLOUT):
            raise lost("SCOOP's broker cannot be reached any more; its launcher has died or broken down")

    def close(self) -> None:
        """Wait for the answer that is on its way, then close: the broker must not find this side gone."""
        if not self._socket.closed:
            if self._asked:
                self._socket.poll(1000)
            self._socket.close()

    def _send(self) -> bool:
        try:
            self._socket.send_multipart([STATUS_REQ, b"deap_nn"], flags=zmq.NOBLOCK)
        except zmq.ZMQError:
            return False
        return True

    def _listen(self) -> None:
        while self._socket.poll(0):
            self._socket.recv_multipart()
            self._asked = False
            self._heard = time.monotonic()


def lost(what: str) -> EngineLost:
    """Return the error to raise, and skip SCOOP's shutdown message, which would keep the origin waiting."""
    scoop._control.execQueue.shutdown = lambda: None
    return EngineLost(what)
