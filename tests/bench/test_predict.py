"""python -m bench predict: files of flows in, answers out, and what is said of them."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench import predict
from bench.__main__ import main
from study import networks
from study.bag import SQUARE
from study.data import file_name
from study.networks import Shape
from study.simulate import simulate

ROOT = Path(__file__).parents[2]


def write(path, samples, columns=SQUARE.columns):
    table = pd.DataFrame(np.hstack([samples.Y, samples.X]), columns=list(SQUARE.columns))
    table[list(columns)].to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with data and the best linear equivariant network, model.h5."""
    home = tmp_path_factory.mktemp("predict")
    (home / "data").mkdir()
    for role, rows in (("train", 20), ("validation", 400)):
        samples = simulate(rows, np.random.default_rng(rows))
        write(home / "data" / file_name(role, rows), samples)
    linear = Shape("equivariant", depth=0, width=4, activation="linear")
    networks.save(networks.with_weights(linear, np.array([-1.7])), home / "model.h5")
    return home


@pytest.fixture
def ask(home, tmp_path, capfd):
    """Ask for the answers to flows; return the exit code, and what was written where."""

    def ask(flows, *options):
        folders = ["--model", home / "model.h5", "--data", home / "data"]
        code = main(["predict", *map(str, [*folders, flows, *options])])
        said = capfd.readouterr()
        return code, said.out, said.err

    return ask


@pytest.fixture
def flows(tmp_path):
    """A file of 50 leaks, with their positions."""
    return write(tmp_path / "flows.csv", simulate(50, np.random.default_rng(1)))


def rows(text):
    return list(csv.DictReader(text.splitlines()))


def test_a_row_has_its_position_in_mm_and_a_radius(ask, flows):
    code, out, err = ask(flows)
    assert (code, err) == (0, "")
    given, told = pd.read_csv(flows), rows(out)
    assert [int(row["row"]) for row in told] == list(range(1, 51))
    expected = 1.7 * given[list(SQUARE.columns[2:])].to_numpy() @ SQUARE.ports
    for row, y in zip(told, expected, strict=True):
        assert (float(row["y1"]), float(row["y2"])) == pytest.approx(tuple(y), abs=6e-5)
        assert (float(row["x_mm"]), float(row["y_mm"])) == pytest.approx(tuple(750 * y), abs=0.06)
        assert 50 < float(row["radius_mm"]) < 500


def test_the_side_of_the_bag_changes_lengths_only(ask, flows):
    told, wide = rows(ask(flows)[1]), rows(ask(flows, "--side", "3000")[1])
    for one, other in zip(told, wide, strict=True):
        assert (one["y1"], one["y2"]) == (other["y1"], other["y2"])
        assert float(other["radius_mm"]) == pytest.approx(2 * float(one["radius_mm"]), abs=0.11)
        assert float(other["x_mm"]) == pytest.approx(2 * float(one["x_mm"]), abs=0.11)


def test_parts_do_not_show(ask, flows, monkeypatch):
    whole = ask(flows)[1]
    monkeypatch.setattr(predict, "AT_ONCE", 7)
    assert ask(flows)[1] == whole


def test_an_out_file_is_json_by_its_name_and_says_the_same(ask, flows, tmp_path):
    code, out, _ = ask(flows, "--out", tmp_path / "answers.json")
    assert (code, out) == (0, "")
    document = json.loads((tmp_path / "answers.json").read_text("utf-8"))
    told = rows(ask(flows)[1])
    assert [row["radius_mm"] for row in document["rows"]] == [float(r["radius_mm"]) for r in told]
    assert document["file"]["rows"] == 50
    assert document["file"]["suspected_sensors"] == []
    assert json.loads(ask(flows, "--format", "json")[1]) == document


def test_odd_rows_are_flagged_and_said(ask, tmp_path):
    samples = simulate(30, np.random.default_rng(2))
    X = samples.X.copy()
    X[4] *= 12.5  # litres per minute
    X[9] = (0.45, 0.05, 0.45, 0.05)  # two leaks, in opposite corners
    X[10] = 2 * X[9]
    path = write(tmp_path / "odd.csv", samples._replace(X=X), SQUARE.columns[2:])
    code, out, err = ask(path)
    flags = {int(row["row"]): row["flags"] for row in rows(out) if row["flags"]}
    assert flags == {5: "normalised", 10: "unlike_a_leak", 11: "normalised unlike_a_leak"}
    assert (code, err.splitlines()) == (
        0,
        [
            f"{path}: 2 of 30 rows did not sum to 1: normalised",
            f"{path}: 2 of 30 rows unlike any single leak: see the flags",
        ],
    )


def test_a_faulty_sensor_is_said_once_for_the_file(ask, tmp_path):
    path = write(
        tmp_path / "faulty.csv", simulate(300, np.random.default_rng(3), offset=(0, 0, 0, 0.05))
    )
    code, out, err = ask(path, "--format", "json")
    (suspect,) = json.loads(out)["file"]["suspected_sensors"]
    assert suspect["sensor"] == 4
    assert suspect["offset"] == pytest.approx(0.05, abs=0.006)
    assert code == 0
    assert re.search(r"faulty: it looks as if sensor 4 reads 0\.0[45]\d too high", err)


def test_a_map_is_drawn(ask, flows, tmp_path):
    code, out, _ = ask(flows, "--plot", tmp_path / "map.svg", "--side", "2000")
    assert (code, len(rows(out))) == (0, 50)
    picture = (tmp_path / "map.svg").read_text("utf-8")
    assert picture.startswith("<svg")
    assert "50 rows" in picture
    assert "\N{MINUS SIGN}1000" in picture


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "nowhere.h5"], "nowhere.h5: expected a saved network, found no such file"),
        (["--data", "nowhere"], "nowhere: expected a folder with .* found no folder there"),
        (["--out", "nowhere/answers.csv"], "expected a place to write answers to, found No such"),
        (["--plot", "nowhere/map.svg"], "expected a place to write the map to, found No such"),
    ],
)
def test_a_wrong_name_is_told_in_a_line(options, message, ask, flows):
    code, _, err = ask(flows, *options)
    assert code == 2
    assert re.search(message, err)
    assert err.count("\n") == 1


def test_data_too_small_to_calibrate_are_told(ask, flows, tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    for role, rows in (("train", 20), ("validation", 5)):
        write(folder / file_name(role, rows), simulate(rows, np.random.default_rng(rows)))
    code, out, err = ask(flows, "--data", folder)
    assert (code, out) == (2, "")
    assert "expected at least 9 rows of validation data" in err


def test_wrong_flows_leave_no_file_behind(ask, tmp_path, monkeypatch):
    path = write(tmp_path / "flows.csv", simulate(50, np.random.default_rng(4)))
    path.write_text(path.read_text().replace("\n", "\n\n") + "0,0,0,0,?,0\n")
    monkeypatch.setattr("bench.flows.BLOCK", 1000)
    code, _, err = ask(path, "--out", tmp_path / "answers.csv")
    assert code == 2
    assert f"{path}, row 51 (line 103), column mfc3: expected a number from 0, found '?'" in err
    assert [file.name for file in tmp_path.iterdir()] == ["flows.csv"]


@pytest.mark.parametrize("side", ["0", "-1", "inf", "nan", "wide"])
def test_a_side_that_is_no_length_is_refused(side, ask, flows, capfd):
    with pytest.raises(SystemExit) as left:
        ask(flows, "--side", side)
    assert left.value.code == 2
    assert f"expected a length in mm above 0, found {side}" in capfd.readouterr().err


def test_a_pipe_works_and_may_be_closed_and_tensorflow_is_silent(home, tmp_path):
    path = write(
        tmp_path / "flows.csv", simulate(20_000, np.random.default_rng(5)), SQUARE.columns[2:]
    )
    command = ["-m", "bench", "predict", "--model", home / "model.h5", "--data", home / "data"]
    environment = {name: value for name, value in os.environ.items() if name[:3] != "TF_"}
    with (
        path.open("rb") as given,
        subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=ROOT,
            env=environment,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running,
    ):
        assert running.stdout.readline() == "row,y1,y2,x_mm,y_mm,radius_mm,flags\n"
        assert running.stdout.readline().startswith("1,")
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait() == 0
