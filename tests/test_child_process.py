"""What a child process imports."""

import os
import subprocess

import deap_nn
from deap_nn import child_process

CHILD = """
import deap_nn

def main(*arguments):
    print(deap_nn.__file__, *arguments)
"""


def output_of(folder, environment):
    command = child_process.command("the_child", "one", "two words")
    environment = environment | child_process.import_path(environment)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=True)


def test_a_child_has_its_owners_package_whatever_lies_in_the_working_directory(tmp_path):
    places = tmp_path / "places"
    places.mkdir()
    (places / "the_child.py").write_text(CHILD)
    for other in ("deap_nn", "json"):
        (tmp_path / f"{other}.py").write_text("raise ImportError('not this one')")
    said = output_of(tmp_path, {"PYTHONPATH": str(places), "PATH": os.environ["PATH"]})
    assert said.stdout.split(maxsplit=1) == [deap_nn.__file__, "one two words\n"]


def test_an_installed_package_is_found_without_help(monkeypatch):
    monkeypatch.setattr(child_process, "_ROOT", child_process.sysconfig.get_path("purelib"))
    assert child_process.import_path({"PYTHONPATH": "/elsewhere"}) == {}


def test_what_the_user_has_in_the_path_stays_there():
    places = child_process.import_path({"PYTHONPATH": "/elsewhere"})["PYTHONPATH"].split(os.pathsep)
    assert places == [str(child_process._ROOT), "/elsewhere"]
