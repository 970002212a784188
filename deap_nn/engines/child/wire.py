"""Frames on a pipe: eight bytes of length, then the payload. The child's stdin and stdout speak this."""

from __future__ import annotations

from typing import BinaryIO

HEADER = 8


def frame(payload: bytes) -> bytes:
    """Put the length in front of a payload."""
    return len(payload).to_bytes(HEADER, "big") + payload


def read_frame(pipe: BinaryIO) -> bytes:
    """Read one payload from a blocking pipe; EOFError if the other side has gone."""
    length = int.from_bytes(_read_exactly(pipe, HEADER), "big")
    return _read_exactly(pipe, length)


def _read_exactly(pipe: BinaryIO, count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise EOFError("the other side of the pipe has gone")
    return data


class Frames:
    """Collects what a non-blocking pipe gives and cuts it into payloads."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add bytes as they arrived."""
        self._buffer += data

    def next(self) -> bytes | None:
        """The next complete payload, or None."""
        if len(self._buffer) < HEADER:
            return None
        end = HEADER + int.from_bytes(self._buffer[:HEADER], "big")
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[HEADER:end])
        del self._buffer[:end]
        return payload
