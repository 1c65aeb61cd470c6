"""python -m locate: files of flows in, answers out, and what is said of them."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from locate import page, readings
from study.bag import SQUARE
from study.errors import StudyError
from study.simulate import simulate
from tests.locate import made_up
from tests.locate.made_up import write

ROOT = Path(__file__).parents[2]
COLUMNS = "row,y1,y2,x_mm,y_mm,radius_mm,warning"


@pytest.fixture
def flows(tmp_path):
    """A file of 50 leaks."""
    return write(tmp_path / "flows.csv", simulate(50, np.random.default_rng(1)).X)


def rows(text):
    return list(csv.DictReader(text.splitlines()))


def test_a_row_has_its_position_in_mm_and_a_radius(ask, flows, leak):
    code, out, err = ask(flows)
    assert code == 0
    assert out.startswith(f"{COLUMNS}\n")
    expected = leak(np.loadtxt(flows, delimiter=",", skiprows=1))
    for number, row in enumerate(rows(out)):
        assert int(row["row"]) == number + 1
        told = [float(row[name]) for name in ("y1", "y2")]
        assert told == pytest.approx(expected.positions[number], abs=6e-5)
        told = [float(row[name]) for name in ("x_mm", "y_mm", "radius_mm")]
        known = [*expected.mm[number], expected.radii_mm[number]]
        assert told == pytest.approx(known, abs=0.06)
    assert err.count("\n") == 1
    assert "the radius (centre" in err


def test_parts_do_not_show(ask, flows, monkeypatch):
    whole = ask(flows)[1], ask(flows, "--format", "json")[1]
    monkeypatch.setattr(readings, "AT_ONCE", 7)
    assert (ask(flows)[1], ask(flows, "--format", "json")[1]) == whole


def test_an_out_file_is_json_by_its_name_and_says_the_same(ask, flows, tmp_path):
    code, out, err = ask(flows, "--out", tmp_path / "answers.json")
    assert (code, out) == (0, "")
    document = json.loads((tmp_path / "answers.json").read_text("utf-8"))
    told = rows(ask(flows)[1])
    assert [row["radius_mm"] for row in document["rows"]] == [float(r["radius_mm"]) for r in told]
    assert list(document["rows"][0]) == COLUMNS.split(",")
    assert document["remarks"] == err.splitlines()
    assert document["probability"] == 0.9


def test_a_table_for_the_eye(ask, flows):
    head, first, *_ = ask(flows, "--format", "table")[1].splitlines()
    assert head.endswith("y (mm) radius (mm)")
    assert len(first.rstrip()) == len(head)


def test_odd_rows_have_their_warnings(ask, tmp_path):
    X = simulate(30, np.random.default_rng(2)).X
    X[4] *= 12.5
    X[9] = 2 * np.array([0.45, 0.05, 0.45, 0.05])  # two leaks, in opposite corners
    X[10] = (0.97, 0.01, 0.01, 0.01)
    code, out, _ = ask(write(tmp_path / "odd.csv", X))
    assert code == 0
    assert {int(row["row"]): row["warning"] for row in rows(out) if row["warning"]} == {
        5: "sum far from the median",
        10: "no single leak makes such flows",
        11: "no single leak makes such flows; outside the bag",
    }


def test_what_is_said_of_the_file_stands_before_its_rows(model, tmp_path):
    path = write(tmp_path / "f.csv", simulate(9, np.random.default_rng(3)).X * 20)
    command = [sys.executable, "-m", "locate", str(path), "--model", str(model)]
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    said = subprocess.run(command, cwd=ROOT, text=True, check=True, **both).stdout.splitlines()
    assert said[1:3] == [
        f"{path}: 9 of 9 rows did not sum to 1: each was divided by its sum",
        COLUMNS,
    ]


def test_a_zero_offset_is_subtracted(ask, flows, tmp_path):
    clean = np.loadtxt(flows, delimiter=",", skiprows=1)
    shifted = write(tmp_path / "shifted.csv", clean + 0.25)
    each = write(tmp_path / "each.csv", clean + np.array([0, 0.5, 0, 0.125]))
    expected = ask(flows)[1]
    assert ask(shifted)[1] != expected
    assert ask(shifted, "--zero", "0.25")[1] == expected
    assert ask(each, "--zero", "0,0.5,0,0.125")[1] == expected


def test_a_model_without_calibration_gives_positions_alone_and_says_so(ask, flows, tmp_path):
    plain = made_up.save(tmp_path / "plain.h5", None)
    for form, empty in (("csv", ""), ("json", None)):
        code, out, err = ask(flows, "--format", form, of=plain)
        told = rows(out) if form == "csv" else json.loads(out)["rows"]
        assert {row["radius_mm"] for row in told} == {empty}
        assert (code, err.count("\n")) == (0, 1)
        assert "no calibration" in err


def test_rows_of_ones_own_calibrate(ask, flows, tmp_path):
    samples = simulate(300, np.random.default_rng(4))
    own = write(
        tmp_path / "own.csv", np.hstack([samples.Y, 7 * samples.X]), ",".join(SQUARE.columns)
    )
    plain = made_up.save(tmp_path / "plain.h5", None)
    code, out, err = ask(flows, "--calibrate", own, of=plain)
    assert code == 0
    assert "calibrated on 300 rows that were given for it" in err
    assert all(50 < float(row["radius_mm"]) < 400 for row in rows(out))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[:19], "at least 20 rows to calibrate the search radius, found 19"),
        (lambda t: t * [750, 750, 1, 1, 1, 1], r"positions in \[-1, 1\], found others; divide"),
        (lambda t: t * [1, 1, 1, 1, 1, -1], "flows of at least 0 with a sum above 0"),
        (lambda t: t * [1, -1, 1, 1, 1, 1], "are the sensors in order, and does y count upwards?"),
    ],
)
def test_rows_that_cannot_calibrate_are_told(change, message, ask, flows, tmp_path):
    samples = simulate(100, np.random.default_rng(5))
    table = change(np.hstack([samples.Y, samples.X]))
    own = write(tmp_path / "own.csv", table, ",".join(SQUARE.columns))
    code, out, err = ask(flows, "--calibrate", own)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert re.search(message, err)
    assert str(own) in err


def test_a_page_is_written(ask, model, tmp_path):
    code, out, err = ask("--page", tmp_path / "page.html")
    assert (code, out, err) == (0, "", "")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert len(text) < 200_000
    assert "http" not in text.replace("http-equiv", "")
    assert model.name in text
    assert "calibrated on 2,000 test rows that neither trained nor chose the network" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--out", "nowhere/answers.csv"],
            "nowhere/answers.csv: expected a folder to write it to, found no",
        ),
        (
            ["--plot", "nowhere/map.svg"],
            "nowhere/map.svg: expected a folder to write it to, found no nowhere",
        ),
        (["--out", "."], "expected a place for a file, found a folder"),
        (["--calibrate", "nowhere.csv"], "nowhere.csv: expected a file of flows, found No such"),
    ],
)
def test_a_wrong_name_is_told_in_a_line_and_nothing_is_written(
    options, message, ask, flows, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, out, err = ask(flows, "--out", "first.csv", *options)
    assert (code, out) == (2, "")
    assert re.search(message, err.splitlines()[-1])
    assert [path.name for path in tmp_path.iterdir()] == ["flows.csv"]


def test_no_page_has_layers_that_only_keras_knows(leak, tmp_path):
    foreign = replace(leak, predict=made_up.linear)
    with pytest.raises(StudyError, match="found layers that only Keras knows; no page can"):
        page.write(foreign, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_none_is_told(ask, flows):
    code, out, err = ask(flows, of=flows)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "found another kind of file" in err


def test_wrong_flows_leave_no_file_behind(ask, flows, tmp_path):
    flows.write_text(flows.read_text() + "0,0,?,0\n")
    code, out, err = ask(flows, "--out", tmp_path / "answers.csv", "--plot", tmp_path / "map.svg")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"{flows}, row 51 (line 52), column mfc3: expected a number, found '?'" in err
    assert [path.name for path in tmp_path.iterdir()] == ["flows.csv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--zero", "-1", "f.csv"], "expected a flow from 0, or four of them, found -1"),
        (["--zero", "1,2", "f.csv"], "expected a flow from 0, or four of them, found 1,2"),
        (["--zero", "a", "f.csv"], "expected a flow from 0, or four of them, found a"),
        (["--plot", "map.txt", "f.csv"], "expected a name in .svg, .png, .pdf, found map.txt"),
        ([], "expected a file of flows, or --page and none"),
        (["f.csv", "--page", "p.html"], "expected a file of flows, or --page and none"),
    ],
)
def test_words_that_are_wrong_are_refused(words, message, ask, capsys):
    with pytest.raises(SystemExit) as left:
        ask(*words)
    assert left.value.code == 2
    assert message in capsys.readouterr().err


def test_a_pipe_works_and_may_be_closed(model, tmp_path):
    path = write(tmp_path / "flows.csv", simulate(20_000, np.random.default_rng(6)).X)
    command = [sys.executable, "-m", "locate", "-", "--model", str(model)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with (
        path.open("rb") as given,
        subprocess.Popen(
            command, cwd=ROOT, stdin=given, text=True, env=dict(os.environ), **pipes
        ) as running,
    ):
        assert running.stdout.readline() == f"{COLUMNS}\n"
        assert running.stdout.readline().startswith("1,")
        running.stdout.close()
        assert "standard input" in running.stderr.read()
        assert running.wait() == 0


def test_no_input_is_overwritten(ask, flows, model):
    before = flows.read_bytes()
    for options in (["--out", str(flows)], ["--plot", "a.svg", "--out", "a.svg"]):
        code, out, said = ask(str(flows), *options)
        assert (code, out) == (2, "")
        assert "expected a place of its own, found another file's; name another" in said
    assert flows.read_bytes() == before


def test_a_module_of_ones_own_is_imported_where_it_is_named(ask, flows, tmp_path, monkeypatch):
    (tmp_path / "layers_of_mine.py").write_text("raise SystemError('run')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SystemError, match="run"):
        ask(str(flows), "--import", "layers_of_mine")
    code, _, said = ask(str(flows), "--import", "layers_of_nobody")
    assert code == 2
    assert said.startswith("--import layers_of_nobody: expected a module that Python finds")
