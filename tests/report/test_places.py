"""Where winners err: corners, edges and centre of the chessboard."""

import numpy as np
import pandas as pd
import pytest

from report import places
from report.models import EQUIVARIANT_RAW, STANDARD_RAW


def board(model=STANDARD_RAW, **regions):
    """A winner's map: an error and a number of rows for each region."""
    columns, rows = (side.ravel() for side in np.mgrid[:8, :8])
    table = pd.DataFrame({**model._asdict(), "m": 100, "corrected": False, "column": columns})
    table = table.assign(row=rows)
    which = places.region(table)
    errors = {name: error for name, (error, _) in regions.items()}
    counts = {name: n for name, (_, n) in regions.items()}
    return table.assign(mse=which.map(errors), n=which.map(counts))


def test_a_chessboard_has_4_corners_24_edge_fields_and_a_centre_of_36():
    table = board(corners=(1, 1), edges=(1, 1), centre=(1, 1))
    assert places.region(table).value_counts().to_dict() == {
        "corners": 4,
        "edges": 24,
        "centre": 36,
    }
    corner = table[(table["column"] == 7) & (table["row"] == 0)]
    assert places.region(corner).item() == "corners"


def test_errors_are_means_over_rows_and_not_over_fields():
    maps = board(corners=(0.04, 10), edges=(0.02, 5), centre=(0.01, 10))
    maps.loc[(maps["column"] == 0) & (maps["row"] == 0), ["mse", "n"]] = 0.01, 30
    errors = places.errors(maps).iloc[0]
    assert errors["corners"] == pytest.approx((3 * 10 * 0.04 + 30 * 0.01) / 60)
    assert errors["edges"] == pytest.approx(0.02)
    assert errors["all"] == pytest.approx((1.5 + 24 * 5 * 0.02 + 36 * 10 * 0.01) / (60 + 120 + 360))
    assert errors["highest"] == "corners"


def test_fields_without_rows_count_for_nothing():
    maps = board(corners=(np.nan, 0), edges=(0.02, 5), centre=(0.01, 10))
    errors = places.errors(maps).iloc[0]
    assert np.isnan(errors["corners"])
    assert errors["highest"] == "edges"


def test_where_most_winners_err_most_in_words():
    maps = pd.concat(
        [
            board(corners=(0.04, 1), edges=(0.02, 1), centre=(0.02, 1)),
            board(EQUIVARIANT_RAW, corners=(0.01, 1), edges=(0.01, 1), centre=(0.02, 1)),
        ]
    )
    assert places.in_words(places.errors(maps).iloc[1:]) == (
        "For the 1 winner of the four models, the highest error is that of the corners for 1. In "
        "the corners it is 1.9 times that of the whole square (median)."
    )
    assert "of the centre for 1 and of the corners for 1." in places.in_words(places.errors(maps))
