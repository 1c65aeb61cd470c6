"""Who may import whom: bench -> study; report -> study and the store's reader; study -> itself.

One door more: bench's command line may draw a map of answers, and what draws stands in report.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("study", "bench", "report")
KERAS = ("keras", "keras_tuner", "tensorflow")
MAY_IMPORT = {
    "study": ("study",),
    "bench": ("study", "bench"),
    "report": ("study", "report", "bench.store"),
}
DOORS = {"bench.__main__": ("report.maps",)}
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
REPORT_MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in MODULES
    if path.is_relative_to(ROOT / "report") and not path.name.startswith("__")
]


def imports(source: str, package: str) -> set[str]:
    """Return the full names of all that the source of a module in `package` imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = [node.module] if node.module else []
            if node.level:
                origin = [*package.split(".")[: len(package.split(".")) - node.level + 1], *origin]
            found |= {".".join([*origin, alias.name]) for alias in node.names}
    return found


def is_in(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def forbidden(source: str, package: str, module: str) -> set[str]:
    """Return the imports that the rules deny to this module."""
    room = package.split(".")[0]
    names = imports(source, package)
    may_import = (*MAY_IMPORT[room], *DOORS.get(module, ()))
    denied = {name for name in names if is_in(name, ROOMS) and not is_in(name, may_import)}
    if room == "report":
        denied |= {name for name in names if is_in(name, (*KERAS, "study.networks"))}
    if room == "study" and module != "study.networks":
        denied |= {name for name in names if is_in(name, KERAS)}
    return denied


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_import_only_what_their_room_may(path):
    package = ".".join(path.parent.relative_to(ROOT).parts)
    assert forbidden(path.read_text(encoding="utf-8"), package, f"{package}.{path.stem}") == set()


@pytest.mark.parametrize(
    ("module", "source", "denied"),
    [
        ("study.grid", "import bench", "bench"),
        ("study.grid", "from bench.store import read", "bench.store.read"),
        ("study.grid", "def late():\n    from report import page", "report.page"),
        ("study.grid", "import keras", "keras"),
        ("study.grid", "import tensorflow as tf", "tensorflow"),
        ("bench.train", "import report.page", "report.page"),
        ("bench.predict", "from report import maps", "report.maps"),
        ("bench.__main__", "from report import figures", "report.figures"),
        ("report.page", "import bench", "bench"),
        ("report.page", "from bench import engine, store", "bench.engine"),
        ("report.page", "from ..bench import lanes", "bench.lanes"),
        ("report.page", "from study import networks", "study.networks"),
        ("report.page", "from study.networks import build", "study.networks.build"),
        ("report.page", "import keras.ops", "keras.ops"),
    ],
)
def test_the_rules_deny(module, source, denied):
    assert forbidden(source, module.split(".")[0], module) == {denied}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("study.data", "import numpy as np\nfrom study.errors import StudyError"),
        ("study.data", "from . import errors\nfrom .errors import StudyError"),
        ("study.networks", "import keras"),
        ("bench.train", "import study.networks\nfrom bench import lanes\nimport tensorflow"),
        ("bench.__main__", "from report import maps"),
        ("report.page", "from bench import store\nfrom bench.store import read"),
        ("report.page", "import bench.store\nfrom study import grid\nimport report.tables"),
        ("report.page", "import benchmarks\nimport kerasplotlib"),
    ],
)
def test_the_rules_allow(module, source):
    assert forbidden(source, module.split(".")[0], module) == set()


def test_the_report_loads_neither_keras_nor_the_networks():
    program = f"import sys, {', '.join(REPORT_MODULES)}\nprint(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "report" in loaded
    assert [name for name in loaded if is_in(name, (*KERAS, "study.networks"))] == []
