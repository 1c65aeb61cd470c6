"""The whole way once: simulated data, eight cells trained, the report, and nothing done twice."""

import json
import os
import re
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
CELL = ["architecture", "augmented", "m"]
CELLS = list(product(("standard", "equivariant"), (False, True), (50, 100)))
MODELS = sorted(
    f"model_{architecture}_{m}{'_augmented' * augmented}.h5" for architecture, augmented, m in CELLS
)
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
    return Smoke(home, said, pd.read_csv(home / "out" / "runs.csv"))


def test_it_says_how_far_it_is_in_plain_lines(smoke):
    source, *lines = smoke.said.splitlines()
    assert source == "preset smoke on simulated data: 8 cells"
    assert [line.split()[0] for line in lines[:8]] == [f"{17 * n}/136" for n in range(1, 9)]
    assert lines[8] == "136 of 136 planned runs are there"
    assert [line.split(": ")[1] for line in lines[9:17]] == ["complete"] * 8
    assert "\x1b" not in smoke.said


def test_data_were_simulated(smoke):
    files = ["train_100", "train_1000", "train_10000", "validation_1000", "test_10000"]
    written = sorted(path.stem for path in (smoke.home / "data").iterdir())
    assert written == sorted(f"leakage_dataset_{name}" for name in files)


def test_every_planned_row_is_there(smoke):
    assert set(EXPORTED.split()) <= set(smoke.runs.columns)
    assert smoke.runs["run"].is_unique
    # 6 trials of 2 starts; 2 starts on draw 0, one of which wins, and 3 draws of one start.
    count = smoke.runs.value_counts([*CELL, "role"]).to_dict()
    roles = {"trial": 12, "winner": 1, "draw": 4}
    assert count == {(*cell, role): number for cell in CELLS for role, number in roles.items()}
    for _, cell in smoke.runs[smoke.runs["role"] != "trial"].groupby(CELL):
        starts = sorted(zip(cell["draw"], cell["start"], strict=True))
        assert starts == [(0, 0), (0, 1), (1, 0), (2, 0), (3, 0)]


def test_no_run_is_lost_in_silence(smoke):
    fine = smoke.runs["status"] == "ok"
    assert fine[smoke.runs["role"] != "trial"].all()
    assert smoke.runs.loc[~fine, "reason"].str.len().gt(0).all()
    scores = [name for name in EXPORTED.split() if re.match("validation_|test_", name)]
    assert np.isfinite(smoke.runs.loc[fine, scores]).all(axis=None)


def test_every_cell_has_the_same_budget_of_steps(smoke):
    budgets = {tuple(sorted(runs["budget"])) for _, runs in smoke.runs.groupby(CELL)}
    (budget,) = budgets
    assert budget[-1] == 1000
    epoch = np.ceil(smoke.runs["m"] / smoke.runs["batch_size"])  # steps, raw or augmented
    np.testing.assert_array_equal(smoke.runs["steps"], smoke.runs["epochs"] * epoch)
    between_validations = epoch * np.ceil(10 / epoch)
    assert (smoke.runs["steps"] < smoke.runs["budget"] + between_validations).all()


def test_winners_learnt_and_keep_their_symmetry(smoke):
    winners = smoke.winners
    assert (winners["validation_mse"] < 0.05).all()  # 0.33 for the zero predictor
    assert (winners["test_mse"] < 0.05).all()
    assert (winners["output_spread"] > 0.3).all()
    assert (winners.loc["equivariant", "equivariance_error"] < 1e-5).all()
    assert (winners.loc["standard", "equivariance_error"] > 1e-3).all()
    equivariant = winners.loc["equivariant"]
    np.testing.assert_array_equal(equivariant["parameters"], 3 * equivariant["depth"] + 1)


def test_winners_are_the_best_of_their_starts(smoke):
    starts = smoke.runs[(smoke.runs["draw"] == 0) & (smoke.runs["role"] != "trial")]
    best = starts.groupby(CELL)["validation_mse"].min()
    pd.testing.assert_series_equal(smoke.winners["validation_mse"], best)


def test_saved_winners_predict_in_a_fresh_process_what_their_rows_say(smoke):
    found = json.loads(python("-c", PREDICT, smoke.home / "data", smoke.home / "models"))
    assert sorted(found) == MODELS
    for (architecture, augmented, m), row in smoke.winners.iterrows():
        model = found[f"model_{architecture}_{m}{'_augmented' * augmented}.h5"]
        assert model["validation_mse"] == pytest.approx(row["validation_mse"], rel=1e-4)
        assert model["parameters"] == row["parameters"]
        assert min(model["spread"]) > 0.3


@pytest.mark.parametrize("page", ["report.md", "report.html"])
def test_the_report_names_the_winners_and_their_errors(smoke, page):
    text = (smoke.home / "out" / page).read_text("utf-8")
    for model in MODELS:
        assert model in text
    for error in smoke.winners["validation_mse"]:
        assert f"{error:.4f}" in text
    assert "Which model worked best for each training size?" in text
    assert "Where did augmentation help?" in text


def test_a_second_run_trains_nothing_and_changes_nothing(smoke):
    kept = [*(smoke.home / "models").iterdir(), *(smoke.home / "data").iterdir()]
    kept += [smoke.home / "out" / "workers.log"]
    times = {path: path.stat().st_mtime_ns for path in kept}
    table = (smoke.home / "out" / "runs.csv").read_bytes()
    first, again = smoke.said.splitlines(), run(smoke.home).splitlines()
    assert again[:10] == [first[0], *first[9:18]]  # nothing between the source and the count
    assert {path: path.stat().st_mtime_ns for path in kept} == times
    assert (smoke.home / "out" / "runs.csv").read_bytes() == table
