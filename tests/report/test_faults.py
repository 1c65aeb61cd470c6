"""The fault: what draw 0 has, what the draws agree on."""

import numpy as np
import pytest

from report import faults
from tests.report.made_up import change, make_fault, make_results


def test_the_fault_of_draw_0_in_words():
    assert faults.in_words(make_fault(100)) == (
        "At m = 100, **sensor 4 reads 0.0500 ± 0.0020 too high** (p < 0.001)."
    )
    low = make_fault(100) | {"offset": -0.03, "p": 0.00085}
    assert "reads 0.0300 ± 0.0020 too low** (p < 0.001)" in faults.in_words(low)


def test_an_offset_as_chance_could_make_it_is_no_fault():
    nothing = make_fault(100) | {"found": False, "offset": 0.004, "sensor": 2, "p": 0.2}
    assert faults.in_words(nothing) == (
        "At m = 100, no fault is found: the largest offset, of sensor 2, is 0.0040 ± 0.0020, as "
        "chance could make it (p = 0.200)."
    )


def test_a_draws_fault_is_counted_once_whatever_was_trained_on_it():
    drawn = faults.drawn(make_results().runs)
    assert len(drawn) == 2 * 12
    assert set(drawn["draw"]) == set(range(1, 13))
    assert faults.drawn(make_results(corrections=["none"]).runs).empty


def test_mean_and_spread_are_over_the_draws_with_a_fault():
    results = make_results(m=[100], draws=4)
    runs = results.runs
    for draw, offset in enumerate((0.04, 0.06, 0.05, 0.002), 1):
        sensor = np.nan if offset < 0.01 else 4
        rows = runs["corrected"] & (runs["draw"] == draw)
        results = change(results, rows, fault_offset=offset, fault_sensor=sensor)
    over = faults.over_draws(faults.drawn(results.runs))
    row = over.loc[100]
    assert (row["draws"], row["found"], row["sensors"]) == (4, 3, "4")
    assert row["mean"] == pytest.approx(0.05)
    assert row["sd"] == pytest.approx(0.01)
    assert faults.disagreement(over, [make_fault(100)]) == [
        "At m = 100, 1 of 4 draws has no fault that could be told from chance; corrected cells "
        "were trained on them as they are."
    ]


def test_draws_with_another_sensor_at_fault_are_told():
    results = make_results(m=[100], draws=4)
    rows = results.runs["corrected"] & (results.runs["draw"] == 2)
    over = faults.over_draws(faults.drawn(change(results, rows, fault_sensor=3.0).runs))
    assert faults.disagreement(over, [make_fault(100)]) == [
        "At m = 100, the draws' faults are of sensor 3 and 4; that of draw 0 is of sensor 4."
    ]
    assert faults.disagreement(over.iloc[:0], [make_fault(100)]) == []
