import errno
import json
import os

import pytest

from deap_nn.runs import write_atomic, write_json


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
