import errno
import json
import os
from contextlib import ExitStack, closing

import pytest

from deap_nn.runs import JsonLines, write_atomic, write_json
from deap_nn.runs.files import read_lines


def values(path):
    """The values of the lines, which are numbered from 1."""
    lines = list(read_lines(path))
    assert [number for number, _ in lines] == list(range(1, len(lines) + 1))
    return [value for _, value in lines]


@pytest.fixture
def open_lines(tmp_path):
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(JsonLines(tmp_path / "lines")))


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_json(path, {"old": True})

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
        write_atomic(path, "new")
    assert json.loads(path.read_text()) == {"old": True}
    assert [file.name for file in tmp_path.iterdir()] == ["file.json"]


def test_a_number_that_is_not_finite_is_refused_in_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "file.json", float("nan"))


def test_lines_come_back_in_order(tmp_path, open_lines):
    lines = open_lines()
    for value in ({"a": 1}, [2, "b"], "ö\n"):
        lines.append(value)
    assert values(tmp_path / "lines") == [{"a": 1}, [2, "b"], "ö\n"]


def test_a_line_is_in_the_file_when_append_returns(tmp_path, open_lines):
    lines = open_lines()
    lines.append(1)
    assert (tmp_path / "lines").read_bytes() == b"1\n"


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

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=f"No space left on device: '{path}'"):
            lines.append(2)
    assert path.read_bytes() == b"1\n"
    lines.append(3)
    assert values(path) == [1, 3]


def test_a_deleted_file_is_noticed(tmp_path, open_lines):
    lines = open_lines()
    (tmp_path / "lines").unlink()
    with pytest.raises(OSError, match="No such file"):
        lines.append(1)


def test_a_replaced_file_is_noticed(tmp_path, open_lines):
    lines = open_lines()
    write_atomic(tmp_path / "lines", "")
    with pytest.raises(OSError, match="replaced"):
        lines.append(1)


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path):
    (tmp_path / "mine").write_text("precious")
    for name in ("run.json", ".run.json.new"):
        (tmp_path / name).symlink_to(tmp_path / "mine")
    write_json(tmp_path / "run.json", {"a": 1})
    assert (tmp_path / "mine").read_text() == "precious"
    assert not (tmp_path / "run.json").is_symlink()


def test_a_new_file_replaces_none(tmp_path):
    write_atomic(tmp_path / "file", "first", new=True)
    with pytest.raises(FileExistsError):
        write_atomic(tmp_path / "file", "second", new=True)
    assert (tmp_path / "file").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
