from dataclasses import asdict, replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bench import train
from bench.store import RUNS
from bench.train import Job
from study import data, lanes, networks
from study.architectures import initial_weights
from study.grid import Cell, Run
from study.space import EQUIVARIANT_STDDEV, Hyperparameters

CHOSEN = Hyperparameters(2, 16, "elu", 16, "adam", 0.01, "mse")
NARROW = replace(CHOSEN, width=4)
STANDARD = Cell("standard", augmented=False, m=30)
CORRECTED = replace(STANDARD, corrected=True)
CELLS = [
    Cell(architecture, augmented, 30)
    for architecture in ("standard", "equivariant")
    for augmented in (False, True)
]


def job(run: Run, budget: int = 36, **changes) -> Job:
    chosen = CHOSEN if run.cell.architecture == "standard" else NARROW
    return Job(run, replace(chosen, **changes), budget)


@pytest.fixture
def seated(monkeypatch) -> list[lanes.Lane]:
    """The lanes that are asked for; none is trained."""
    asked: list[lanes.Lane] = []

    def note(ties, batch, group, symmetries):
        asked.extend(group)
        return [lanes.Trained("finished", lane.weights, 0.5, 1, 1, np.ones(1)) for lane in group]

    monkeypatch.setattr(lanes, "train", note)
    return asked


# Rows


def test_a_draws_row_has_every_column_of_the_store_but_the_key(preset, given):
    (outcome,) = train.train([job(Run(STANDARD, "draw", 2, 1))], preset, given, "loop")
    sweeps_only = {"train_mse", "test_augmented_mse"}
    of_corrected = {"fault_sensor", "fault_offset", "fault_error"}
    assert set(outcome.row) == set(RUNS) - {"run"} - sweeps_only - of_corrected
    (outcome,) = train.train([job(Run(CORRECTED, "draw", 2, 1))], preset, given, "loop")
    assert set(outcome.row) == set(RUNS) - {"run"} - sweeps_only


def test_a_row_names_its_run(preset, given):
    draw, trial = Run(STANDARD, "draw", 2, 1), Run(STANDARD, "trial", 5, 0)
    rows = [
        outcome.row for outcome in train.train([job(draw), job(trial, 12)], preset, given, "loop")
    ]
    names = ("role", "draw", "trial", "start", "budget", "seed")
    assert [[row[name] for name in names] for row in rows] == [
        ["draw", 2, None, 1, 36, draw.seed("weights")],
        ["trial", 0, 5, 0, 12, trial.seed("weights")],
    ]
    for row in rows:
        assert {name: row[name] for name in asdict(STANDARD)} == asdict(STANDARD)
        assert {name: row[name] for name in asdict(CHOSEN)} == asdict(CHOSEN)
        assert row["parameters"] == 386
        assert (row["status"], row["reason"]) == ("ok", "")
        assert row["seconds"] > 0


def test_a_row_counts_steps(preset, given):
    (outcome,) = train.train([job(Run(STANDARD, "draw", 0, 0), budget=21)], preset, given, "loop")
    assert outcome.row["steps"] == 21
    assert 1 <= outcome.row["best_step"] <= 21


def test_validation_comes_once_a_gap_and_at_the_end(preset, given):
    jobs = [job(Run(STANDARD, "draw", 0, start), learning_rate=0.03) for start in range(6)]
    rows = [
        outcome.row
        for outcome in train.train(jobs, replace(preset, validation_gap=5), given, "loop")
    ]
    assert {row["best_step"] % 5 for row in rows if row["best_step"] < 36} == {0}


def test_patience_is_told_in_steps(preset, given):
    """Learning far too fast, a run waits 7 steps, which are 4 gaps of 2, after its best one."""
    jobs = [job(Run(STANDARD, "draw", 0, start), 400, learning_rate=0.3) for start in range(4)]
    rows = [
        outcome.row for outcome in train.train(jobs, replace(preset, patience=7), given, "loop")
    ]
    assert [row["steps"] - row["best_step"] for row in rows] == [8] * 4
    assert max(row["steps"] for row in rows) < 400


def test_a_diverged_run_keeps_its_row_and_no_scores(preset, given):
    sgd = replace(preset, validation_gap=8)
    runs = [Run(STANDARD, "draw", 0, start) for start in range(2)]
    jobs = [job(runs[0], learning_rate=1e30, optimizer="sgd"), job(runs[1], optimizer="sgd")]
    diverged, sound = (outcome.row for outcome in train.train(jobs, sgd, given, "loop"))
    assert diverged["status"] == "diverged"
    assert diverged["reason"] == "its validation error was not finite at step 8"
    assert not [name for name in diverged if name.startswith(("validation", "test", "orbit"))]
    assert (diverged["steps"], diverged["parameters"]) == (8, 386)
    assert sound["status"] == "ok"
    assert sound["validation_mse"] < 1


def test_a_dead_run_is_called_dead(preset, given, monkeypatch):
    """All its weights are zero: its outputs do not depend on the flows."""
    run = Run(Cell("equivariant", augmented=False, m=30), "draw", 0, 0)
    dead = lanes.Trained("finished", np.zeros(7, np.float32), 0.33, 1, 1, np.ones(1))
    monkeypatch.setattr(lanes, "train", lambda *_: [dead])
    (outcome,) = train.train([job(run)], preset, given, "loop")
    assert outcome.row["status"] == "dead"
    assert outcome.row["reason"] == "its outputs spread by only 0"


def test_the_scores_are_those_of_the_weights(preset, given):
    (outcome,) = train.train([job(Run(STANDARD, "draw", 1, 0))], preset, given, "loop")
    model = networks.with_weights(job(Run(STANDARD, "draw", 1, 0)).shape, outcome.weights)
    for role, samples in (("validation", given.validation), ("test", given.test)):
        off = model(samples.X.astype(np.float32)).numpy() - samples.Y
        assert outcome.row[f"{role}_mse"] == pytest.approx(np.mean(off**2), rel=1e-6)
        assert outcome.row[f"{role}_mae"] == pytest.approx(np.mean(np.abs(off)), rel=1e-6)


# Jobs


def test_outcomes_stand_in_the_order_of_the_jobs(preset, given):
    """Whatever programs they need."""
    runs = [Run(STANDARD, "draw", 1, start) for start in range(4)]
    optimizers = ["sgd", "adam", "adam", "sgd"]
    jobs = [job(run, optimizer=name) for run, name in zip(runs, optimizers, strict=True)]
    outcomes = train.train(jobs, preset, given, "loop")
    assert [outcome.run for outcome in outcomes] == runs
    assert [outcome.row["optimizer"] for outcome in outcomes] == optimizers
    for one, outcome in zip(jobs, outcomes, strict=True):
        (alone,) = train.train([one], preset, given, "loop")
        assert {**alone.row, "seconds": 0} == {**outcome.row, "seconds": 0}
        assert alone.weights.tobytes() == outcome.weights.tobytes()


def test_no_jobs_are_no_outcomes(preset, given):
    assert train.train([], preset, given, "loop") == []


def test_augmented_cells_take_the_steps_of_raw_ones(preset, given):
    """Both networks, at equal budgets and more patience than steps."""
    for raw, augmented in (CELLS[:2], CELLS[2:]):
        rows = [
            train.train([job(Run(cell, "draw", 1, 0))], preset, given, "loop")[0].row
            for cell in (raw, augmented)
        ]
        assert [row["steps"] for row in rows] == [36, 36]


# Samples, weights and orders


@pytest.mark.parametrize("number", [0, 1, 2])
def test_all_cells_train_on_the_same_draw(preset, given, seated, number):
    for cell in CELLS:
        train.train([job(Run(cell, "draw", number, 0))], preset, given, "loop")
    X, Y = data.draw(given, 30, number)
    for cell, lane in zip(CELLS, seated, strict=True):
        assert_array_equal(lane.samples.X, X)
        assert_array_equal(lane.samples.Y, Y)
        assert lane.copies == cell.augmented


def test_every_start_of_a_draw_sees_the_same_samples_from_weights_of_its_own(preset, given, seated):
    train.train([job(Run(STANDARD, "draw", 1, start)) for start in range(3)], preset, given, "loop")
    assert len({lane.samples.X.tobytes() for lane in seated}) == 1
    assert len({lane.weights.tobytes() for lane in seated}) == 3
    assert len({lane.seed for lane in seated}) == 3


def test_trials_see_draw_0(preset, given, seated):
    train.train([job(Run(STANDARD, "trial", 4, 0))], preset, given, "loop")
    assert_array_equal(seated[0].samples.X, given.train[30].X)


def test_a_lane_starts_from_its_runs_seeds(preset, given, seated):
    run = Run(CELLS[2], "draw", 1, 1)
    train.train([job(run)], preset, given, "loop")
    rng = np.random.default_rng(run.seed("weights"))
    expected = initial_weights(job(run).shape, rng, EQUIVARIANT_STDDEV)
    assert_array_equal(seated[0].weights, expected)
    assert seated[0].seed == run.seed("order")


def test_a_draws_learning_rate_falls_at_the_end_a_trials_is_constant(preset, given, seated):
    for kind in ("draw", "trial"):
        train.train([job(Run(STANDARD, kind, 0, 0))], preset, given, "loop")
    assert [lane.schedule for lane in seated] == ["cosine", "constant"]
