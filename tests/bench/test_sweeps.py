"""A sweep's cell, trained: its rows, its steps and what they depend on."""

from dataclasses import replace

import numpy as np
import pytest

from bench.store import RUNS
from bench.tasks import Completed, SweepTask, carry_out
from study.sweep import Sweep, SweepCell

SWEEP = Sweep(
    name="small",
    sizes=(30,),
    learning_rates=(0.001, 0.01),
    depths=(2,),
    standard_widths=(4,),
    repeats=2,
    batch_size=32,
    epochs=6,
    patience=6,
    equivariant_stddev=0.2,
)
CELL = SweepCell("standard", 4, 2, augmented=False, m=30)


@pytest.fixture
def task(given, tmp_path) -> SweepTask:
    return SweepTask(CELL, SWEEP, given, tmp_path, rows={})


@pytest.fixture
def done(task) -> Completed:
    return carry_out(task)


def test_every_combination_has_its_row(done):
    found = [(row["learning_rate"], row["start"]) for row in done.rows]
    assert found == [(0.001, 0), (0.001, 1), (0.01, 0), (0.01, 1)]
    assert {row["role"] for row in done.rows} == {"sweep"}
    assert {(row["depth"], row["width"], row["augmented"]) for row in done.rows} == {(2, 4, False)}
    assert all(set(row) <= set(RUNS) for row in done.rows)
    assert all(np.isfinite([row["train_mse"], row["validation_mse"]]).all() for row in done.rows)


def test_epochs_count_the_rows_of_the_cell(task, done):
    augmented = carry_out(replace(task, cell=replace(CELL, augmented=True)))
    # By hand: 30 rows are 1 batch of 32, 240 copies are 8; six epochs each.
    assert {row["steps"] for row in done.rows} == {6}
    assert {row["steps"] for row in augmented.rows} == {48}


def test_rows_that_are_there_are_not_trained_again(task, done):
    kept = {row["run"]: row for row in done.rows[:3]}
    again = carry_out(replace(task, rows=kept))
    by_run = {row["run"]: row for row in again.rows}
    assert all(by_run[run] is row for run, row in kept.items())
    (fresh,) = (row for run, row in by_run.items() if run not in kept)
    timeless = {name: value for name, value in done.rows[3].items() if name != "seconds"}
    assert {name: value for name, value in fresh.items() if name != "seconds"} == timeless


def test_an_equivariant_network_scores_the_same_on_all_copies(task):
    cell = SweepCell("equivariant", 4, 2, augmented=False, m=30)
    for row in carry_out(replace(task, cell=cell)).rows:
        assert row["test_augmented_mse"] == pytest.approx(row["test_mse"], rel=1e-5)
