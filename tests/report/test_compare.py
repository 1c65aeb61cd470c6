"""Two studies compared, by hand."""

from dataclasses import replace
from math import exp, log

import pytest
from scipy import stats

from report.__main__ import main
from report.compare import differences, table
from report.findings import gather
from report.formats import MINUS
from study.about import NAME
from study.design import Cell
from study.store import FILE, Store
from tests.report.made_up import ABOUT, STANDARD_AUGMENTED, STANDARD_RAW, full

CELL = Cell(25, True, "standard", False)


def study(*errors, about=ABOUT, model=STANDARD_RAW, **changes):
    """Standard raw with these errors in repetitions 1, 2, ..."""
    records = [
        full(model, corrected=True, repetition=r, error=error, **changes)
        for r, error in enumerate(errors, 1)
    ]
    return gather(records, about)


def test_a_change_is_paired_over_the_repetitions_of_both():
    """Ratios of a half and a half where both have one; the third repetition has no partner."""
    (one,) = differences(study(0.010, 0.020, 0.015), study(0.005, 0.010))
    assert one.cell == CELL
    assert [exp(end) for end in one.interval] == pytest.approx([0.5] * 3)
    assert not one.agrees


@pytest.mark.parametrize("other", [{"root_seed": 2}, {"data_checksum": "fedcba9876543210"}])
def test_studies_of_another_seed_or_other_data_are_compared_as_independent_ones(other):
    first, second = (0.010, 0.020, 0.015, 0.012), (0.011, 0.025, 0.014)
    (one,) = differences(study(*first), study(*second, about=replace(ABOUT, **other)))
    logs = [[log(error) for error in errors] for errors in (second, first)]
    welch = stats.ttest_ind(*logs, equal_var=False).confidence_interval(0.95)
    assert (one.interval.low, one.interval.high) == pytest.approx(tuple(welch))
    assert one.agrees


def test_effects_are_compared_after_errors():
    pairs = [(0.02, 0.01), (0.03, 0.01)]
    records = [
        full(model, corrected=True, repetition=r, error=error)
        for r, pair in enumerate(pairs, 1)
        for model, error in zip((STANDARD_RAW, STANDARD_AUGMENTED), pair, strict=True)
    ]
    found = gather(records, ABOUT)
    told = differences(found, found)
    assert [one.label for one in told] == [
        "standard raw",
        "standard augmented",
        "standard augmented against standard raw",
    ]
    assert told[-1].first == told[-1].second == pytest.approx(log(1 / 6**0.5))
    assert all(one.agrees for one in told)


def test_conditions_are_left_out():
    assert differences(study(0.01, condition="first_3"), study(0.01, condition="first_3")) == []


def test_the_table_says_what_is_within_the_intervals():
    lines = list(table(study(0.010, 0.020), study(0.005, 0.010)))
    assert lines[0] == "Compared repetition by repetition; in brackets 95 % intervals."
    change = f"{MINUS}50.0 [{MINUS}50.0, {MINUS}50.0]"
    assert f"| 25 | corrected | standard raw | 0.0141 | 0.0071 | {change} | differ |" in lines
    assert lines[-1] == "0 of 1 differences are within their 95 % intervals."


def test_the_command_prints_a_table_and_writes_nothing(tmp_path, capsys):
    for name, part in (("one", 1.0), ("two", 0.75)):
        records = [full(STANDARD_RAW, repetition=r, error=part * r / 100) for r in (1, 2)]
        with Store(tmp_path / name / FILE) as store:
            store.add(replace(one, key=f"{k:016x}") for k, one in enumerate(records))
            store.say(NAME, ABOUT.plain())
    folders = [str(tmp_path / name) for name in ("one", "two")]
    assert main(["--compare", *folders]) == 0
    assert f"| {MINUS}25.0 [" in capsys.readouterr().out
    assert not list(tmp_path.glob("*/report.*"))
    assert main(["--compare", folders[0]]) == 2
    assert "expected the folders of two studies, found 1" in capsys.readouterr().err
