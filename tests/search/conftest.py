"""What tests of searches share."""

import time

import pytest


@pytest.fixture
def clock(monkeypatch):
    """A clock that only tests move."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def move(seconds):
        now[0] += seconds

    return move
