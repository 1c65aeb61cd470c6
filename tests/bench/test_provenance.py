"""Where numbers come from: the commit, if there is one, and the versions."""

import json
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from bench import provenance

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


def test_versions_are_those_installed(checkout):
    found = provenance.provenance()
    assert json.loads(json.dumps(found)) == found
    assert found["python"] == platform.python_version()
    for package in ("tensorflow", "keras", "keras-tuner", "numpy", "pandas", "scipy"):
        assert found[package] == version(package)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])
