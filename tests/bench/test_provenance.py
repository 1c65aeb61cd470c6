"""Where numbers come from: their version, the commit, the packages, the processor."""

import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from bench import provenance
from study.version import NUMBERS

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside any repository that the code seems to be in."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no configuration"))
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    someone = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
    command = ["git", *someone, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@needs_git
def test_the_commit_and_whether_files_differ_from_it(checkout):
    code = checkout / "code.py"
    code.write_text("first\n", encoding="utf-8")
    git(checkout, "init")
    git(checkout, "add", "code.py")
    git(checkout, "commit", "-m", "first")
    git(checkout, "tag", "-a", "v1", "-m", "a tag does not hide the commit")
    head = git(checkout, "rev-parse", "HEAD")
    assert re.fullmatch("[0-9a-f]{7,40}", provenance.commit())
    assert head.startswith(provenance.commit())
    clean = provenance.commit()
    code.write_text("second\n", encoding="utf-8")
    assert provenance.commit() == f"{clean}+"


@needs_git
def test_outside_git_the_commit_is_unknown(checkout):
    assert provenance.commit() == "unknown"


def test_without_git_the_commit_is_unknown(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.commit() == "unknown"


def test_packages_are_those_installed(checkout):
    found = provenance.provenance()
    first, *others = found.packages.split(", ")
    assert first == f"Python {platform.python_version()}"
    for package in ("numba", "numpy", "scipy", "keras-tuner", "tensorflow"):
        assert f"{package} {version(package)}" in others
    assert (found.numbers, found.processor) == (NUMBERS, provenance.processor())


def test_a_processor_is_called_by_its_name(tmp_path):
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: A Fast One @ 3 GHz\nmodel name\t: Another\n")
    assert provenance.processor(told) == f"A Fast One @ 3 GHz ({platform.machine()})"


def test_a_processor_without_a_name_is_called_by_its_kind(tmp_path):
    told = tmp_path / "cpuinfo"
    assert provenance.processor(told) == f"{platform.processor()} ({platform.machine()})"
    told.write_text("Hardware: unknown\n")
    assert provenance.processor(told).endswith(f"({platform.machine()})")


# What must be the same in several processes


def test_a_digest_is_of_all_source_and_nothing_else(tmp_path):
    for room in ("study", "bench", "report"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "one.py").write_text("1\n", encoding="utf-8")
    first = provenance.digest(tmp_path)
    assert re.fullmatch("[0-9a-f]{8}", first)
    (tmp_path / "report" / "one.py").write_text("2\n", encoding="utf-8")
    (tmp_path / "study" / "one.txt").write_text("2\n", encoding="utf-8")
    assert provenance.digest(tmp_path) == first
    (tmp_path / "bench" / "one.py").rename(tmp_path / "bench" / "two.py")
    assert provenance.digest(tmp_path) != first


def test_versions_are_found_once():
    """What is loaded stays, whatever is written to its file."""
    assert provenance.versions() is provenance.versions()
    assert {"numbers", "code", "Python", "numpy", "numba"} <= provenance.versions().keys()


def test_other_versions_are_told_with_ours():
    ours = provenance.versions()
    assert provenance.unlike(ours) == provenance.unlike(dict(ours)) == ""
    other = {**ours, "numbers": "1", "numpy": "1.0"}
    expected = (
        f"expected numbers {ours['numbers']}, numpy {ours['numpy']}, found numbers 1, numpy 1.0;"
    )
    assert provenance.unlike(other).startswith(expected)
    nothing = provenance.unlike(ModuleNotFoundError("No module named 'bench'"))
    assert f"code {ours['code']}" in nothing
    assert "found No module named 'bench';" in nothing
