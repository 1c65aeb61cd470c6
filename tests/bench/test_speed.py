"""What `bench speed` does: the same work both ways. How long it takes, no test says."""

from concurrent.futures import Future

import pytest

from bench import lanes, speed
from bench.speed import Case, Timing
from report.speed import COLUMNS

CASE = Case("equivariant", 1, 4, "elu", rows=40)


class Here:
    """An executor that does the work at once, in this process."""

    def __init__(self):
        self.done = []

    def submit(self, function, *arguments):
        self.done.append((function.__name__, arguments))
        future = Future()
        future.set_result(function(*arguments))
        return future


@pytest.mark.parametrize(
    ("count", "workers", "sizes"),
    [(1, 2, [1]), (8, 2, [8]), (30, 2, [15, 15]), (30, 3, [10, 10, 10]), (9, 4, [4, 5])],
)
def test_lanes_are_shared_out_and_no_worker_has_less_than_it_needs(count, workers, sizes):
    shares = speed._shares(count, workers)
    assert [len(share) for share in shares] == sizes
    assert [number for share in shares for number in share] == list(range(count))
    assert speed.BLOCK == lanes.LANES


def test_a_training_pays_for_its_share_of_the_compilation():
    assert Timing(epoch=0.1, compilation=6.0).training(epochs=1000, networks=30) == 100.2


def test_a_case_is_measured_both_ways_with_the_columns_of_the_report(monkeypatch):
    monkeypatch.setattr(speed, "CASES", [CASE])
    monkeypatch.setattr(speed, "LANES", (1, 16))
    monkeypatch.setattr(speed, "LANE_SECONDS", 0.001)
    monkeypatch.setattr(speed, "FIT_EPOCHS", 1)
    workers = [Here(), Here()]
    (rows,) = speed.measure(workers)
    assert [set(row) for row in rows] == [set(COLUMNS)] * 2
    assert [(row["rows"], row["lanes"]) for row in rows] == [(40, 1), (40, 16)]
    for row in rows:
        assert row["ratio"] == pytest.approx(
            1e3 * row["fit_ms_per_epoch"] / row["lane_us_per_epoch"]
        )
        assert row["lane_us_per_step"] == row["lane_us_per_epoch"] / 2  # 40 rows by 32
    trained = [
        [arguments[1] for name, arguments in worker.done if name == "train_lanes"]
        for worker in workers
    ]
    assert set(trained[0]) == {range(1), range(8)}
    assert set(trained[1]) == {range(8, 16)}
