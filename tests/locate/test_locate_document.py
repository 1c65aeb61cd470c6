"""docs/locate.md: its commands run, and its example is what they print."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from locate.__main__ import main
from study.simulate import simulate
from tests.locate import made_up

DOCUMENT = (Path(__file__).parents[2] / "docs" / "locate.md").read_text("utf-8")
COMMANDS = re.findall(r"^\.venv/bin/python -m locate (.*)$", DOCUMENT, flags=re.MULTILINE)
(FLOWS,) = re.findall(r"```csv\n(.*?)```", DOCUMENT, flags=re.DOTALL)
(PYTHON,) = re.findall(r"```python\n(.*?)```", DOCUMENT, flags=re.DOTALL)


@pytest.fixture
def _here(calibration, tmp_path, monkeypatch):
    """A folder with all that the document names."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "models" / "exercise"
    folder.mkdir(parents=True)
    made_up.save(folder / "model_equivariant_1000_corrected.h5", calibration)
    (tmp_path / "flows.csv").write_text(FLOWS, encoding="utf-8")
    samples = simulate(30, np.random.default_rng(1))
    made_up.write(
        tmp_path / "known.csv", np.hstack([samples.Y, samples.X]), "y1,y2,mfc1,mfc2,mfc3,mfc4"
    )


def test_there_are_commands():
    assert len(COMMANDS) == 4


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command, capsys):
    assert main(shlex.split(command)) == 0
    assert capsys.readouterr().out.count("\n") == (0 if "--page" in command else 7)


@pytest.mark.usefixtures("_here")
def test_the_last_row_of_the_example_is_the_one_with_a_warning(capsys):
    main([*shlex.split(COMMANDS[0]), "--format", "table"])
    head, *found = capsys.readouterr().out.splitlines()
    told = DOCUMENT[DOCUMENT.index(head) :].splitlines()[1 : len(found) + 1]
    unlike = ["no single leak makes such flows" in line for line in found]
    assert ["no single leak makes such flows" in line for line in told] == unlike
    assert unlike == [False] * 5 + [True]


@pytest.mark.usefixtures("_here")
def test_its_python_runs():
    names: dict[str, object] = {}
    exec(PYTHON, names)
    assert names["answers"].unlike.tolist() == [False, True]
