"""The verdict on a file: what is said of each fault, and nothing of a clean file."""

import re

import numpy as np
import pytest

from locate import readings
from locate.leak import load
from locate.verdict import LEFT, of_radius, orders, verdict
from study.forward import normalised
from study.simulate import simulate
from tests.locate import made_up
from tests.locate.made_up import write

RAW = "200 of 200 rows did not sum to 1: each was divided by its sum"


def litres(seed=1, rows=200):
    """Flows of clean leaks in litres per minute."""
    rng = np.random.default_rng(seed)
    return simulate(rows, rng).X * rng.uniform(15, 25, (rows, 1))


@pytest.fixture
def judge(leak, tmp_path):
    """What is said of these flows, but for the file's name."""

    def judge(flows, of=leak):
        path = write(tmp_path / "flows.csv", flows)
        with readings.read(path, np.zeros(4)) as given:
            told = verdict(of, given)
        assert all(line.startswith(f"{path}: ") and "\n" not in line for line in told)
        return [line.removeprefix(f"{path}: ") for line in told]

    return judge


def test_nothing_is_said_of_clean_flows(judge):
    inside = simulate(200, np.random.default_rng(2)).X
    assert judge(inside) == []
    assert judge(litres()) == [RAW]


def test_the_orders_of_four_sensors_that_are_no_symmetries():
    assert orders() == [(0, 1, 2, 3), (0, 1, 3, 2), (0, 2, 1, 3)]


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ([0, 1, 3, 2], "1, 2, 4, 3"),
        ([1, 0, 2, 3], "1, 2, 4, 3"),
        ([0, 2, 1, 3], "1, 3, 2, 4"),
    ],
)
def test_swapped_sensors_are_asked_for_and_the_order_that_fits_is_named(given, fits, judge):
    told = judge(litres()[:, given])
    (asked,) = [line for line in told if "order" in line]
    assert re.match(r"\d+ of 200 distinct rows unlike any single leak; are the sensors in", asked)
    assert f"order 1, 2, 3, 4? The order {fits}, or one that turns or mirrors it, explains" in asked
    shares = re.findall(r"(\d+) %", asked)
    assert int(shares[0]) > 95 > 70 > int(shares[1])
    assert not [line for line in told if "faulty" in line]


def test_a_mirrored_bag_cannot_be_seen(judge):
    assert judge(litres()[:, [2, 1, 0, 3]]) == [RAW]


@pytest.mark.parametrize(("value", "fault"), [(3.0, "stuck"), (0.0, "dead")])
def test_a_sensor_that_never_changes_is_named(value, fault, judge):
    flows = litres()
    flows[:, 3] = value
    told = judge(flows)
    assert f"sensor 4 always reads {value:g}: is it {fault}?" in told
    assert not [line for line in told if "it looks as if" in line]


def test_answers_outside_the_bag_are_counted(judge):
    flows = litres()
    flows[:, 3] = 0
    (line,) = [line for line in judge(flows) if "outside" in line]
    count, rows = map(int, re.match(r"(\d+) of (\d+) distinct rows have an answer", line).groups())
    assert 20 < count < rows == 200


def test_a_sensor_that_reads_off_is_named(judge):
    flows = simulate(300, np.random.default_rng(3), offset=(0, 0.05, 0, 0)).X
    (line,) = [line for line in judge(flows) if "looks as if" in line]
    assert re.search(r"as if sensor 2 reads 0\.0[45]\d too high \(of a total flow of 1\)", line)


def test_copies_of_one_row_raise_no_alarm(judge):
    for seed in range(20):
        row = simulate(1, np.random.default_rng(seed)).X
        assert judge(np.repeat(row, 200, axis=0)) == []


def test_odd_sums_are_told_with_the_median(judge):
    flows = simulate(30, np.random.default_rng(4)).X
    flows[4] *= 12.5
    assert judge(flows) == [
        "1 of 30 rows did not sum to 1: each was divided by its sum",
        "1 of 30 rows have a sum more than a factor of 2 away from the file's median, 1.01: check "
        "them",
    ]


def test_a_few_odd_rows_are_no_fault_of_the_file(judge):
    flows = simulate(40, np.random.default_rng(5)).X
    flows[7] = (0.45, 0.05, 0.45, 0.05)
    assert judge(flows) == ["1 of 40 distinct rows unlike any single leak: see their warnings"]


def test_many_odd_rows_that_no_order_explains_are_asked_about(judge):
    rng = np.random.default_rng(6)
    flows = normalised(simulate(200, rng).X + simulate(200, rng).X)
    (line,) = [line for line in judge(flows) if "order" in line]
    assert "No other order fits better: a sensor may be faulty, there may be several leaks" in line


def test_without_calibration_it_is_said_and_nothing_else_of_leaks(judge, tmp_path):
    plain = load(made_up.save(tmp_path / "plain.h5", None))
    assert "it has no calibration, so that positions come without radius" in of_radius(plain)
    assert judge(litres()[:, [0, 1, 3, 2]], plain) == [RAW]


def test_what_the_radius_rests_on_is_said(leak, tmp_path):
    assert re.search(
        r"the radius \(centre \d+ mm, edges \d+ mm, corners \d+ mm\) holds the leak with 90 % "
        r"probability; calibrated on 2,000 test rows that neither trained nor chose the network "
        r"\(data c0ffeec0\)$",
        of_radius(leak),
    )
    chosen = load(made_up.save(tmp_path / "v.h5", made_up.calibration("validation", 200)))
    assert (
        "calibrated on 200 validation rows, which also chose the network: in simulated studies "
        f"{LEFT} % are held then (data c0ffeec0)"
    ) in of_radius(chosen)
