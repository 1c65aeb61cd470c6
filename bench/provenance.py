"""What makes a study's numbers: version, commit, packages, processor."""

from __future__ import annotations

import platform
import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from study.version import NUMBERS

PACKAGES = ("numba", "numpy", "scipy", "keras-tuner", "tensorflow")


@dataclass(frozen=True)
class Provenance:
    """Where and how a record was made."""

    numbers: int  # the version of the numbers
    code: str  # commit, with a + where files differ from it
    packages: str
    processor: str


def provenance() -> Provenance:
    """What makes numbers here."""
    packages = [f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in PACKAGES)]
    return Provenance(NUMBERS, commit(), ", ".join(packages), processor())


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
