"""Two studies compared, by hand."""

from dataclasses import replace
from math import log

import pytest

from report.__main__ import main
from report.compare import changes, table
from report.formats import MINUS
from study.about import NAME
from study.design import Cell
from study.store import FILE, Store
from tests.report.made_up import ABOUT, STANDARD_RAW, full

CELL = Cell(25, False, "standard", False)


def test_a_change_is_paired_over_the_repetitions_of_both():
    """Ratios of a half and a half where both have one; the third repetition has no partner."""
    first = {CELL: {1: 0.010, 2: 0.020, 3: 0.015}, replace(CELL, m=100): {1: 0.01}}
    (one,) = changes(first, {CELL: {1: 0.005, 2: 0.010}})
    assert (one.cell, one.pairs) == (CELL, 2)
    assert one.log_ratio.mean == pytest.approx(log(0.5))
    assert list(table([one]))[-1].startswith(
        f"| 25 | uncorrected | standard raw | 2 | {MINUS}50.0 ["
    )


def test_conditions_are_left_out():
    varied = {replace(CELL, condition="first_3"): {1: 0.01, 2: 0.02}}
    assert changes(varied, varied) == []


def test_the_command_prints_a_table_and_writes_nothing(tmp_path, capsys):
    for name, part in (("one", 1.0), ("two", 0.75)):
        records = [full(STANDARD_RAW, repetition=r, error=part * r / 100) for r in (1, 2)]
        with Store(tmp_path / name / FILE) as store:
            store.add(replace(one, key=f"{k:016x}") for k, one in enumerate(records))
            store.say(NAME, ABOUT.plain())
    assert main([str(tmp_path / "two"), "--against", str(tmp_path / "one")]) == 0
    change = f"{MINUS}25.0"
    assert f"| standard raw | 2 | {change} [{change}, {change}] |" in capsys.readouterr().out
    assert not list(tmp_path.glob("*/report.*"))
