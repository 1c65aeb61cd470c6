"""The winners' search radii in the report."""

from dataclasses import replace

import numpy as np
import pytest

from report.blocks import Paragraph, Table
from report.radii import held, radii
from study.simulate import simulate
from tests.locate import made_up
from tests.report.made_up import EQUIVARIANT_RAW, STANDARD_RAW, full


def winner(**changes):
    """A record with the weights of a linear network."""
    shape = made_up.SHAPE
    weights = np.array(made_up.WEIGHTS, "<f4").tobytes()
    looks = {"depth": shape.depth, "width": shape.width, "activation": shape.activation}
    looks["parameters"] = shape.parameters
    return replace(full(EQUIVARIANT_RAW), **looks, weights=weights, **changes)


@pytest.fixture(scope="module")
def scoring():
    return simulate(3000, np.random.default_rng(1))


def test_shares_are_measured_on_the_rows_that_did_not_calibrate(scoring):
    one = winner()
    found = held([one, full(STANDARD_RAW)], scoring)
    assert list(found) == [one.key]
    (overall, error), *by_region = found[one.key].shares
    assert overall == pytest.approx(0.9, abs=3 * error)
    assert error == pytest.approx(np.sqrt(overall * (1 - overall) / 1500))
    assert len(by_region) == 3
    assert all(share == pytest.approx(0.9, abs=0.06) for share, _ in by_region)


def test_the_table_tells_radii_in_mm_and_shares_in_per_cent(scoring):
    one = winner()
    found = held([one], scoring)
    table = radii([one], found, len(scoring.X))
    assert isinstance(table, Table)
    name, *sizes, overall, _, _, _ = table.rows[0]
    assert name.startswith("`model_equivariant_")
    assert [float(size) for size in sizes] == pytest.approx(
        [750 * radius for radius in found[one.key].radii], abs=0.5
    )
    share, error = found[one.key].shares[0]
    assert overall == f"{100 * share:.1f} \N{PLUS-MINUS SIGN} {100 * error:.1f}"


def test_without_a_test_file_it_is_said_what_calibrated():
    told = radii([winner()], held([winner()], None), 0)
    assert isinstance(told, Paragraph)
    assert "calibrated on the validation rows, which also chose them" in told.text


def test_nothing_is_said_where_the_data_are_gone_or_calibrate_nothing(scoring):
    assert not radii([winner()], held([winner()], None), 3000)
    wrong = scoring._replace(Y=-scoring.Y)
    assert held([winner()], wrong) == {}
