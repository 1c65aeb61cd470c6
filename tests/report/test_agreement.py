"""How often intervals hold what other studies find, by hand."""

import math
from dataclasses import replace

import pytest

from report.agreement import agreements, table
from report.contrasts import Contrast
from report.findings import gather
from report.statistics import Interval
from study.design import Cell
from study.errors import StudyError
from tests.report.made_up import ABOUT, grid

CELL = Cell(25, True, "equivariant", False)


def contrast(mean: float, reach: float, m: int = 25) -> Contrast:
    """A contrast of two repetitions whose mean is this, and whose interval reaches so far."""
    interval = Interval(mean, mean - reach, mean + reach)
    reference = replace(CELL, architecture="standard", augmented=True, m=m)
    ratios = {1: mean - 0.1, 2: mean + 0.1}
    return Contrast("", replace(CELL, m=m), reference, ratios, 0.95, interval, margin=5.0)


def test_an_interval_holds_the_mean_of_the_other_studies_or_not():
    """Means 0, 0.2 and 0.7: the others' means are 0.45, 0.35 and 0.1."""
    (one,) = agreements([[contrast(0.0, 0.5)], [contrast(0.2, 0.1)], [contrast(0.7, 0.61)]])
    assert one.effects == (0.0, 0.2, 0.7)
    assert one.held == (True, False, True)
    assert one.spread == pytest.approx(math.sqrt((0.3**2 + 0.1**2 + 0.4**2) / 2))
    assert one.error == pytest.approx(0.1)  # deviation 0.1 * sqrt 2 over the root of two


def test_contrasts_are_kept_apart():
    both = [contrast(0.1, 0.2), contrast(-0.3, 0.2, m=100)]
    assert [(one.contrast.cell.m, one.held) for one in agreements([both, both])] == [
        (25, (True, True)),
        (100, (True, True)),
    ]


def uneven():
    """The made-up grid, where copies and architectures gain unevenly over repetitions."""
    power = {("standard", False): 0, ("standard", True): 1, ("equivariant", False): 2}
    return [
        replace(one, test_mse=one.test_mse * 1.01 ** (one.repetition**2 * place))
        for one in grid()
        for place in [power.get((one.architecture, one.augmented), 4)]
    ]


def test_the_table_counts_shared_and_own_data_apart():
    found = [gather(uneven(), replace(ABOUT, data_checksum=data)) for data in ("a", "a", "b")]
    lines = list(table(found))
    rows = [line for line in lines if line.startswith("| 25 | corrected |")]
    assert len(rows) == 4
    assert all(row.endswith("| 2 of 2 | 1 of 1 |") for row in rows)
    assert lines[-1] == (
        "In all, 24 of 24 intervals (100 %) hold the others' mean: 16 of 16 on shared data, 8 of 8 "
        "on data of their own."
    )


def test_studies_must_be_two_and_alike():
    whole = gather(grid(), ABOUT)
    with pytest.raises(StudyError, match="two studies or more, found 1"):
        list(table([whole]))
    part = gather([one for one in grid() if one.m == 25], ABOUT)
    with pytest.raises(StudyError, match="others in study 2 of 2"):
        list(table([whole, part]))
