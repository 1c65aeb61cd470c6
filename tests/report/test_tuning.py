"""What the tuning chose, and what luck and other budgets did, of made-up studies."""

from dataclasses import replace
from math import exp, log, sqrt

import pytest

from report import tuning
from report.findings import gather
from study.design import Cell
from study.space import Space
from tests.report.made_up import (
    ABOUT,
    STANDARD_RAW,
    budget,
    full,
    grid,
)


def test_shares_of_choices_mark_the_ends_of_the_space():
    about = replace(ABOUT, spaces=(("standard", Space(depth=(2, 3, 4), width=(16,))),))
    records = [
        full(STANDARD_RAW, repetition=1, depth=4, learning_rate=0.0015, loss="mae"),
        full(STANDARD_RAW, repetition=2, depth=4, learning_rate=0.0016),
        full(STANDARD_RAW, repetition=3, depth=3, learning_rate=0.07),
        full(STANDARD_RAW, repetition=4, depth=3, learning_rate=0.01),
        full(STANDARD_RAW, repetition=0, depth=2, learning_rate=0.1),  # does not count
    ]
    shares = tuning.shares(gather(records, about))
    found = {(one.hyperparameter, one.value): (one.share, one.end) for one in shares}
    assert found["depth", "2"] == (0, "lowest")
    assert found["depth", "3"] == (0.5, "")
    assert found["depth", "4"] == (0.5, "highest")
    assert found["width", "16"] == (1, "")
    assert found["loss", "mae"] == (0.25, "")
    assert found["learning_rate", "near the lower bound, 0.001"] == (0.25, "")
    assert found["learning_rate", "near the upper bound, 0.1"] == (0.25, "")
    choices = [share for (name, _), (share, _) in found.items() if name == "activation"]
    assert sum(choices) == 1


def test_budgets_in_order_of_their_steps():
    about = replace(ABOUT, proposals=81, finalists=9)
    found = [
        one for one in tuning.leads(gather(budget(), about)) if one.contrast.reference.augmented
    ]
    luck = (1.1 * 1.0 * 0.9) ** (1 / 3)
    assert [(one.contrast.cell.condition, one.total) for one in found] == [
        ("first_3", 3 * 1100 + 10_000),
        ("quarter_steps", 27 * 300 + 3 * 2500),
        ("first_9", 9 * 1100 + 10_000),
        ("half_steps", 27 * 550 + 3 * 5000),
        ("first_27", 27 * 1100 + 3 * 10_000),
        ("double_steps", 27 * 2200 + 3 * 20_000),
        ("", 81 * 1100 + 9 * 10_000),
    ]
    gains = [exp(one.contrast.interval.mean) / luck for one in found]
    assert gains == pytest.approx([0.5, 0.4, 0.6, 0.55, 0.7, 0.9, 0.8])


def test_one_budget_alone_is_no_study_of_budgets():
    assert tuning.leads(gather(grid(), ABOUT)) == []


def test_a_source_of_luck_is_told_by_its_variance_within_a_repetition():
    """Other samples double or halve the error, other weights change nothing, all alike 1 : 4."""
    records = []
    for repetition, error in ((1, 0.01), (2, 0.04)):
        for condition, factor in (("", 1), ("samples_1", 2), ("samples_2", 0.5), ("weights_1", 1)):
            one = full(STANDARD_RAW, repetition=repetition, error=factor * error)
            records.append(replace(one, condition=condition))
    found = tuning.lucks(gather(records, ABOUT))
    (mine,) = found.values()
    assert list(found) == [Cell(25, False, *STANDARD_RAW)]
    assert [one.source for one in mine] == ["samples", "weights", "all"]
    assert [one.deviation for one in mine] == pytest.approx([log(2), 0.0, log(4) / sqrt(2)])
    assert [one.share for one in mine] == pytest.approx([0.5, 0.0, 1.0])
