"""The whole way once: simulated data, all cells trained, the report, and nothing done twice."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from tests.bench.made_up import EXPORTED, TERMINAL

ROOT = Path(__file__).parents[1]
CELL = ["architecture", "augmented", "m", "corrected", "control"]
GRID = product(("standard", "equivariant"), (False, True), (50, 100), (False, True), ("",))
CONTROLS = [
    ("wrong_group", False, ""),
    ("equivariant_wide", False, ""),
    ("standard", True, "matched_epochs"),
    ("equivariant", True, "matched_epochs"),
    ("equivariant", True, "identity_check"),
]
TRAINED = [
    *GRID,
    *(
        (architecture, augmented, 50, corrected, control)
        for architecture, augmented, control in CONTROLS
        for corrected in (False, True)
    ),
]
TUNED = [cell for cell in TRAINED if cell[0] != "wrong_group" and not cell[4]]
FITTED = ["gaussian_process"] * 2 + ["inverse_model", "least_squares", "linear_equivariant", "zero"]


def file_name(architecture: str, augmented: bool, m: int, corrected: bool, control: str) -> str:
    words = ("augmented" * augmented, "corrected" * corrected, control)
    return "_".join(filter(None, (f"model_{architecture}_{m}", *words))) + ".h5"


MODELS = sorted(file_name(*cell) for cell in TRAINED)
AVERAGED = ["model_standard_50_corrected_orbit_average.h5", "model_standard_50_orbit_average.h5"]
PREDICT = """
import json, sys
from pathlib import Path
import keras, numpy as np
import study.networks
from study.data import load
X, Y = load(Path(sys.argv[1])).validation
found = {}
for path in Path(sys.argv[2]).iterdir():
    model = keras.models.load_model(path)
    predicted = model.predict(X, verbose=0)
    found[path.name] = {
        "validation_mse": float(np.square(predicted - Y).mean()),
        "spread": predicted.std(axis=0).tolist(),
        "parameters": model.count_params(),
    }
print(json.dumps(found))
"""


class Smoke(NamedTuple):
    """A smoke study that has run, what it said, and its rows."""

    home: Path
    said: str
    runs: pd.DataFrame

    @property
    def winners(self) -> pd.DataFrame:
        return self.runs[self.runs["role"] == "winner"].set_index(CELL).sort_index()

    @property
    def trained(self) -> pd.DataFrame:
        """The rows of networks."""
        return self.runs[self.runs["role"] != "baseline"]


def python(*arguments: object) -> str:
    """Run Python in the checkout, in a process of its own; return what it prints."""
    command = [sys.executable, *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name not in TERMINAL}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def run(home: Path) -> str:
    folders = [f"--{name}={home / name}" for name in ("data", "out", "models")]
    return python("-m", "bench", "run", "--preset", "smoke", *folders)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Smoke:
    home = tmp_path_factory.mktemp("smoke")
    (home / "data").mkdir()
    said = run(home)
    python("-m", "report", "--out", home / "out")
    runs = pd.read_csv(home / "out" / "runs.csv").fillna({"control": "", "reason": ""})
    return Smoke(home, said, runs)


def test_it_says_how_far_it_is_in_plain_lines(smoke):
    source, *lines = smoke.said.splitlines()
    assert source == "preset smoke on simulated data: 30 cells"
    steps = [int(line.split("/")[0]) for line in lines[:30]]
    assert steps == sorted(set(steps))
    planned = len(TUNED) * 12 + len(TRAINED) * 8 + 12 * 4
    assert {line.split()[0].split("/")[1] for line in lines[:30]} == {str(planned)}
    assert lines[30] == f"{planned} of {planned} planned runs are there"
    assert "\x1b" not in smoke.said


def test_data_were_simulated(smoke):
    files = ["train_100", "train_1000", "train_10000", "validation_1000", "test_10000"]
    written = sorted(path.stem for path in (smoke.home / "data").iterdir())
    assert written == sorted(f"leakage_dataset_{name}" for name in files)


def test_every_planned_row_is_there(smoke):
    assert set(EXPORTED.split()) <= set(smoke.runs.columns)
    assert smoke.runs["run"].is_unique
    # 6 trials of 2 starts; 2 starts on draw 0, one of which wins, and 3 draws of 2 starts.
    count = smoke.trained.value_counts([*CELL, "role"]).to_dict()
    expected = {(*cell, role): n for cell in TRAINED for role, n in (("winner", 1), ("draw", 7))}
    assert count == expected | {(*cell, "trial"): 12 for cell in TUNED}
    fitted = smoke.runs[smoke.runs["role"] == "baseline"]
    cells = fitted.groupby(CELL)["draw"].apply(sorted)
    assert sorted(name for name, *_ in cells.index) == sorted(2 * FITTED)
    assert cells.tolist() == [[0, 1, 2, 3]] * 12


def test_corrected_runs_carry_the_offset_that_was_found(smoke):
    offsets = smoke.runs.groupby("corrected")["fault_offset"]
    assert offsets.count()[False] == 0
    corrected = smoke.runs[smoke.runs["corrected"]]
    assert (corrected["fault_sensor"] == 4).all()
    assert corrected["fault_offset"].between(0.04, 0.06).all()
    assert (np.abs(corrected["fault_offset"] - 0.05) < 4 * corrected["fault_error"]).all()


def test_no_run_is_lost_in_silence(smoke):
    fine = smoke.runs["status"] == "ok"
    for _, draw in smoke.runs[smoke.runs["role"] != "trial"].groupby([*CELL, "draw"]):
        assert (draw["status"] == "ok").any()
    assert smoke.runs.loc[~fine, "reason"].str.len().gt(0).all()
    scores = [name for name in EXPORTED.split() if name.startswith("validation_")]
    assert np.isfinite(smoke.runs.loc[fine, scores]).all(axis=None)
    scored = fine & (smoke.runs["role"] != "trial")
    tests = [name for name in EXPORTED.split() if name.startswith("test_")]
    assert np.isfinite(smoke.runs.loc[scored, tests]).all(axis=None)
    assert smoke.runs.loc[smoke.runs["role"] == "trial", tests].isna().all(axis=None)


def test_every_tuned_cell_has_the_same_budget_of_steps(smoke):
    tuned = smoke.trained[smoke.trained["role"] == "trial"]
    (budget,) = {tuple(sorted(runs["budget"])) for _, runs in tuned.groupby(CELL)}
    assert budget[-1] == 1000
    runs = smoke.trained
    longer = np.where(runs["control"] == "matched_epochs", 8, 1)
    assert (runs["steps"] <= longer * runs["budget"]).all()
    assert (runs["steps"] > runs["budget"]).any()
    at_a_gap = runs["best_step"] % 10 == 0
    assert (at_a_gap | (runs["best_step"] == runs["steps"])).all()


def test_winners_learnt_and_keep_their_symmetry(smoke):
    winners = smoke.winners
    wrong = winners.loc["wrong_group"]
    right = winners.drop("wrong_group")
    assert (right["validation_mse"] < 0.05).all()  # 0.33 for the zero predictor
    assert (right["test_mse"] < 0.05).all()
    assert (right["output_spread"] > 0.3).all()
    assert (wrong["test_mse"] > 0.05).all()
    equivariant = winners.loc[["equivariant", "equivariant_wide"]]
    assert (equivariant["equivariance_error"] < 1e-5).all()
    assert (winners.loc[["standard", "wrong_group"], "equivariance_error"] > 1e-3).all()
    narrow = winners.loc["equivariant"]
    np.testing.assert_array_equal(narrow["parameters"], 3 * narrow["depth"] + 1)


def test_to_undo_the_fault_helps_every_model(smoke):
    errors = smoke.winners["test_mse"].unstack("corrected").drop("wrong_group")
    assert (errors[True] < errors[False]).all()


def test_winners_are_the_best_of_their_starts(smoke):
    starts = smoke.trained[(smoke.trained["draw"] == 0) & (smoke.trained["role"] != "trial")]
    starts = starts[starts["status"] == "ok"]
    best = starts.groupby(CELL)["validation_mse"].min()
    pd.testing.assert_series_equal(smoke.winners["validation_mse"], best)


def test_saved_winners_predict_in_a_fresh_process_what_their_rows_say(smoke):
    found = json.loads(python("-c", PREDICT, smoke.home / "data", smoke.home / "models"))
    assert sorted(found) == sorted([*MODELS, *AVERAGED])
    for cell, row in smoke.winners.iterrows():
        model = found[file_name(*cell)]
        assert model["validation_mse"] == pytest.approx(row["validation_mse"], rel=1e-4)
        assert model["parameters"] == row["parameters"]
    for name in AVERAGED:
        cell = ("standard", False, 50, "corrected" in name, "")
        orbit_mse = smoke.winners.loc[cell]["orbit_mse"]
        assert found[name]["validation_mse"] == pytest.approx(orbit_mse, rel=1e-4)


@pytest.mark.parametrize("page", ["report.md", "report.html"])
def test_the_report_names_the_winners_and_their_errors(smoke, page):
    text = (smoke.home / "out" / page).read_text("utf-8")
    grid = smoke.winners.loc[["standard", "equivariant"]].query("control == ''")
    for cell, row in grid.iterrows():
        assert file_name(*cell) in text
        assert f"{row['validation_mse']:.4f}" in text
    assert "Which model worked best for each training size?" in text
    assert "Where did augmentation help?" in text


def test_a_second_run_trains_nothing_and_changes_nothing(smoke):
    kept = [*(smoke.home / "models").iterdir(), *(smoke.home / "data").iterdir()]
    kept += [smoke.home / "out" / "workers.log"]
    times = {path: path.stat().st_mtime_ns for path in kept}
    table = (smoke.home / "out" / "runs.csv").read_bytes()
    first, again = smoke.said.splitlines(), run(smoke.home).splitlines()
    assert again[:32] == [first[0], *first[31:62]]  # nothing between the source and the count
    assert {path: path.stat().st_mtime_ns for path in kept} == times
    assert (smoke.home / "out" / "runs.csv").read_bytes() == table
