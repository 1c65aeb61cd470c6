"""What makes a study's numbers: version, commit, packages, processor."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from study.version import NUMBERS

PACKAGES = (
    "numba", "llvmlite", "numpy", "pandas", "scipy", "scikit-learn", "keras", "keras-tuner",
    "tensorflow",
)  # fmt: skip


@dataclass(frozen=True)
class Provenance:
    """Where and how a record was made."""

    numbers: int  # the version of the numbers
    code: str  # commit, with a + where files differ from it
    packages: str
    processor: str


def provenance() -> Provenance:
    """What makes numbers here."""
    named = ", ".join(f"{name} {number}" for name, number in packages().items())
    return Provenance(NUMBERS, commit(), named, processor())


def packages() -> dict[str, str]:
    """The versions of Python and of the packages that numbers could depend on."""
    return {"Python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


@cache
def versions() -> dict[str, str]:
    """What must be the same where a study's blocks run in several processes.

    It is found once: a process goes on with the code that it has loaded, whatever files hold later.
    """
    return {"numbers": str(NUMBERS), "code": digest(), **packages()}


def unlike(found: dict[str, str] | Exception) -> str:
    """How versions elsewhere differ from ours, and what to do; nothing where they do not.

    found: an error where our code, or a package, is not there.
    """
    ours = versions()
    if found == ours:
        return ""
    theirs = found if isinstance(found, dict) else {}
    names = [name for name in ours if theirs.get(name) != ours[name]]
    expected = ", ".join(f"{name} {ours[name]}" for name in names)
    there = ", ".join(f"{name} {theirs[name]}" for name in names if name in theirs)
    remedy = "start it again with this code and its packages"
    return f"expected {expected}, found {there or found}; {remedy}"


def digest(root: Path = Path(__file__).parents[1]) -> str:
    """Eight digits that name the source in `study` and `bench`: commits don't tell of changes."""
    found = hashlib.sha256()
    for path in sorted(path for room in ("study", "bench") for path in (root / room).rglob("*.py")):
        found.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:8]


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, where the system tells it, and its kind."""
    try:
        found = re.search(r"(?m)^model name\s*:\s*(.+)$", cpuinfo.read_text(encoding="utf-8"))
    except OSError:
        found = None
    return f"{found[1].strip() if found else platform.processor()} ({platform.machine()})"


def commit() -> str:
    """The commit of this checkout, with a + where files differ from it; "unknown" outside git."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
