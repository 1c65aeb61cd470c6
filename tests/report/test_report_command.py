"""python -m report: from a database to the pages, and what it says where it can't."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bench.store import Results, Store
from report import models
from report.__main__ import main
from tests.report.made_up import make_results, make_sweep, make_timings, without

ROOT = Path(__file__).parents[2]


def save(results: Results, folder: Path) -> None:
    """Put the results into a database, as a study does."""
    runs = results.runs.assign(run=results.runs["run"].astype(str))
    winners = runs.loc[runs["role"] == "winner", ["run", *models.CELL]]
    pictures = (table.merge(winners, on=models.CELL) for table in (results.diagonals, results.maps))
    rows, diagonals, maps = (
        json.loads(table.to_json(orient="records")) for table in (runs, *pictures)
    )
    with closing(Store(folder)) as store:
        store.begin([row["run"] for row in rows], results.study)
        store.add(rows, {"diagonals": diagonals, "maps": maps})


def test_rows_in_a_database_become_a_report(tmp_path, capsys):
    save(make_results(m=[100]), tmp_path)
    assert main(["--out", str(tmp_path)]) == 0
    assert "worked best" in (tmp_path / "report.md").read_text("utf-8")
    assert "worked best" in (tmp_path / "report.html").read_text("utf-8")
    assert " nan " not in (tmp_path / "report.md").read_text("utf-8")
    assert capsys.readouterr().out == (
        f"wrote {tmp_path / 'report.html'} and {tmp_path / 'report.md'}\n"
    )


def test_a_folder_without_a_study_is_an_error_in_one_line(tmp_path, capsys):
    assert main(["--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(tmp_path / "runs.sqlite") in said
    assert "make study" in said
    assert list(tmp_path.iterdir()) == []


def test_measured_speeds_are_in_the_report(tmp_path):
    save(make_sweep(), tmp_path)
    make_timings().to_csv(tmp_path / "speed.csv", index=False)
    assert main(["--out", str(tmp_path)]) == 0
    assert "## How fast is it?" in (tmp_path / "report.md").read_text("utf-8")


@pytest.mark.parametrize("text", ["", "rows,lanes\n100,1\n", "a\n1,2\n3\n4,5,6\n"])
def test_speeds_that_cannot_be_read_are_an_error_in_one_line(text, tmp_path, capsys):
    save(make_sweep(), tmp_path)
    (tmp_path / "speed.csv").write_text(text, encoding="utf-8")
    assert main(["--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "speed.csv: expected a table with the columns architecture" in said
    assert "make speed" in said


def test_a_sweep_of_which_nothing_is_there_yet_is_reported(tmp_path):
    results = make_sweep()
    save(without(results, results.runs["run"] > 0), tmp_path)
    assert main(["--out", str(tmp_path)]) == 0
    assert "72 of 72 planned trainings are missing" in (tmp_path / "report.md").read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_an_error_in_one_line(tmp_path, capsys):
    save(make_results(m=[100]), tmp_path)
    (tmp_path / "figures").write_text("in the way", encoding="utf-8")
    assert main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("report: ")


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "example: python -m report --out results" in capsys.readouterr().out


def test_the_command_loads_no_tensorflow():
    code = "import sys, report.__main__; sys.exit(bool({'tensorflow', 'keras'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
