"""The grid: which trainings it has, and which of them are next, by hand."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from study.conditions import LUCK
from study.design import Cell, Drawing, Request, winners
from study.grid import Grid, Tuning, short
from study.presets import PRESETS, load_preset
from study.space import NONE
from tests.study.made_up import GRID, RAW, carried_out, proposals, trainings

FILES = (100, 1000, 30000)  # rows of training files


def of(design: Grid, **names):
    """The trainings whose cell, or request, has these names, in the order of their requests."""
    found = trainings(design)
    return [
        found[one]
        for one in sorted(found)
        if all(getattr(one, k, getattr(one.cell, k, None)) == v for k, v in names.items())
    ]


# Cells and repetitions


def test_the_cells_by_hand():
    tiny = replace(GRID, conditions=(), sizes=(30, 60), corrections=(False, True))
    assert [(c.m, c.corrected, c.architecture, c.augmented, c.condition) for c in tiny.cells()] == [
        (m, corrected, architecture, augmented, "")
        for m, corrected in [(30, False), (30, True), (60, False), (60, True)]
        for architecture, augmented in [
            ("standard", False),
            ("standard", True),
            ("equivariant", False),
            ("equivariant", True),
        ]
    ]


def test_the_correction_is_a_factor_beside_the_others():
    for corrections in ((False,), (True,)):
        cells = list(replace(GRID, corrections=corrections).cells())
        assert {cell.corrected for cell in cells} == set(corrections)
        assert len(cells) == 8 + 4


def test_the_cells_of_conditions_by_hand():
    assert [
        (c.condition, c.architecture, c.augmented, c.m) for c in GRID.cells() if c.condition
    ] == [
        ("wrong_symmetry", "wrong_group", False, 25),
        ("identity", "equivariant", True, 25),
        ("matched_epochs", "standard", True, 25),
        ("matched_epochs", "equivariant", True, 25),
    ]


@pytest.mark.parametrize("left_out", GRID.conditions)
def test_a_condition_that_is_not_named_is_left_out(left_out):
    fewer = replace(GRID, conditions=tuple(name for name in GRID.conditions if name != left_out))
    assert set(GRID.cells()) - set(fewer.cells()) == {
        cell for cell in GRID.cells() if cell.condition == left_out
    }


def test_repetition_0_is_there_at_the_sizes_of_the_exercise_alone():
    found = {
        (cell.m, cell.condition != ""): list(GRID.repetitions_of(cell)) for cell in GRID.cells()
    }
    assert found == {(25, False): [1, 2], (25, True): [1], (100, False): [0, 1, 2]}
    beside = replace(GRID, condition_sizes=(100,))
    assert list(beside.repetitions_of(replace(RAW, m=100, condition="identity"))) == [1]
    exercise = replace(GRID, repetitions=0, conditions=())
    assert {request.repetition for request in exercise.names()} == {0}
    assert {request.cell.m for request in exercise.names()} == {100}


# Requests


SMALL = replace(GRID, conditions=("several_channels", "small_validation", "baselines", "first_3"))
PRESETS_OF_GRIDS = sorted({path.stem for path in PRESETS.glob("*.toml")} - {"published"})
DESIGNS = {name: load_preset(name).on(FILES) for name in PRESETS_OF_GRIDS}
DESIGNS |= {"tiny": GRID, "with conditions": SMALL}


def fewer(design: Grid) -> Grid:
    """The design with two sizes and two repetitions at most."""
    sizes = tuple(sorted({design.sizes[-1], *design.condition_sizes[:1]}))
    return replace(
        design,
        sizes=sizes,
        exercise_sizes=tuple(m for m in design.exercise_sizes if m in sizes),
        repetitions=min(design.repetitions, 2),
        condition_sizes=design.condition_sizes[:1],
        condition_repetitions=min(design.condition_repetitions, 1),
    )


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_every_request_is_named_once_and_carried_out_once(design):
    names = list(fewer(design).names())
    waves, records = carried_out(fewer(design))
    assert len(names) == len(set(names)) > 0
    assert Counter(one.request for wave in waves for one in wave) == Counter(names)
    assert set(records) == set(names)


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


def test_the_default_study_is_counted_by_hand():
    """24 x 2 cells of 30 repetitions; 8 x 2 of repetition 0; two sizes of conditions."""
    stages = Counter(
        (request.cell.condition, request.stage)
        for request in load_preset("default").on(FILES).names()
    )
    assert stages == {
        ("", "proposal"): 48 * 30 * 27 + 16 * 81,
        ("", "full"): 48 * 30 * 3 + 16 * 9,
        ("", "start"): 16 * 8,
        ("wrong_symmetry", "full"): 4 * 12,
        ("identity", "full"): 4 * 12,
        ("matched_epochs", "full"): 4 * 12 * 2,
        ("several_channels", "proposal"): 4 * 12 * 27,
        ("several_channels", "full"): 4 * 12 * 3,
        ("small_validation", "proposal"): 2 * 12 * 4 * 27,  # at m = 100 alone
        ("small_validation", "full"): 2 * 12 * 4 * 3,
        ("baselines", "fitted"): 4 * 12 * 6,
    }


def test_a_study_takes_three_waves():
    waves, _ = carried_out(GRID)
    assert [{one.request.stage for one in wave} for wave in waves] == [
        {"proposal"},
        {"full"},
        {"full", "start"},  # the controls are full trainings
    ]


def test_nothing_is_asked_for_before_its_hyperparameters_are_drawn():
    asked = []

    def later(drawing, n):
        asked.append((drawing, n))

    fitted = replace(GRID, conditions=("baselines",))
    assert {one.request.stage for one in fitted.ready({}, later)} == {"fitted"}
    assert set(asked) == {
        (Drawing(architecture, repetition), 4 if repetition else 5)
        for architecture, repetition in product(GRID.architectures, (0, 1, 2))
    }


# Tuning


def test_proposals_are_short_and_at_a_constant_rate_the_others_complete():
    for one in trainings(GRID).values():
        longer = 8 if one.request.cell.condition == "matched_epochs" else 1
        proposal = one.request.stage == "proposal"
        expected = (100, "constant") if proposal else (longer * 900, "cosine")
        assert (one.protocol.steps, one.protocol.schedule) == expected
        assert (one.protocol.gap, one.protocol.patience) == (50, None)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (900, 100),
        (10000, 1100),
        (20000, 2200),
        (600, 50),
        (90, 50),
        (1, 50),
        (450, 50),
        (5000, 550),
    ],
)
def test_a_proposal_takes_a_ninth_in_whole_validations(steps, expected):
    assert short(steps) == expected


@pytest.mark.parametrize("steps", range(1, 30000, 613))
def test_a_ninth_is_a_multiple_of_50_within_25_of_it(steps):
    assert short(steps) % 50 == 0
    assert abs(short(steps) - steps / 9) <= 25 or short(steps) == 50


def test_proposal_number_k_is_number_k_of_its_repetitions_list():
    found = of(GRID, stage="proposal", m=25, augmented=True, architecture="standard", repetition=2)
    drawn = proposals(Drawing("standard", 2), 4)
    assert [(one.request.rank, one.proposal) for one in found] == [(k, k) for k in range(4)]
    assert [one.hyperparameters for one in found] == drawn


def test_the_best_proposals_are_trained_in_full_the_best_first():
    full = [one for one in carried_out(GRID)[0][1] if one.request.cell == RAW]
    mine = sorted((one.request.repetition, one.request.rank, one.proposal) for one in full)
    assert mine == [(1, 0, 3), (1, 1, 2), (2, 0, 3), (2, 1, 2)]
    for one in full:
        drawn = proposals(Drawing("equivariant", one.request.repetition), 4)
        assert one.hyperparameters == drawn[one.proposal]


def test_another_error_chooses_otherwise():
    """The made up mae is best where the mse is worst."""
    by_mae = carried_out(replace(GRID, choose_by="mae"))[0][1]
    mine = sorted(
        (o.request.repetition, o.request.rank, o.proposal) for o in by_mae if o.request.cell == RAW
    )
    assert mine == [(1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 1, 1)]


def test_of_equal_proposals_the_first_is_taken():
    full = [one for one in carried_out(GRID, lambda _: 0.5)[0][1] if one.request.cell == RAW]
    assert {(one.request.rank, one.proposal) for one in full} == {(0, 0), (1, 1)}


def test_a_proposal_that_failed_is_taken_last():
    def errors(one):
        failed = one.request.stage == "proposal" and one.proposal == 3
        return None if failed else 1 / (1 + one.proposal)

    full = [one for one in carried_out(GRID, errors)[0][1] if one.request.cell == RAW]
    assert {(one.request.rank, one.proposal) for one in full} == {(0, 2), (1, 1)}


def test_where_too_few_are_sound_those_that_failed_are_trained_too():
    def errors(one):
        return 0.5 if one.request.stage == "proposal" and one.proposal == 2 else None

    full = [one for one in carried_out(GRID, errors)[0][1] if one.request.cell == RAW]
    assert {(one.request.rank, one.proposal) for one in full} == {(0, 2), (1, 0)}


def test_further_starts_take_the_best_full_trainings_hyperparameters():
    def errors(one):
        best = (one.request.stage, one.proposal) == ("full", 2)
        return 0.001 if best else 1 / (1 + one.proposal)

    cell = replace(RAW, m=100)
    waves, records = carried_out(GRID, errors)
    starts = [one for one in waves[2] if one.request.stage == "start" and one.request.cell == cell]
    assert [(one.request.rank, one.proposal) for one in starts] == [(0, 2), (1, 2)]
    assert starts[0].hyperparameters == proposals(Drawing("equivariant", 0), 5)[2]
    assert winners(records, "mse")[cell, 0].validation_mse == 0.001


def test_a_further_start_may_win():
    def errors(one):
        best = (one.request.stage, one.request.rank) == ("start", 1)
        return 0.001 if best else 1 / (1 + one.proposal)

    cell = replace(RAW, m=100)
    winner = winners(carried_out(GRID, errors)[1], "mse")[cell, 0]
    assert (winner.stage, winner.rank) == ("start", 1)


# Conditions


def test_controls_take_over_the_hyperparameters_of_the_cell_that_they_vary():
    wrong, identity = (of(GRID, condition=name)[0] for name in ("wrong_symmetry", "identity"))
    assert wrong.request.cell == replace(
        RAW, architecture="wrong_group", condition="wrong_symmetry"
    )
    assert identity.request.cell == replace(RAW, augmented=True, condition="identity")
    for one in (wrong, identity):
        assert one.hyperparameters == proposals(Drawing("equivariant", 1), 4)[3]
        assert one.stream == ("equivariant", 1, 3, 0)


@pytest.mark.parametrize("corrected", [False, True])
def test_controls_follow_the_model_that_is_named_and_its_correction(corrected):
    """Every cell has a best proposal of its own here; that tells whom a control follows."""

    def errors(one):
        cell = one.request.cell
        mine = 2 * (cell.architecture == "equivariant") + cell.augmented
        return 0.1 if one.proposal == (mine + cell.corrected) % 4 else 0.5

    waves, _ = carried_out(replace(GRID, corrections=(False, True)), errors)
    followed = {
        (one.request.cell.condition, one.request.cell.architecture): one.proposal
        for one in waves[2]
        if one.request.cell.condition and one.request.cell.corrected == corrected
    }
    assert followed == {
        ("wrong_symmetry", "wrong_group"): (2 + corrected) % 4,  # the equivariant raw one
        ("identity", "equivariant"): (2 + corrected) % 4,
        ("matched_epochs", "standard"): (1 + corrected) % 4,  # its own augmented one
        ("matched_epochs", "equivariant"): (3 + corrected) % 4,
    }


def test_matched_epochs_are_eight_times_the_steps():
    found = of(GRID, condition="matched_epochs")
    assert [one.protocol.steps for one in found] == [7200, 7200]
    assert all(one.request.cell.augmented for one in found)


def test_baselines_are_fitted_once_to_every_repetition():
    design = replace(GRID, conditions=("baselines",), condition_repetitions=2)
    found = of(design, condition="baselines")
    assert len(found) == 6 * 2
    assert {one.request.repetition for one in found} == {1, 2}
    assert {one.request.stage for one in found} == {"fitted"}
    assert {one.hyperparameters for one in found} == {NONE}
    assert {(one.proposal, one.protocol.steps) for one in found} == {(0, 0)}
    cells = {one.request.cell for one in found}
    assert (
        replace(RAW, architecture="gaussian_process", augmented=True, condition="baselines")
        in cells
    )
    assert len(cells) == 6


def test_a_tuned_condition_has_proposals_finalists_and_no_repetition_0():
    found = of(replace(GRID, conditions=("several_channels",)), condition="several_channels")
    cell = Cell(25, True, "equivariant_wide", False, "several_channels")
    assert [one.request for one in found] == [
        *(Request(cell, 1, "full", rank) for rank in range(2)),
        *(Request(cell, 1, "proposal", rank) for rank in range(4)),
    ]
    drawn = proposals(Drawing("equivariant_wide", 1), 4)
    assert [one.hyperparameters for one in found] == [drawn[3], drawn[2], *drawn]


def test_a_small_validation_has_as_many_rows_as_the_training():
    design = replace(GRID, conditions=("small_validation",), condition_sizes=(25, 100))
    for one in trainings(design).values():
        cell = one.request.cell
        assert one.protocol.validation_rows == (cell.m if cell.condition else 1000)
    for one in trainings(replace(GRID, validation_rows="m")).values():
        assert one.protocol.validation_rows == one.request.cell.m
    for one in trainings(replace(GRID, validation_rows=70)).values():
        assert one.protocol.validation_rows == 70


def test_a_smaller_budget_chooses_among_the_first_proposals_of_the_grid():
    """first_3 trains no proposals; of the grid's first three it trains the best in full."""
    design = replace(GRID, conditions=("first_3",))
    found = of(design, condition="first_3")
    assert {(one.request.stage, one.request.rank) for one in found} == {("full", 0)}
    assert len(found) == 4
    for one in found:
        cell = one.request.cell
        assert one.proposal == 2
        assert one.hyperparameters == proposals(Drawing(cell.architecture, 1), 4)[2]
        assert one.stream == (cell.architecture, 1, 2, 0)
        assert one.protocol.steps == 900


def test_budgets_have_a_finalist_for_nine_proposals():
    budget = load_preset("budget").on(())
    finalists = {
        name: {r.rank for r in budget.names() if (r.cell.condition, r.stage) == (name, "full")}
        for name in ("", *budget.conditions)
    }
    assert {name: len(ranks) for name, ranks in finalists.items()} == {
        "": 9,
        "first_3": 1,
        "first_9": 1,
        "first_27": 3,
        "quarter_steps": 3,
        "half_steps": 3,
        "double_steps": 3,
    }


@pytest.mark.parametrize(
    ("name", "steps", "brief"),
    [("quarter_steps", 225, 50), ("half_steps", 450, 50), ("double_steps", 1800, 200)],
)
def test_other_steps_tune_27_proposals_with_ninths_of_them(name, steps, brief):
    found = of(replace(GRID, conditions=(name,)), condition=name)
    found = [one for one in found if one.request.cell == replace(RAW, condition=name)]
    assert Counter((o.request.stage, o.protocol.steps, o.protocol.schedule) for o in found) == {
        ("proposal", brief, "constant"): 27,
        ("full", steps, "cosine"): 3,
    }
    drawn = proposals(Drawing("equivariant", 1), 27)
    assert [o.hyperparameters for o in found if o.request.stage == "proposal"] == drawn


@pytest.mark.parametrize("luck", LUCK)
def test_a_condition_draws_one_source_of_luck_anew(luck):
    """All else of its trainings is that of the grid's: hyperparameters, streams and protocol."""
    conditions = (f"{luck}_1", f"{luck}_2")
    found = trainings(replace(GRID, conditions=conditions))
    for draw, condition in enumerate(conditions, start=1):
        mine = [one for request, one in found.items() if request.cell.condition == condition]
        assert len(mine) == 4 * (4 + 2)
        for one in mine:
            cell = replace(one.request.cell, condition="")
            grid = found[replace(one.request, cell=cell)]
            drawing = Drawing(cell.architecture, 1, draw if luck == "proposals" else 0)
            assert one.hyperparameters == proposals(drawing, 4)[one.proposal]
            assert (one.stream, one.protocol) == (grid.stream, grid.protocol)
            assert {name: one.draw(name) for name in LUCK} == {
                name: draw if name == luck else 0 for name in LUCK
            }
            assert {grid.draw(name) for name in LUCK} == {0}


def test_the_variance_study_draws_each_of_four_sources_eight_times():
    names = load_preset("variance").design.conditions
    assert names == tuple(f"{luck}_{draw}" for luck in LUCK for draw in range(1, 9))


def test_tuning_by_hand():
    assert GRID.tuning_of(RAW, 1) == Tuning(4, 2)
    assert GRID.tuning_of(RAW, 0) == Tuning(5, 3, 2)
    assert GRID.tuning_of(replace(RAW, condition="first_9"), 1) == Tuning(9, 1)
    assert GRID.tuning_of(replace(RAW, condition="first_27"), 1) == Tuning(27, 3)
    assert GRID.tuning_of(replace(RAW, condition="weights_3"), 1) == Tuning(4, 2)
