"""Designs: which trainings a study has, and which of them are next, by hand."""

from collections import Counter
from dataclasses import asdict, replace

import pytest

from study.design import Cell, Grid, Request, Training, Tuning, short, winner
from study.space import Hyperparameters
from tests.study.test_records import SOUND

GRID = Grid(
    architectures=("standard", "equivariant"),
    corrections=(True,),
    sizes=(25, 100),
    repetitions=2,
    exercise_sizes=(100,),
    tuning=Tuning(proposals=4, finalists=2),
    exercise=Tuning(proposals=5, finalists=3, starts=2),
    steps=900,
    conditions=("wrong_symmetry", "identity", "matched_epochs"),
    condition_sizes=(25,),
    condition_repetitions=1,
)
RAW = Cell(m=25, corrected=True, architecture="equivariant", augmented=False)


def proposals(architecture, repetition, n):
    """Hyperparameters that tell whose they are by their learning rate."""
    first = {"standard": 1.0, "equivariant": 2.0}[architecture] + repetition / 10
    return [Hyperparameters(2, 4, "elu", 16, "adam", first + k / 1000, "mse") for k in range(n)]


def recorded(training: Training, error: float | None = None):
    """A record of the training; its error falls with the proposal's number."""
    cell, chosen = training.request.cell, training.hyperparameters
    failed = error is not None and error < 0
    return replace(
        SOUND,
        architecture=cell.architecture,
        repetition=training.request.repetition,
        stage=training.request.stage,
        rank=training.request.rank,
        proposal=training.proposal,
        **asdict(chosen),
        status="diverged" if failed else "sound",
        validation_mse=None
        if failed
        else (1 / (1 + training.proposal) if error is None else error),
    )


def carried_out(design: Grid, errors=lambda training: None):
    """All waves of a design, carried out; the waves and the records."""
    records, waves = {}, []
    while wave := design.ready(records, proposals):
        waves.append(wave)
        records |= {one.request: recorded(one, errors(one)) for one in wave}
    return waves, records


def test_every_request_is_named_once_and_carried_out_once():
    names = list(GRID.names())
    waves, records = carried_out(GRID)
    assert len(names) == len(set(names))
    assert set(records) == set(names)
    assert sum(map(len, waves)) == len(names)


def test_requests_are_counted_by_hand():
    """Eight cells of two repetitions with 4 + 2; four of repetition 0 with 5 + 3 + 2; controls."""
    stages = Counter((request.cell.condition, request.stage) for request in GRID.names())
    assert stages == {
        ("", "proposal"): 8 * 2 * 4 + 4 * 5,
        ("", "full"): 8 * 2 * 2 + 4 * 3,
        ("", "start"): 4 * 2,
        ("wrong_symmetry", "full"): 1,
        ("identity", "full"): 1,
        ("matched_epochs", "full"): 2,
    }


def test_a_study_takes_three_waves():
    waves, _ = carried_out(GRID)
    assert [{one.request.stage for one in wave} for wave in waves] == [
        {"proposal"},
        {"full"},
        {"full", "start"},  # the controls are full trainings
    ]


def test_proposals_are_short_and_at_a_constant_rate_the_others_complete():
    for wave in carried_out(GRID)[0]:
        for one in wave:
            longer = 8 if one.request.cell.condition == "matched_epochs" else 1
            proposal = one.request.stage == "proposal"
            expected = (100, "constant") if proposal else (longer * 900, "cosine")
            assert (one.steps, one.schedule) == expected


@pytest.mark.parametrize(("steps", "expected"), [(900, 100), (10000, 1100), (600, 50), (90, 50)])
def test_a_proposal_takes_a_ninth_in_whole_validations(steps, expected):
    assert short(steps) == expected


def test_the_best_proposals_are_trained_in_full_the_best_first():
    full = [one for one in carried_out(GRID)[0][1] if one.request.cell == RAW]
    mine = sorted((one.request.repetition, one.request.rank, one.proposal) for one in full)
    assert mine == [(1, 0, 3), (1, 1, 2), (2, 0, 3), (2, 1, 2)]


def test_a_proposal_that_failed_is_taken_last():
    def errors(one):
        return -1.0 if one.request.stage == "proposal" and one.proposal == 3 else None

    full = [one for one in carried_out(GRID, errors)[0][1] if one.request.cell == RAW]
    assert sorted({one.proposal for one in full}) == [1, 2]


def test_further_starts_take_the_best_full_trainings_hyperparameters():
    def errors(one):
        return 0.001 if (one.request.stage, one.proposal) == ("full", 2) else None

    cell = replace(RAW, m=100)
    waves, records = carried_out(GRID, errors)
    starts = [one for one in waves[2] if one.request.stage == "start" and one.request.cell == cell]
    assert [(one.request.rank, one.proposal) for one in starts] == [(0, 2), (1, 2)]
    assert starts[0].hyperparameters == proposals("equivariant", 0, 5)[2]
    assert winner(records, cell, 0).validation_mse == 0.001


def test_controls_take_over_the_hyperparameters_of_the_cell_that_they_vary():
    controls = {
        (one.request.cell.condition, one.request.cell.architecture): one
        for one in carried_out(GRID)[0][2]
        if one.request.cell.condition
    }
    wrong, identity = controls["wrong_symmetry", "equivariant"], controls["identity", "equivariant"]
    assert (wrong.architecture, wrong.copies) == ("wrong_group", False)
    assert (identity.architecture, identity.copies) == ("equivariant", True)
    for one in (wrong, identity):
        assert one.hyperparameters == proposals("equivariant", 1, 4)[3]
        assert one.stream == ("equivariant", 1, 3, 0)
    assert controls["matched_epochs", "standard"].copies


def test_cells_of_an_architecture_share_proposals_and_starting_weights_and_no_others_do():
    streams = {}
    for one in carried_out(GRID)[0][0]:
        streams.setdefault(one.stream, set()).add(one.request.cell)
    for (architecture, *_), cells in streams.items():
        assert {cell.architecture for cell in cells} == {architecture}
        assert {cell.augmented for cell in cells} == {False, True}


def test_further_starts_have_streams_of_their_own():
    waves, _ = carried_out(GRID)
    starts = [one for wave in waves for one in wave if one.request.cell == replace(RAW, m=100)]
    mine = [one.stream for one in starts if one.request.repetition == 0]
    full = [one for one in starts if one.request.stage == "full" and one.request.repetition == 0]
    assert len(set(mine)) == len(mine) - len(full)  # a full training begins as its proposal did


def test_what_failed_is_not_asked_for_and_what_depends_on_it_is_left_out():
    lost = Request(RAW, 1, "proposal", 2)
    records = {}
    while wave := GRID.ready(records, proposals, without={lost}):
        records |= {one.request: recorded(one) for one in wave}
    missing = set(GRID.names()) - set(records)
    assert lost in missing
    assert {request.repetition for request in missing} == {1}
    assert {request.cell.condition for request in missing} == {"", "wrong_symmetry", "identity"}
    assert {(r.cell.m, r.cell.architecture, r.cell.augmented) for r in missing} == {
        (25, "equivariant", False)
    }


def test_more_repetitions_sizes_or_controls_change_no_request_that_was_there():
    more = replace(GRID, repetitions=3, sizes=(25, 50, 100), condition_repetitions=2)
    assert set(GRID.names()) < set(more.names())
    _, before = carried_out(GRID)
    for one in more.ready(before, proposals):
        assert one.request not in before


def test_a_repetition_without_a_sound_training_has_no_winner():
    _, records = carried_out(GRID, lambda one: -1.0)
    assert winner(records, RAW, 1) is None
