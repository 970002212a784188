"""What every test may rely on."""

import os
import signal
from collections import Counter

import pytest
import search_stubs

# As the engines tell their children: what is trained in the tests' own process must be equal to what they train.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# A shell starts what it puts in the background with SIGINT ignored, and every process started from there inherits
# that. Sessions under test are to meet Ctrl-C as at a terminal, wherever the tests themselves were started.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def counted(tmp_path, monkeypatch):
    """A function that says how often a stub objective has evaluated each genome."""
    path = tmp_path / "count"
    monkeypatch.setenv(search_stubs.COUNT_FILE, str(path))
    return lambda: Counter(path.read_text().splitlines()) if path.exists() else Counter()
