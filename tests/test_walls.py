"""The walls between the modules, read from their imports."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

import deap_nn

PACKAGE = Path(deap_nn.__file__).parent
EXPERIMENTS = Path(__file__).parents[1] / "experiments"
ARCHITECTURE = Path(__file__).parents[1] / "docs" / "architecture.md"


def layers():
    """The layers that docs/architecture.md names, the highest first, each with its rooms."""
    _, text = ARCHITECTURE.read_text().split("## Layers", 1)
    lines = [line.split() for line in text.split("\n##", 1)[0].splitlines() if line.startswith("    ")]
    return {name: set(rooms) for name, *rooms in lines}


LAYERS = layers()
ROOMS = set().union(*LAYERS.values())
HEIGHT = {room: height for height, rooms in enumerate(reversed(LAYERS.values())) for room in rooms}

# Where a package of others may be imported: rooms, or files of one; in some only when it is used.
LATE = "in functions only"
WITHOUT_DEAP = {
    "space",
    "tasks",
    "data",
    "networks",
    "training",
    "engines",
    "scoop",
    "screening",
    "random_stream",
    "status",
}
WALLS = {
    ("keras",): {"models": "", "training/portable/*.py": "", "data/fetch.py": LATE},
    ("tensorflow",): {"training/compiled_tf/*.py": ""},
    ("torch",): {"training/compiled_torch/*.py": ""},
    ("deap",): dict.fromkeys(ROOMS - WITHOUT_DEAP, ""),
    ("scoop", "zmq"): {"engines/*/scoop*.py": "", "scoop": ""},
    ("dask", "distributed"): {"engines/backends/dask.py": LATE},
    ("matplotlib",): {"plots": ""},
    ("sklearn",): {"data": LATE, "screening": LATE},
    ("scipy",): {"plots": "", "screening": LATE},
    ("tensorboardX",): {"reports": LATE},
}


def files():
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def room_of(file):
    """The room that a file belongs to."""
    return file.split("/")[0].removesuffix(".py")


def rooms_files():
    """All files but the package's own face, which imports by name, and its `__main__`."""
    return [file for file in files() if room_of(file) in ROOMS]


def imports_of(source):
    """Every module imported: (its dotted name, whether that happens when a function is called)."""
    found = []

    def visit(node, late):
        for child in ast.iter_child_nodes(node):
            inside = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                inside = True
            if isinstance(child, ast.Import):
                found.extend((alias.name, late) for alias in child.names)
            if isinstance(child, ast.ImportFrom):
                assert child.level == 0, "imports are absolute"
                found.append((child.module, late))
                found.extend((f"{child.module}.{alias.name}", late) for alias in child.names)
            visit(child, inside)

    visit(ast.parse(source), False)
    return found


def ours(file):
    """The rooms of ours that a file imports, its own aside."""
    rooms = set()
    for name, _ in imports_of((PACKAGE / file).read_text()):
        if name.startswith("deap_nn."):
            rooms.add(room_of(name.split(".")[1]))
    return rooms - {room_of(file)}


def may_import(file, packages):
    """None: not at all; otherwise "" or LATE."""
    fitting = [how for place, how in WALLS[packages].items() if place == room_of(file) or fnmatch(file, place)]
    return fitting[0] if fitting else None


def test_the_reader_of_imports_sees_them_all():
    source = """
import a
import b.c as d
from e.f import g
if TYPE_CHECKING:
    from h import i
class K:
    import j
    def function(self):
        import l.m
        async def inner():
            from n import o
try:
    import p
except ImportError:
    pass
"""
    found = dict(imports_of(source))
    assert {name for name, late in found.items() if not late} == {"a", "b.c", "e.f", "e.f.g", "j", "p"}
    assert {name for name, late in found.items() if late} == {"h", "h.i", "l.m", "n", "n.o"}


def test_every_room_has_a_layer_and_every_layer_has_its_rooms():
    assert {room_of(file) for file in files()} - {"__init__", "__main__"} == ROOMS
    assert sum(map(len, LAYERS.values())) == len(ROOMS)


@pytest.mark.parametrize("file", rooms_files())
def test_imports_run_strictly_down(file):
    up = {room for room in ours(file) if HEIGHT.get(room, 99) >= HEIGHT[room_of(file)]}
    assert up == set()


@pytest.mark.parametrize("file", rooms_files())
def test_other_rooms_are_entered_by_their_faces(file):
    """What is public of a room stands in its `__init__`; a folder within a room that is public says so itself."""
    for name, _ in imports_of((PACKAGE / file).read_text()):
        _, *parts = name.split(".")
        if name.startswith("deap_nn.") and parts[0] in faces().keys() - {room_of(file)} and len(parts) > 1:
            assert parts[1] in faces()[parts[0]], f"{file} imports {name}"


@pytest.mark.parametrize("room", sorted(room for room in ROOMS if (PACKAGE / room).is_dir()))
def test_no_module_of_a_room_is_hidden_by_a_name_of_its_face(room):
    assert not {path.stem for path in (PACKAGE / room).iterdir()} & faces()[room]


def test_no_module_waits_for_itself():
    """No circle of imports at the top of modules, within rooms either."""
    graph = {module_of(file): set(at_once(file)) for file in files()}
    while free := {module for module, needed in graph.items() if not needed & graph.keys()}:
        graph = {module: needed for module, needed in graph.items() if module not in free}
    assert graph == {}


@cache
def faces():
    """The names in the `__all__` of each room."""
    found = {}
    for path in PACKAGE.glob("*/__init__.py"):
        lists = [node.value for node in ast.parse(path.read_text()).body if is_all(node)]
        found[path.parent.name] = set(ast.literal_eval(lists[0])) if lists else set()
    return found


def is_all(node):
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def module_of(file):
    return "deap_nn." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def at_once(file):
    """The modules of ours that a file imports when it is loaded, by their longest names."""
    modules = {module_of(file) for file in files()}
    return {name for name, late in imports_of((PACKAGE / file).read_text()) if not late and name in modules}


def test_a_type_checker_sees_the_names_that_are_imported_when_they_are_used():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    assert {alias.asname for node in block.body for alias in node.names} == set(deap_nn.__all__)
    assert all(getattr(deap_nn, name) is not None for name in deap_nn.__all__)


@pytest.mark.parametrize("packages", WALLS, ids=", ".join)
def test_packages_of_others_stay_behind_their_walls(packages):
    broken = []
    for file in files():
        allowed = may_import(file, packages)
        for name, late in imports_of((PACKAGE / file).read_text()):
            if name.split(".")[0] in packages and (allowed is None or (allowed == LATE and not late)):
                broken.append(f"{file} imports {name}" + (" outside of a function" if allowed == LATE else ""))
    assert broken == []


def test_the_walls_stand_where_modules_are():
    for place in {place for allowed in WALLS.values() for place in allowed}:
        assert place in ROOMS or any(fnmatch(file, place) for file in files()), place


def test_search_spaces_need_the_standard_library_only():
    for file in (file for file in files() if room_of(file) == "space"):
        packages = {name.split(".")[0] for name, _ in imports_of((PACKAGE / file).read_text())}
        assert packages <= sys.stdlib_module_names | {"deap_nn"}


def test_experiments_import_nothing_heavy_at_the_top():
    heavy = {package for packages in WALLS for package in packages} - {"deap", "scoop"}
    for script in EXPERIMENTS.glob("*.py"):
        at_once = {name.split(".")[0] for name, late in imports_of(script.read_text()) if not late}
        assert not at_once & heavy, script.name


@pytest.mark.parametrize(
    ("statement", "stay_out"),
    [
        ("import deap_nn", {"tensorflow", "keras", "matplotlib", "scoop", "numpy", "deap", "sklearn", "dask", "scipy"}),
        ("import deap_nn.cli", {"tensorflow", "keras", "matplotlib", "scoop", "sklearn", "dask"}),
        (
            "import deap_nn.search, deap_nn.reports",
            {"tensorflow", "keras", "scoop", "sklearn", "dask"},
        ),
        ("import deap_nn.search, deap_nn.screening", {"tensorflow", "keras", "scoop", "sklearn", "dask", "scipy"}),
        ("import deap_nn.training, deap_nn.evaluation", {"keras", "tensorflow", "torch", "scoop", "sklearn", "dask"}),
        (
            "from deap_nn import evolve, resume, Run, SearchSpace, make_toolbox",
            {"tensorflow", "keras", "scoop", "dask"},
        ),
    ],
)
def test_what_an_import_does_not_bring_along(statement, stay_out):
    script = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert not stay_out & set(loaded.stdout.split())
