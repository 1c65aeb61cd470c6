"""The README and docs are true: their commands exist, their links lead somewhere."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]


def commands(document: Path) -> set[str]:
    """The make commands of a document, in blocks and in sentences."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, flags=re.DOTALL)
    lines = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return {line for line in lines if line.startswith("make ")} | set(
        re.findall(r"`(make [^`]+)`", text)
    )


COMMANDS = sorted(set.union(*map(commands, DOCUMENTS)))


def test_there_are_commands():
    assert "make study" in COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_make_knows_the_command(command):
    done = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_pictures_are_there(document):
    text = document.read_text(encoding="utf-8")
    prose = re.sub(r"`[^`\n]+`", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", prose)
    assert links or document != README
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_presets_it_names_are_there():
    named = re.findall(r"PRESET=(\w+)(?!\.toml)\b", README.read_text(encoding="utf-8"))
    assert {"exercise"} <= set(named)
    found = {path.stem for path in (ROOT / "study" / "presets").glob("*.toml")}
    assert set(named) - {"mine"} <= found
