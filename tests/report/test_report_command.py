"""The command: which reports it writes, and what it says."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from report.__main__ import main
from study.about import NAME
from study.records import Record
from study.store import FILE, Store
from tests.conftest import ROOT
from tests.report.made_up import ABOUT, with_conditions


def make_study(folder: Path, records: Sequence[Record] = (), about: object = None) -> Path:
    """A study's folder with these records."""
    with Store(folder / FILE) as store:
        store.add(replace(one, key=f"{place:016x}") for place, one in enumerate(records))
        store.say(NAME, ABOUT.plain() if about is None else about)
    return folder


def test_a_named_study_gets_both_pages_its_figures_and_tables(tmp_path, capsys):
    folder = make_study(tmp_path / "study", with_conditions())
    assert main([str(folder)]) == 0
    html, markdown = folder / "report.html", folder / "report.md"
    assert capsys.readouterr().out == f"wrote {html} and {markdown}\n"
    assert "</html>" in html.read_text(encoding="utf-8")
    text = markdown.read_text(encoding="utf-8")
    figures = {one.name for one in (folder / "figures").iterdir()}
    assert figures == set(re.findall(r"\(figures/(.*?)\)", text)) != set()
    tables = {one.name for one in (folder / "tables").iterdir()}
    assert len(tables) == len(re.findall(r"(?m)^\| --- ", text)) > 0


def test_a_second_report_is_the_same_and_leaves_nothing_of_an_earlier_one(tmp_path):
    folder = make_study(tmp_path / "study", with_conditions())
    assert main([str(folder)]) == 0
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    (folder / "figures" / "old.svg").touch()
    (folder / "tables" / "old.csv").touch()
    others = [folder / "old.svg", folder / "figures" / "notes.txt", folder / "tables" / "old.svg"]
    for path in others:
        path.touch()
    assert main([str(folder)]) == 0
    after = {path: path.read_bytes() for path in folder.rglob("*.*")}
    assert after == before | dict.fromkeys(others, b"")


def test_without_a_name_those_reports_are_written_that_are_missing_or_old(tmp_path, capsys):
    first, second = make_study(tmp_path / "a"), make_study(tmp_path / "b")
    (tmp_path / "c").mkdir()  # is no study
    asked = ["--out", str(tmp_path)]

    assert main(asked) == 0
    assert capsys.readouterr().out.count("wrote") == 2
    assert main(asked) == 0
    assert capsys.readouterr().out == f"{tmp_path}: all reports are newer than their records\n"

    later = (first / "report.html").stat().st_mtime + 10
    os.utime(second / FILE, (later, later))
    assert main(asked) == 0
    assert capsys.readouterr().out.startswith(f"wrote {second}")


def test_a_study_that_stopped_before_it_said_what_it_is_stands_in_nobodys_way(tmp_path, capsys):
    with Store(tmp_path / "stopped" / FILE):
        pass
    make_study(tmp_path / "whole")
    assert main(["--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"wrote {tmp_path / 'whole'}")


def test_where_every_study_stopped_before_it_said_what_it_is_there_is_none(tmp_path, capsys):
    with Store(tmp_path / "stopped" / FILE):
        pass
    assert main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path}: expected a study's folder")


def test_where_there_is_no_study_one_line_says_so(tmp_path, capsys):
    for asked in (["--out", str(tmp_path)], [str(tmp_path / "nowhere")]):
        assert main(asked) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith(str(tmp_path))
        assert told.err.count("\n") == 1
        assert "found no" in told.err
        assert "make study" in told.err


def test_a_study_that_says_nothing_of_itself_gets_no_page(tmp_path, capsys):
    with Store(tmp_path / "a" / FILE):
        pass
    odd = make_study(tmp_path / "b", about={"preset": "smoke"})
    assert main([str(tmp_path / "a")]) == 2
    assert "expected what the study says of itself, found nothing" in capsys.readouterr().err
    assert main([str(odd)]) == 2
    assert "found none named" in capsys.readouterr().err
    assert not list(tmp_path.rglob("report*"))


def test_what_is_none_of_ours_gets_one_line_and_no_page(tmp_path, capsys):
    """Somebody else's database, and a record of a condition that nobody knows."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    with closing(sqlite3.connect(folder / FILE)) as database:
        database.execute("CREATE TABLE theirs (a)")
    before = (folder / FILE).read_bytes()
    odd = make_study(tmp_path / "odd", [replace(with_conditions()[0], condition="rain")])
    for asked, words in (
        (["--out", str(tmp_path)], "found a database of another program"),
        ([str(folder)], "found a database of another program"),
        ([str(odd)], "column condition: expected one of wrong_symmetry, "),
    ):
        assert main(asked) == 2
        told = capsys.readouterr().err
        assert words in told
        assert all(line.startswith(str(tmp_path)) for line in told.splitlines())
    assert (folder / FILE).read_bytes() == before
    assert not list(tmp_path.rglob("report.*"))


def test_help_has_an_example_and_nothing_heavy_is_loaded():
    program = "import sys, report.__main__\nprint(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"keras", "tensorflow", "numba", "sklearn", "pandas", "bench"} & set(loaded)
    shown = subprocess.run(
        [sys.executable, "-m", "report", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "example: python -m report" in shown
