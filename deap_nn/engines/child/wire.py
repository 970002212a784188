"""Frames on a pipe: eight bytes of length, then the payload. Used on the child's stdin and stdout."""

from __future__ import annotations

from typing import BinaryIO

HEADER = 8


def frame(payload: bytes) -> bytes:
    """Prefix a payload with its length."""
    return len(payload).to_bytes(HEADER, "big") + payload


def read_frame(pipe: BinaryIO) -> bytes:
    """Read one payload from a blocking pipe; raise EOFError if the other side is gone."""
    length = int.from_bytes(_read_exactly(pipe, HEADER), "big")
    return _read_exactly(pipe, length)


def _read_exactly(pipe: BinaryIO, count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise EOFError("the other side of the pipe has gone")
    return data


class Frames:
    """A buffer that collects what a non-blocking pipe delivers and cuts it into payloads."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add bytes as they arrive."""
        self._buffer += data

    def next(self) -> bytes | None:
        """Return the next complete payload, or None."""
        if len(self._buffer) < HEADER:
            return None
        end = HEADER + int.from_bytes(self._buffer[:HEADER], "big")
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[HEADER:end])
        del self._buffer[:end]
        return payload
