"""Who may import whom, and where: the rooms' walls, Keras' doors, no circles.

bench -> study; report -> study; locate -> study; study -> itself.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

from tests.locate import made_up

ROOT = Path(__file__).parents[1]
ROOMS = ("study", "bench", "report", "locate")
MAY_IMPORT = {room: ("study", room) for room in ROOMS}
KERAS = ("keras", "keras_tuner", "tensorflow")
# What loads Keras when it is imported, and so is imported inside functions alone.
ON_KERAS = ("study.networks", "bench.tuning", "bench.reference")
# What may load these inside a function, so that nobody else waits for them; packages, which load
# what they offer when it is asked for; studies, which need SciPy for data that were given, and no
# others; and what needs a package that an ordinary installation lacks.
LATE = (
    "bench.trainers",
    "bench.proposals",
    "bench.speed",
    "study.quiet",
)
ALLOWED_LATE = {
    "bench": ("bench.run",),
    "bench.studies": ("study.examination",),
    "bench.scheduler": ("distributed",),
    "locate": ("locate.leak",),
}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}


def imports(source: str, module: str, *, package: bool = False) -> Iterator[tuple[str, str, bool]]:
    """What a module imports: its name, the name it is taken from, and whether in a function.

    What only a type checker reads is left out.
    """
    inner = ast.parse(source)
    origin_of = module.split(".") if package else module.split(".")[:-1]

    def walk(node: ast.AST, late: bool) -> Iterator[tuple[str, str, bool]]:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = [node.module] if node.module else []
            if node.level:
                origin = [*origin_of[: len(origin_of) - node.level + 1], *origin]
            base = ".".join(origin)
            yield from ((f"{base}.{alias.name}", base, late) for alias in node.names)
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, late)

    yield from walk(inner, late=False)


def is_in(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def forbidden(source: str, module: str, *, package: bool = False) -> set[str]:
    """The imports that the rules deny to this module."""
    room = module.split(".")[0]
    denied = set()
    for name, _, late in imports(source, module, package=package):
        heavy = is_in(name, (*KERAS, *ON_KERAS))
        if (
            (is_in(name, ROOMS) and not is_in(name, MAY_IMPORT[room]))
            or (heavy and not late and module not in ON_KERAS)
            or (
                late
                and not ((heavy and module in LATE) or is_in(name, ALLOWED_LATE.get(module, ())))
            )
        ):
            denied.add(name)
    return denied


@pytest.mark.parametrize("module", MODULES)
def test_modules_import_only_what_they_may(module):
    path = MODULES[module]
    package = path.name == "__init__.py"
    assert forbidden(path.read_text("utf-8"), module, package=package) == set()


@pytest.mark.parametrize(
    ("module", "source", "denied"),
    [
        ("study.grid", "import bench", "bench"),
        ("study.grid", "from bench.plan import plan", "bench.plan.plan"),
        ("study.grid", "import keras", "keras"),
        ("study.grid", "import tensorflow as tf", "tensorflow"),
        ("study.grid", "def late():\n    import keras", "keras"),
        ("study.grid", "def late():\n    from study import data", "study.data"),
        ("study.grid", "from study.networks import build", "study.networks.build"),
        ("bench.run", "import report.page", "report.page"),
        ("bench.run", "from locate.leak import load", "locate.leak.load"),
        ("report.page", "import locate", "locate"),
        ("locate.map", "from report.looks import svg", "report.looks.svg"),
        ("locate.leak", "from study.networks import load", "study.networks.load"),
        ("study.quiet", "def late():\n    import scipy", "scipy"),
        ("bench.export", "from study import networks", "study.networks"),
        ("bench.trainers", "def late():\n    from bench import plan", "bench.plan"),
        ("bench.plan", "def late():\n    import keras_tuner", "keras_tuner"),
        ("bench.plan", "class C:\n    def late(self):\n        import json", "json"),
        ("bench.proposals", "from bench.tuning import propose", "bench.tuning.propose"),
        ("report.page", "import bench", "bench"),
        ("report.page", "from bench import engine", "bench.engine"),
        ("report.page", "from ..bench import engine", "bench.engine"),
        ("report.page", "from study import networks", "study.networks"),
        ("report.page", "import keras.ops", "keras.ops"),
    ],
)
def test_the_rules_deny(module, source, denied):
    assert forbidden(source, module) == {denied}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("study.data", "import numpy as np\nfrom study.errors import StudyError"),
        ("study.data", "from . import errors\nfrom .errors import StudyError"),
        ("study.networks", "import keras"),
        ("bench.reference", "import tensorflow\nfrom study import networks"),
        ("bench.trainers", "def late():\n    from study import networks"),
        ("bench.speed", "def late():\n    from keras.callbacks import Callback"),
        ("bench.speed", "if TYPE_CHECKING:\n    import keras"),
        ("study.quiet", "def late():\n    from study import networks"),
        ("locate", "def __getattr__(name):\n    from locate import leak"),
        ("bench", "def __getattr__(name):\n    from bench.run import run_study"),
        ("report.page", "from study import grid\nimport report.tables\nimport kerasplotlib"),
    ],
)
def test_the_rules_allow(module, source):
    assert forbidden(source, module) == set()


# Circles


def graph() -> dict[str, set[str]]:
    """Which modules of ours each module imports, wherever it does."""
    edges: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        package = path.name == "__init__.py"
        found = imports(path.read_text("utf-8"), module, package=package)
        edges[module] = {
            name if name in MODULES else base
            for name, base, _ in found
            if name in MODULES or base in MODULES
        }
    for room, late in ALLOWED_LATE.items():
        edges[room].difference_update(late)  # when they are asked for; nothing of ours asks
    return edges


def circle(edges: dict[str, set[str]]) -> list[str]:
    """A circle of modules, if there is one."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_modules_import_each_other():
    edges = graph()
    assert len(edges) > 50
    assert "study.design" in edges["bench.plan"]
    assert circle(edges) == []


def test_a_circle_would_be_found():
    edges = {**graph(), "study.errors": {"bench.plan"}}
    assert {"study.errors", "bench.plan"} <= set(circle(edges))


# What is loaded

HEAVY = ("tensorflow", "keras", "keras_tuner", "numba")


def loaded_by(program: str) -> list[str]:
    """The modules that are there when a program has run."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; {program}; print(*sys.modules, sep='\\n')"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


@pytest.mark.parametrize("command", ["plan", "status"])
def test_who_looks_waits_for_neither_tensorflow_nor_the_loop(command, tmp_path):
    words = [command, "--preset", "smoke", "--data", str(tmp_path)]
    loaded = loaded_by(f"from bench.__main__ import main; assert main({words}) == 0")
    assert "bench.plan" in loaded
    assert [name for name in loaded if is_in(name, HEAVY)] == []


def test_an_answer_waits_for_no_heavy_library(tmp_path):
    model = made_up.save(tmp_path / "model.h5", None)
    flows = made_up.write(tmp_path / "flows.csv", np.eye(4))
    words = [str(flows), "--model", str(model)]
    loaded = loaded_by(f"from locate.__main__ import main; assert main({words}) == 0")
    assert "locate.answer" in loaded
    slow = (*HEAVY, "scipy", "pandas", "matplotlib", "jinja2")
    assert [name for name in loaded if is_in(name, slow)] == []


@pytest.mark.parametrize("room", ["study", "bench", "locate"])
def test_no_module_but_those_on_keras_loads_it(room):
    mine = [name for name in MODULES if name.split(".")[0] == room and name not in ON_KERAS]
    loaded = loaded_by(f"import {', '.join(mine)}")
    assert set(mine) <= set(loaded)
    assert [name for name in loaded if is_in(name, KERAS)] == []
