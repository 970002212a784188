"""`logbook.csv`, which grows by a row per generation."""

import errno
import os

import pytest
from deap import tools

from deap_nn.runs.logbook import LogbookFile, read_logbook


class Growing:
    """A logbook and the file that it is written to after each row."""

    def __init__(self, path):
        self.path, self.file = path, LogbookFile(path)
        self.logbook = tools.Logbook()
        self.logbook.header = ["gen", "avg"]

    def row(self, **more):
        self.logbook.record(gen=len(self.logbook), avg=1 / 3, **more)
        self.file.write(self.logbook)

    @property
    def on_disk(self):
        return list(read_logbook(self.path, "delete it"))


@pytest.fixture
def growing(tmp_path):
    return Growing(tmp_path / "logbook.csv")


@pytest.fixture
def rewritten(monkeypatch):
    """The number of rows each time that the whole file was written."""
    counts, rewrite = [], LogbookFile._rewrite
    monkeypatch.setattr(
        LogbookFile, "_rewrite", lambda self, rows, header: counts.append(len(rows)) or rewrite(self, rows, header)
    )
    return counts


def test_rows_are_added_without_writing_the_others_again(growing, rewritten):
    for number in range(5):
        growing.row()
        assert growing.on_disk == list(growing.logbook)
        assert len(growing.path.read_text().splitlines()) == number + 2
    assert rewritten == [1]


def test_a_logbook_that_has_rows_already_is_written_as_a_whole_and_then_grows(growing, rewritten):
    for number in range(3):
        growing.logbook.record(gen=number, avg=None)
    for _ in range(2):
        growing.row()
    assert growing.on_disk == list(growing.logbook)
    assert rewritten == [4]


def test_what_hooks_add_to_the_row_before_and_new_columns_are_written(growing):
    growing.row()
    growing.logbook[-1]["mine"] = ["a", 1]
    growing.row()
    growing.row(yours="text\nof two lines")
    assert [row.get("mine") for row in growing.on_disk] == [["a", 1], None, None]
    assert [row.get("yours") for row in growing.on_disk] == [None, None, "text\nof two lines"]


@pytest.mark.parametrize("torn", ["3", "3,0.33", "3,{"])
def test_a_row_that_a_crash_has_torn_is_no_row(growing, torn):
    growing.row()
    with growing.path.open("a") as file:
        file.write(torn)
    assert growing.on_disk == list(growing.logbook)
    growing.row()  # by a process that goes on
    assert growing.on_disk == list(growing.logbook)


def test_a_file_that_was_deleted_or_replaced_is_written_anew(growing, tmp_path):
    growing.row()
    growing.path.unlink()
    growing.row()
    assert growing.on_disk == list(growing.logbook)
    (tmp_path / "mine").write_text("precious")
    growing.path.unlink()
    growing.path.symlink_to(tmp_path / "mine")
    growing.row()
    assert growing.on_disk == list(growing.logbook)
    assert (tmp_path / "mine").read_text() == "precious"
    growing.path.unlink()
    os.mkfifo(growing.path)
    growing.row()
    assert growing.on_disk == list(growing.logbook)


def test_a_full_disk_names_the_file(growing, monkeypatch):
    growing.row()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=f"No space left on device: '{growing.path}'"):
        growing.row()
