"""The whole way once: simulated data, all cells trained and saved, and nothing done twice."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from bench.plan import describe_cell
from study.conditions import BASELINES
from study.design import Cell
from study.grid import short
from study.model_files import model_file
from study.presets import load_preset

ROOT = Path(__file__).parents[1]
TERMINAL = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
CELL = ["m", "corrected", "architecture", "augmented", "condition"]
NAMES = [*CELL, "repetition", "stage", "rank"]
GRID = [
    Cell(m, corrected, architecture, augmented)
    for m in (50, 100)
    for corrected in (False, True)
    for architecture in ("standard", "equivariant")
    for augmented in (False, True)
]
WRONG = [Cell(50, corrected, "wrong_group", False, "wrong_symmetry") for corrected in (False, True)]
FITTED = [
    Cell(50, corrected, *model, "baselines") for corrected in (False, True) for model in BASELINES
]
# By hand: 3 repetitions of 3 proposals and 1 full training in 16 cells; in the 8 of m = 100, which
# has a training file of its own, repetition 0 with a further start; 3 repetitions of 14 conditions.
PLANNED = 16 * 3 * 4 + 8 * 5 + 14 * 3
SAVED = sorted(model_file(cell) for cell in GRID if cell.m == 100)
AVERAGED = ["model_standard_100_corrected_orbit_average.h5", "model_standard_100_orbit_average.h5"]
PREDICT = """
import json, sys
from pathlib import Path
import keras, numpy as np
import study.networks
from study.data import load
data = load(Path(sys.argv[1]))
found = {}
for path in Path(sys.argv[2]).iterdir():
    model = keras.models.load_model(path)
    told = {"name": model.name, "parameters": model.count_params()}
    for rows, (X, Y) in (("validation", data.validation), ("test", data.test)):
        told[rows] = float(np.square(model.predict(X, verbose=0) - Y).mean())
    found[path.name] = told
print(json.dumps(found))
"""


class Smoke(NamedTuple):
    """A smoke study that has run, what it said, and its records."""

    home: Path
    said: str
    runs: pd.DataFrame

    @property
    def out(self) -> Path:
        return self.home / "results" / "smoke"

    @property
    def models(self) -> Path:
        return self.home / "models" / "smoke"

    @property
    def trained(self) -> pd.DataFrame:
        """The records of networks that are trained in full."""
        return self.runs[self.runs["stage"].isin(["full", "start"])]

    @property
    def winners(self) -> pd.DataFrame:
        """Each repetition's best network."""
        sound = self.trained[self.trained["status"] == "sound"]
        best = sound.groupby([*CELL, "repetition"])["validation_mse"].idxmin()
        return sound.loc[best].set_index([*CELL, "repetition"])


def python(*arguments: object) -> str:
    """Run Python in the checkout, in a process of its own; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name not in TERMINAL}
    result = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == "" or arguments[0] == "-c"
    return result.stdout


def options(home: Path) -> list[str]:
    places = {"data": "data", "out": "results", "models": "models"}
    return ["--preset=smoke", *(f"--{name}={home / place}" for name, place in places.items())]


def run(home: Path) -> str:
    return python("-m", "bench", "run", *options(home))


def read(home: Path) -> pd.DataFrame:
    runs = pd.read_csv(home / "results" / "smoke" / "runs.csv")
    return runs.fillna({"condition": "", "reason": "", "activation": "", "loss": ""})


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Smoke:
    home = tmp_path_factory.mktemp("smoke")
    (home / "data").mkdir()
    said = run(home)
    return Smoke(home, said, read(home))


def test_it_says_how_far_it_is_in_plain_lines(smoke):
    first, *lines = smoke.said.splitlines()
    assert first == "smoke: preset smoke on simulated data, root seed 1"
    waves = [line for line in lines if line.startswith("wave ")]
    assert waves[-1].startswith(f"wave 3: {PLANNED} of {PLANNED} trainings, ")
    assert f"smoke: {PLANNED} of {PLANNED} planned trainings are there" in lines
    assert re.fullmatch(r"blocks were filled to \d+ %", lines[-1])
    for cell in (*GRID, *WRONG, *FITTED):
        assert [line for line in lines if line.startswith(f"  {describe_cell(cell)}: ")]
    assert "\x1b" not in smoke.said


def test_data_were_simulated(smoke):
    files = ["train_100", "train_1000", "train_30000"]
    files += ["validation_1000", "validation_30000", "test_10000"]
    written = sorted(path.stem for path in (smoke.home / "data").iterdir())
    assert written == sorted(f"leakage_dataset_{name}" for name in files)


def test_every_request_has_its_record(smoke):
    found = set(smoke.runs[NAMES].itertuples(index=False, name=None))
    expected = set()
    for cell in GRID:
        stages = [("proposal", 0), ("proposal", 1), ("proposal", 2), ("full", 0)]
        for repetition in range(cell.m == 50, 4):
            mine = [*stages, *[("start", 0)] * (repetition == 0)]
            expected |= {(*vars(cell).values(), repetition, *one) for one in mine}
    for cells, stage in ((WRONG, "full"), (FITTED, "fitted")):
        expected |= {(*vars(cell).values(), r, stage, 0) for cell in cells for r in (1, 2, 3)}
    assert found == expected
    assert len(found) == len(smoke.runs) == PLANNED
    assert smoke.runs["key"].is_unique


def test_the_steps_are_those_of_the_protocol(smoke):
    assert short(load_preset("smoke").design.steps) == 50
    steps = smoke.runs.groupby("stage")["steps"].unique().map(list).to_dict()
    assert steps == {"fitted": [0], "full": [600], "proposal": [50], "start": [600]}
    sound = smoke.runs[(smoke.runs["status"] != "diverged") & (smoke.runs["stage"] != "fitted")]
    assert (sound["last_step"] == sound["steps"]).all()
    assert (sound["best_step"] % 50 == 0).all()


def test_corrected_runs_carry_the_offset_that_was_found(smoke):
    faulty, corrected = (smoke.runs[smoke.runs["corrected"] == one] for one in (False, True))
    assert faulty[["offset_sensor", "offset", "offset_error"]].isna().all(axis=None)
    assert (corrected["offset_sensor"] == 4).all()
    assert (np.abs(corrected["offset"] - 0.05) < 4 * corrected["offset_error"]).all()


def test_no_training_is_lost_in_silence(smoke):
    sound = smoke.runs["status"] == "sound"
    assert smoke.runs.loc[~sound, "reason"].str.len().gt(0).all()
    assert smoke.runs.loc[sound, "reason"].eq("").all()
    scores = [name for name in smoke.runs if name.startswith("validation_")]
    assert np.isfinite(smoke.runs.loc[sound, scores]).all(axis=None)
    proposed = smoke.runs["stage"] == "proposal"
    tests = [name for name in smoke.runs if name.startswith("test_")]
    assert len(tests) == 4
    assert np.isfinite(smoke.runs.loc[sound & ~proposed, tests]).all(axis=None)
    assert smoke.runs.loc[proposed, tests].isna().all(axis=None)
    assert len(smoke.winners) == 16 * 3 + 8 + 2 * 3


def test_winners_learnt_and_keep_their_symmetry(smoke):
    winners = smoke.winners.reset_index()
    wrong = winners["architecture"] == "wrong_group"
    right = winners[~wrong]
    assert (right["validation_mse"] < 0.05).all()  # 0.33 for the middle of the bag
    assert (right["test_mse"] < 0.05).all()
    assert (right["output_spread"] > 0.3).all()
    assert (winners.loc[wrong, "test_mse"] > 0.05).all()
    symmetric = winners["architecture"] == "equivariant"
    assert (winners.loc[symmetric, "equivariance_error"] < 1e-5).all()
    assert (winners.loc[~symmetric, "equivariance_error"] > 1e-3).all()
    narrow = winners[symmetric]
    np.testing.assert_array_equal(narrow["parameters"], 3 * narrow["depth"] + 1)


def test_to_undo_the_fault_helps(smoke):
    """Not in every repetition of so short a study, but in every cell."""
    winners = smoke.winners.reset_index()
    grid = winners[winners["condition"] == ""]
    errors = grid.groupby(["m", "architecture", "augmented", "corrected"])["test_mse"].median()
    errors = errors.unstack("corrected")
    assert len(errors) == 8
    assert (errors[True] < errors[False]).all()


def test_baselines_are_there_for_every_repetition(smoke):
    fitted = smoke.runs[smoke.runs["stage"] == "fitted"]
    errors = fitted.groupby("architecture")["test_mse"].median()
    assert errors["zero"] == errors.max() == pytest.approx(1 / 3, rel=0.05)
    assert errors.drop("zero").max() < 0.1


def test_saved_winners_predict_in_a_fresh_process_what_their_records_say(smoke):
    found = json.loads(python("-c", PREDICT, smoke.home / "data", smoke.models).splitlines()[-1])
    assert sorted(found) == sorted([*SAVED, *AVERAGED])
    exercise = smoke.winners.xs(0, level="repetition")
    assert len(exercise) == len(SAVED) == 8
    for names, record in exercise.iterrows():
        name = model_file(Cell(*names))
        model = found[name]
        assert model["name"] == f"run_{record['key']}"
        assert model["validation"] == pytest.approx(record["validation_mse"], rel=1e-4)
        assert model["test"] == pytest.approx(record["test_mse"], rel=1e-4)
        assert model["parameters"] == record["parameters"]
        averaged = found.get(name.replace(".h5", "_orbit_average.h5"))
        if averaged:
            assert averaged["test"] == pytest.approx(record["orbit_mse"], rel=1e-4)


def test_status_says_what_the_run_said(smoke):
    assert python("-m", "bench", "status", *options(smoke.home)) in smoke.said


def test_a_second_run_trains_nothing_and_changes_nothing(smoke):
    kept = [*smoke.models.iterdir(), *(smoke.home / "data").iterdir()]
    times = {path: path.stat().st_mtime_ns for path in kept}
    table = (smoke.out / "runs.csv").read_bytes()
    again = run(smoke.home).splitlines()
    assert not [line for line in again if line.startswith(("wave ", "blocks "))]
    assert set(again) <= set(smoke.said.splitlines())
    assert {path: path.stat().st_mtime_ns for path in kept} == times
    assert (smoke.out / "runs.csv").read_bytes() == table
    names = sorted(path.name for path in smoke.out.iterdir())
    assert names == ["records.sqlite", "runs.csv", "writer.lock"]


@pytest.fixture(scope="module")
def pages(smoke):
    """Both forms of the study's report."""
    said = python("-m", "report", "--out", smoke.home / "results")
    forms = [smoke.out / name for name in ("report.html", "report.md")]
    assert said == f"wrote {forms[0]} and {forms[1]}\n"
    return [path.read_text(encoding="utf-8") for path in forms]


def test_the_report_names_the_winners_and_their_errors(smoke, pages):
    exercise = smoke.winners.query("repetition == 0")
    assert len(exercise) == len(SAVED)
    for page in pages:
        assert [name for name in SAVED if name not in page] == []
        for error in exercise["validation_mse"]:
            assert f"{error:.4f}" in page


def test_the_report_says_what_the_answer_rests_on(pages):
    for page in pages:
        assert "3 proposals" in page
        assert "another budget or another space may give another effect" in page
