"""Every engine test runs on the CPU, and is done only when no process of it is left."""

import uuid

import pytest
import sessions


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")


@pytest.fixture
def nothing_left(monkeypatch):
    """Processes started in this test carry a mark; none may outlive it. Gives a function that lists them."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(sessions.MARK, mark)
    yield lambda *words: sorted(n for n, line in sessions.marked(mark).items() if all(w in line for w in words))
    sessions.wait_until(lambda: not sessions.marked(mark), patience=5.0)
    assert sessions.marked(mark) == {}
