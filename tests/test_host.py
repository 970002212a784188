"""The folder that the processes of a user share on a host."""

import os
import tempfile

import pytest

from deap_nn import InputError
from deap_nn.host import own_folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the folder will be."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"deap_nn-{os.getuid()}"


def test_it_is_made_for_the_user_alone_and_found_again(folder):
    assert own_folder() == own_folder() == folder
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("taken", ["file", "link", "open to all"])
def test_what_is_not_the_users_alone_is_not_used(folder, taken):
    if taken == "file":
        folder.touch()
    elif taken == "link":
        folder.with_name("elsewhere").mkdir(mode=0o700)
        folder.symlink_to("elsewhere")
    else:
        folder.mkdir()
        folder.chmod(0o770)
    with pytest.raises(InputError, match="is no folder of yours alone: set the environment variable TMPDIR"):
        own_folder()


def test_a_folder_of_somebody_else_is_not_used(folder, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    folder.with_name("deap_nn-12345").mkdir(mode=0o700)
    with pytest.raises(InputError, match="deap_nn-12345 is no folder of yours alone"):
        own_folder()
