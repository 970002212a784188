import errno
import os
import resource
import signal
from contextlib import ExitStack, closing, contextmanager

import pytest

from deap_nn.runs import write_atomic
from deap_nn.runs.json_lines import BLOCK, JsonLines, read_lines


def values(path):
    """The values of the lines, which are numbered from 1."""
    lines = list(read_lines(path))
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    return [line.value for line in lines]


@pytest.fixture
def open_lines(tmp_path):
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(JsonLines(tmp_path / "lines")))


def test_lines_come_back_in_order(tmp_path, open_lines):
    lines = open_lines()
    for value in ({"a": 1}, [2, "b"], "ö\n"):
        lines.append(value)
    assert values(tmp_path / "lines") == [{"a": 1}, [2, "b"], "ö\n"]


def test_a_line_is_in_the_file_when_append_returns(tmp_path, open_lines):
    lines = open_lines()
    lines.append(1)
    assert (tmp_path / "lines").read_bytes() == b"1\n"


def test_any_line_can_be_read_by_its_place(tmp_path, open_lines):
    lines = open_lines()
    contents = ["", "ö" * BLOCK, [1], "x" * (BLOCK - 3)]  # the last with its quotes and newline is as long as a block
    places = [lines.append(content) for content in contents]
    assert [lines.read(place) for place in reversed(places)] == contents[::-1]
    assert [line.place for line in read_lines(tmp_path / "lines")] == places


def test_all_lines_are_synced_at_once_and_none_twice(tmp_path, open_lines, monkeypatch):
    synced, lines = [], open_lines()
    monkeypatch.setattr(os, "fsync", synced.append)
    for value in range(3):
        lines.append(value)
    lines.sync()
    lines.sync()
    assert len(synced) == 1


@pytest.mark.parametrize("length", [1, BLOCK - 3, BLOCK - 2, BLOCK - 1, BLOCK, 3 * BLOCK])
def test_a_torn_line_of_any_length_is_dropped(tmp_path, open_lines, length):
    path = tmp_path / "lines"
    path.write_bytes(b"1\n" + b"x" * length)
    open_lines()
    assert path.read_bytes() == b"1\n"
    path.write_bytes(b"x" * length)
    open_lines()
    assert path.read_bytes() == b""


@pytest.mark.parametrize("torn", [b'{"a', b'{"a":1}', b"\xff\xfe", b" "])
def test_a_torn_last_line_is_dropped_and_writing_goes_on(tmp_path, open_lines, torn):
    path = tmp_path / "lines"
    path.write_bytes(b"1\n2\n" + torn)
    assert values(path) == [1, 2]
    lines = open_lines()
    lines.append(3)
    assert values(path) == [1, 2, 3]


def test_a_line_that_is_broken_in_the_middle_is_told_with_its_number(tmp_path):
    (tmp_path / "lines").write_text("1\n{oops\n3\n")
    with pytest.raises(ValueError, match=r"lines, line 2, is damaged .*: delete that line"):
        values(tmp_path / "lines")


def test_no_file_holds_no_lines(tmp_path):
    assert values(tmp_path / "lines") == []


def test_a_full_disk_leaves_the_lines_before_intact_and_names_the_file(tmp_path, open_lines, monkeypatch):
    path = tmp_path / "lines"
    lines = open_lines()
    lines.append(1)
    lines.sync()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        lines.append(2)
        with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
            lines.sync()
    assert path.read_bytes() == b"1\n"
    lines.append(3)
    assert values(path) == [1, 3]


def test_a_line_that_does_not_fit_leaves_those_of_its_group(tmp_path, open_lines):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    lines = open_lines()
    lines.append(1)
    with signals_ignored(signal.SIGXFSZ):
        resource.setrlimit(resource.RLIMIT_FSIZE, (5, before[1]))
        try:
            with pytest.raises(OSError, match="lines"):
                lines.append("longer than that")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "lines").read_bytes() == b"1\n"
    lines.append(2)
    lines.sync()
    assert values(tmp_path / "lines") == [1, 2]


@contextmanager
def signals_ignored(number):
    before = signal.signal(number, signal.SIG_IGN)
    yield
    signal.signal(number, before)


def test_a_deleted_file_is_noticed(tmp_path, open_lines):
    lines = open_lines()
    (tmp_path / "lines").unlink()
    lines.append(1)
    with pytest.raises(OSError, match="No such file"):
        lines.sync()


def test_a_replaced_file_is_noticed(tmp_path, open_lines):
    lines = open_lines()
    write_atomic(tmp_path / "lines", "")
    lines.append(1)
    with pytest.raises(OSError, match="replaced"):
        lines.sync()
