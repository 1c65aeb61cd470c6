"""Baselines leave rows like those of networks, one for each draw."""

from dataclasses import replace

import numpy as np
import pytest

from bench import baselines
from bench.store import RUNS
from bench.tasks import BaselineTask, Completed, carry_out
from study import forward
from study.data import draw
from study.grid import BASELINES, Cell

CELL = Cell("least_squares", augmented=False, m=30)
SCORES = ["validation_mse", "validation_mae", "test_mse", "test_distance_mm"]


@pytest.fixture
def task(preset, given, tmp_path) -> BaselineTask:
    return BaselineTask(CELL, preset, given, tmp_path, rows={})


def by_draw(done: Completed) -> dict[int, dict]:
    return {row["draw"]: row for row in done.rows}


def test_every_draw_has_its_row(task):
    done = carry_out(task)
    assert sorted(by_draw(done)) == [0, 1, 2]
    for row in done.rows:
        assert set(row) <= set(RUNS)
        assert (row["role"], row["status"], row["parameters"]) == ("baseline", "ok", 8)
        assert np.isfinite([row[name] for name in SCORES]).all()
    assert len({row["test_mse"] for row in done.rows}) == 3
    assert replace(task, rows={row["run"]: row for row in done.rows}).complete


def test_the_scores_are_those_of_the_least_squares_of_the_draw(task, given):
    X, Y = draw(given, 30, 2)
    W = np.linalg.solve(X.T @ X, X.T @ Y)
    expected = np.mean((given.test.X @ W - given.test.Y) ** 2)
    assert by_draw(carry_out(task))[2]["test_mse"] == pytest.approx(expected, rel=1e-9)


def test_rows_that_are_there_stay(task):
    done = carry_out(task)
    kept = {row["run"]: {**row, "seconds": -1.0} for row in done.rows[1:]}
    again = carry_out(replace(task, rows=kept))
    assert sorted(row["seconds"] < 0 for row in again.rows) == [False, True, True]


@pytest.mark.parametrize(("name", "augmented"), BASELINES)
def test_every_baseline_can_be_fitted(task, name, augmented):
    cell = Cell(name, augmented, 30, corrected=True)
    done = carry_out(replace(task, cell=cell))
    errors = [row["validation_mse"] for row in done.rows]
    assert len(errors) == 3
    assert max(errors) < (0.5 if name == "zero" else 0.1)
    assert {row["fault_sensor"] for row in done.rows} == {4}


def test_a_correction_helps_what_inverts_the_forward_model(task):
    cell = replace(CELL, architecture="inverse_model", m=60)
    faulty, corrected = (
        carry_out(replace(task, cell=replace(cell, corrected=one))) for one in (False, True)
    )
    errors = [np.mean([row["test_mse"] for row in done.rows]) for done in (faulty, corrected)]
    assert errors[1] < errors[0]
    assert {row["parameters"] for row in corrected.rows} == {forward.PARAMETERS}


def test_a_gaussian_process_is_tuned_once_on_draw_0(task, monkeypatch):
    tuned, tune = [], baselines.baselines.tune
    monkeypatch.setattr(
        baselines.baselines, "tune", lambda samples: tuned.append(samples) or tune(samples)
    )
    carry_out(replace(task, cell=Cell("gaussian_process", augmented=True, m=30)))
    (samples,) = tuned
    np.testing.assert_array_equal(samples.X, draw(task.data, 30, 0).X)
