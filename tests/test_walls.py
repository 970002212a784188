"""The walls between the modules, read from their imports."""

import ast
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "deap_nn"
EXPERIMENTS = Path(__file__).parents[1] / "experiments"

# What a floor may import of ours lies on the floors below it. A room is a module or a package; `genes`, `kinds`
# and `space` are one room.
FLOORS = (
    {"space", "data", "algorithms", "engines", "files", "random_stream", "meaning"},
    {"individual", "presets", "blueprint", "operators", "scoop"},
    {"model", "run", "cache", "warm_start", "statistics", "toolbox", "race"},
    {"training", "dispatch", "settings", "plots", "comparison"},
    {"evaluation", "recording"},
    {"objective", "prediction", "options"},
    {"winner"},
    {"search"},
    {"loop"},
    {"session"},
    {"evolution", "resumption", "tensorboard"},
    {"progress"},
    {"cli"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FACADE = "__init__"  # imports by name, when a name is first used

# Where a package of others may be imported: rooms, or files of one; in some only when it is used.
LATE = "in functions only"
WITHOUT_DEAP = {"space", "data", "model", "blueprint", "training", "engines", "scoop", "files", "random_stream"}
WALLS = {
    ("keras", "tensorflow"): {"model": "", "training": "", "data/fetch.py": LATE},
    ("deap",): dict.fromkeys(FLOOR.keys() - WITHOUT_DEAP, ""),
    ("scoop", "zmq"): {"engines/scoop*.py": "", "scoop": ""},
    ("dask", "distributed"): {"engines/dask*.py": LATE},
    ("matplotlib",): {"plots": ""},
    ("sklearn",): {"data": LATE},
    ("tensorboardX",): {"tensorboard": LATE},
}


def files():
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def room_of(file):
    """The room that a file belongs to."""
    name = file.split("/")[0].removesuffix(".py")
    return "space" if name in ("genes", "kinds") else name


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


def test_every_module_has_a_floor_and_every_floor_has_its_modules():
    assert {room_of(file) for file in files()} - {FACADE} == FLOOR.keys()
    assert sum(map(len, FLOORS)) == len(FLOOR)


@pytest.mark.parametrize("file", [file for file in files() if file != "__init__.py"])
def test_imports_run_strictly_down(file):
    floor = FLOOR[room_of(file)]
    up = {room: FLOOR.get(room) for room in ours(file) if FLOOR.get(room, 99) >= floor}
    assert up == {}, f"{file} is on floor {floor}"


def test_the_ground_rooms_import_nothing_of_ours():
    grounded = [file for file in files() if FLOOR.get(room_of(file)) == 0]
    assert {file: ours(file) for file in grounded if ours(file)} == {}


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
        assert place in FLOOR or any(fnmatch(file, place) for file in files()), place


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
        ("import deap_nn.evolution, deap_nn.resumption", {"tensorflow", "keras", "scoop", "sklearn", "dask"}),
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
