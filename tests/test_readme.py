"""The README is true: its commands exist, its links lead somewhere, its numbers can be had."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    {
        line.partition("#")[0].strip()
        for block in re.findall(r"```\n(.*?)```", README, flags=re.DOTALL)
        for line in block.splitlines()
        if line.startswith("make ")
    }
    | set(re.findall(r"`(make [^`]+)`", README))
)


def test_there_are_commands():
    assert "make study" in COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_make_knows_the_command(command):
    done = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_links_and_pictures_are_there():
    prose = re.sub(r"`[^`\n]+`", "", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", prose)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_presets_it_names_are_there():
    named = re.findall(r"PRESET=(\w+)(?!\.toml)\b", README)
    assert {"exercise"} <= set(named)
    found = {path.stem for path in (ROOT / "study" / "presets").glob("*.toml")}
    assert set(named) - {"mine"} <= found
