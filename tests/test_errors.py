"""What is refused on purpose can be told from a bug that raises ValueError."""

import ast
from pathlib import Path

import pytest
import search_stubs

import deap_nn
from deap_nn import Hooks, InputError, Run, evolve

PACKAGE = Path(deap_nn.__file__).parent


def raised(source):
    """The names of what is raised, and where: (name, line)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            cause = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            found.append((ast.unparse(cause), node.lineno))
    return found


def test_the_reader_of_raises_sees_them_all():
    source = """
try:
    raise A("a")
except B:
    raise c.D from None
raise
"""
    assert raised(source) == [("A", 3), ("c.D", 5)]


@pytest.mark.parametrize("file", sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")))
def test_no_module_raises_a_bare_value_error(file):
    bare = [line for name, line in raised((PACKAGE / file).read_text()) if name == "ValueError"]
    assert not bare, f"{file}, lines {bare}: raise InputError for what a user can mend, another class for a bug"


def test_users_may_catch_a_value_error():
    with pytest.raises(ValueError, match="no setting"):
        evolve("dense", "digits", populaton=3)


def broken_hook(run, engine):
    int("a bug")


def test_a_bug_that_raises_a_value_error_keeps_its_class_and_the_run(tmp_path):
    """A refusal would have withdrawn the directory."""
    with pytest.raises(ValueError, match="invalid literal") as bug:
        evolve(
            search_stubs.SPACE,
            evaluate=search_stubs.fitness,
            run_dir=tmp_path,
            engine="serial",
            hooks=Hooks(on_start=(broken_hook,)),
        )
    assert not isinstance(bug.value, InputError)
    assert Run(tmp_path).status == "failed"
