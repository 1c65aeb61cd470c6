from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from bench import cells, tasks, tune
from bench.evaluate import DIAGONALS, errors
from bench.tasks import Completed, GridTask, Row
from study import lanes
from study.grid import CONTROLS, Cell, draw_runs, trial_runs

CELL = Cell("equivariant", augmented=True, m=30)

pytestmark = pytest.mark.usefixtures("narrow")


@pytest.fixture
def task(preset, given, tmp_path) -> GridTask:
    return GridTask(CELL, preset, given, tmp_path / "models", rows={})


@pytest.fixture
def done(task) -> Completed:
    return cells.complete(task)


def by_key(rows: Iterable[Row]) -> dict[str, Row]:
    """Rows by their run, without the time they took."""
    return {row["run"]: {**row, "seconds": None} for row in rows}


def without(done: Completed, *keys: str) -> dict[str, Row]:
    """The rows of a completed cell but these."""
    return {row["run"]: row for row in done.rows if row["run"] not in keys}


def winner(rows: Iterable[Row]) -> Row:
    (one,) = (row for row in rows if row["role"] == "winner")
    return one


def file_of(task: GridTask) -> Path:
    """Where the winner of the task's own cell is saved."""
    return task.files(task.cell)[0]


# A cell from nothing


def test_a_cell_has_a_row_for_every_planned_run(task, done):
    keys = [task.key(run) for run in task.planned]
    assert sorted(row["run"] for row in done.rows) == sorted(keys)
    assert len(keys) == 6 * 2 + 3 + 2
    assert done.cell == CELL


def test_rows_have_the_role_draw_and_start_of_their_run(task, done):
    rows = by_key(done.rows)
    assert {rows[task.key(run)]["role"] for run in trial_runs(task.preset, CELL)} == {"trial"}
    for run in draw_runs(task.preset, CELL):
        row = rows[task.key(run)]
        assert row["role"] in ("draw", "winner")
        assert (row["draw"], row["start"]) == (run.number, run.start)


def test_the_winner_is_the_best_start_on_draw_0(done):
    starts = [row for row in done.rows if row["draw"] == 0 and row["trial"] is None]
    assert len(starts) == 3
    best = min(starts, key=lambda row: row["validation_mse"])
    assert winner(done.rows) == best
    assert {row["role"] for row in starts if row is not best} == {"draw"}


def test_draws_are_trained_with_what_the_trials_chose(task, done):
    trials = [row for row in done.rows if row["role"] == "trial"]
    best = tune.chosen(trials)
    for row in done.rows:
        if row["role"] != "trial":
            assert {name: row[name] for name in vars(best)} == vars(best)
            assert row["budget"] == task.preset.steps


def test_the_saved_network_is_the_winner(task, done, given):
    assert file_of(task).name == "model_equivariant_30_augmented.h5"
    assert [path.name for path in task.models.iterdir()] == [file_of(task).name]
    model, row = keras.models.load_model(file_of(task)), winner(done.rows)
    for role, samples in (("validation", given.validation), ("test", given.test)):
        found = errors(model(samples.X.astype(np.float32)).numpy(), samples.Y)
        named = {name: row[f"{role}_{name}"] for name in found}
        assert found == pytest.approx(named, rel=1e-6)
    assert model.count_params() == row["parameters"]


def test_the_diagonals_are_the_winners_predictions(task, done):
    model = keras.models.load_model(file_of(task))
    for name, flows in DIAGONALS.items():
        rows = [row for row in done.pictures["diagonals"] if row["diagonal"] == name]
        X = flows(np.array([row["share"] for row in rows]))
        found = [(row["y1"], row["y2"]) for row in rows]
        np.testing.assert_allclose(model(X.astype(np.float32)), found, rtol=0, atol=1e-6)
    kept = {(row["architecture"], row["augmented"], row["m"]) for row in done.pictures["diagonals"]}
    assert kept == {("equivariant", True, 30)}


def test_time_is_told_by_what_it_was_spent_on(done):
    assert set(done.seconds) >= {"training", "tuner", "scores"}
    assert min(done.seconds.values()) >= 0
    assert sum(done.seconds.values()) > 0


def test_two_sessions_are_equal_to_the_bit(task, done, tmp_path):
    again = cells.complete(replace(task, models=tmp_path / "again"))
    assert by_key(again.rows) == by_key(done.rows)
    assert again.pictures == done.pictures
    assert saved(replace(task, models=tmp_path / "again")) == saved(task)


def saved(task: GridTask) -> list[bytes]:
    return [part.tobytes() for part in keras.models.load_model(file_of(task)).get_weights()]


def test_the_map_has_every_test_row_in_one_field_of_the_board(task, done, given):
    board = done.pictures["maps"]
    assert sorted({(field["column"], field["row"]) for field in board}) == [*np.ndindex(8, 8)]
    assert sum(field["n"] for field in board) == len(given.test.X)
    total = sum(field["n"] * field["mse"] for field in board if field["n"])
    assert total / len(given.test.X) == pytest.approx(winner(done.rows)["test_mse"], rel=1e-6)
    assert {(field["run"], field["m"]) for field in board} == {(winner(done.rows)["run"], 30)}


# Followers


@pytest.fixture
def controlled(task, preset) -> GridTask:
    """The cell that two controls follow, at 360 steps."""
    more = replace(preset, controls=CONTROLS, control_sizes=(30,), steps=360)
    return replace(task, cell=Cell("equivariant", augmented=False, m=30), preset=more)


def test_followers_take_over_the_hyperparameters_and_are_saved(controlled):
    done = cells.complete(controlled)
    rows = [row for row in done.rows if row["role"] != "trial"]
    names = list(vars(tune.chosen([done.rows[0]])))
    assert len({tuple(row[name] for name in names) for row in rows}) == 1
    assert {row["architecture"] for row in done.rows if row["role"] == "trial"} == {"equivariant"}
    winners = {
        (row["architecture"], row["augmented"], row["control"]): row
        for row in rows
        if row["role"] == "winner"
    }
    assert set(winners) == {
        ("equivariant", False, ""),
        ("wrong_group", False, ""),
        ("equivariant", True, "identity_check"),
    }
    assert {path.name for path in controlled.models.iterdir()} == {
        "model_equivariant_30.h5",
        "model_wrong_group_30.h5",
        "model_equivariant_30_augmented_identity_check.h5",
    }
    assert winners["wrong_group", False, ""]["equivariance_error"] > 0.1
    assert winners["equivariant", True, "identity_check"]["equivariance_error"] < 1e-5
    again = replace(controlled, rows=without(done))
    assert again.complete
    (controlled.models / "model_wrong_group_30.h5").unlink()
    assert [path.name for path in again.unsaved] == ["model_wrong_group_30.h5"]


def test_matched_epochs_may_take_eight_times_the_steps(controlled):
    cell = Cell("standard", augmented=True, m=30)
    patient = replace(controlled.preset, patience=360)
    rows = cells.complete(replace(controlled, cell=cell, preset=patient)).rows
    steps = {
        control: {
            row["steps"] for row in rows if (row["role"], row["control"]) == ("draw", control)
        }
        for control in ("", "matched_epochs")
    }
    assert steps == {"": {360}, "matched_epochs": {8 * 360}}


def test_a_standard_winner_is_saved_averaged_over_the_symmetries_too(controlled, given):
    cell = Cell("standard", augmented=False, m=30)
    task = replace(controlled, cell=cell)
    row = winner(cells.complete(task).rows)
    names = ["model_standard_30.h5", "model_standard_30_orbit_average.h5"]
    assert [path.name for path in task.files(cell)] == names
    averaged = keras.models.load_model(task.files(cell)[1])
    for samples, score in ((given.validation, "orbit_mse"), (given.test, "test_orbit_mse")):
        predicted = averaged(samples.X.astype(np.float32)).numpy()
        assert errors(predicted, samples.Y)["mse"] == pytest.approx(row[score], rel=1e-5)


# What is there already


@pytest.mark.parametrize("lost", ["draw 0", "draws", "a trial", "trials", "half", "all draws"])
def test_what_is_missing_is_done_again_to_the_bit(task, done, monkeypatch, lost):
    trials = [task.key(run) for run in trial_runs(task.preset, CELL)]
    draws = [task.key(run) for run in draw_runs(task.preset, CELL)]
    keys = {
        "draw 0": draws[:1],
        "draws": draws[3:],
        "a trial": trials[4:5],
        "trials": trials,
        "half": trials[::2] + draws[::2],
        "all draws": draws,
    }[lost]
    resumed = cells.complete(replace(task, rows=without(done, *keys)))
    assert by_key(resumed.rows) == by_key(done.rows)
    assert resumed.pictures == done.pictures


def test_only_what_is_missing_is_trained(task, done, monkeypatch):
    trained, train = [], lanes.train

    def note(ties, batch, group, symmetries):
        trained.append(len(group))
        return train(ties, batch, group, symmetries)

    monkeypatch.setattr(lanes, "train", note)
    not_won = [row for row in done.rows if row["role"] == "draw"]
    rows = without(done, *[row["run"] for row in not_won])
    cells.complete(replace(task, rows=rows))
    assert trained == [4, 1]  # the other four draws, then the winner, whose weights are not here


def test_a_winner_whose_file_was_deleted_is_saved_again(task, done):
    before = saved(task)
    file_of(task).unlink()
    again = cells.complete(replace(task, rows=without(done)))
    assert saved(task) == before
    assert by_key(again.rows) == by_key(done.rows)


def test_a_study_with_more_starts_keeps_the_rows_there_are(task, done, preset):
    more = replace(task, preset=replace(preset, starts=6))
    grown = cells.complete(replace(more, rows=without(done)))
    assert by_key(grown.rows) == by_key(cells.complete(more).rows)


def test_a_better_start_that_is_added_becomes_the_winner(task, done, preset):
    known = {
        key: {**row, "validation_mse": 10.0} if row["role"] == "winner" else row
        for key, row in without(done).items()
    }
    lost = [row["run"] for row in done.rows if row["role"] == "draw" and row["draw"] == 0]
    grown = cells.complete(replace(task, rows={key: known[key] for key in {*known} - {*lost}}))
    assert winner(grown.rows)["run"] in lost
    assert by_key(grown.rows)[winner(done.rows)["run"]]["role"] == "draw"


# Failures


def test_runs_that_fail_do_not_win(task, monkeypatch):
    """The start with the best error is dead."""
    rows = cells.complete(task).rows
    dead = {**winner(rows), "status": "dead"}
    kept = {row["run"]: row for row in rows} | {dead["run"]: dead}
    again = cells.complete(replace(task, rows=kept))
    assert winner(again.rows)["run"] != dead["run"]
    sound = [row for row in rows if row["draw"] == 0 and row["trial"] is None]
    assert winner(again.rows)["validation_mse"] == sorted(row["validation_mse"] for row in sound)[1]


def test_a_cell_where_all_starts_fail_has_its_rows_and_no_winner(task, done):
    file_of(task).unlink()
    kept = {row["run"]: {**row, "role": "draw", "status": "dead"} for row in done.rows}
    failed = cells.complete(replace(task, rows=kept))
    assert not file_of(task).exists()
    assert failed.pictures == {"diagonals": [], "maps": []}
    assert len(failed.rows) == len(done.rows)
    assert "winner" not in {row["role"] for row in failed.rows}


# Tasks


def test_a_task_knows_what_is_missing(task, done):
    keys = [task.key(run) for run in task.planned]
    kept = without(done, keys[0], keys[-1])
    partly = replace(task, rows=kept)
    assert [task.key(run) for run in partly.missing] == [keys[0], keys[-1]]
    assert not partly.complete
    assert replace(task, rows=without(done)).complete
    assert task.missing == task.planned


def test_a_task_without_its_winners_file_is_not_complete(task, done):
    full = replace(task, rows=without(done))
    file_of(task).unlink()
    assert full.missing == []
    assert not full.complete


def test_a_task_completes_its_cell(task, done, tmp_path):
    again = tasks.carry_out(replace(task, models=tmp_path / "again"))
    assert by_key(again.rows) == by_key(done.rows)


@pytest.mark.parametrize("architecture", ["standard", "equivariant"])
@pytest.mark.parametrize("augmented", [False, True])
def test_every_cell_learns(task, architecture, augmented):
    """Each winner does better than the zero predictor, and only some are equivariant."""
    cell = Cell(architecture, augmented, 30)
    done = cells.complete(replace(task, cell=cell, preset=replace(task.preset, steps=360)))
    row = winner(done.rows)
    assert row["validation_mse"] < 0.1
    assert row["output_spread"] > 0.3
    assert (row["equivariance_error"] < 1e-5) == (architecture == "equivariant")
    assert row["parameters"] == (386 if architecture == "standard" else 7)
