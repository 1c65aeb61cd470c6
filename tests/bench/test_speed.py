"""What `bench speed` does: the same training in three ways. How long it takes, no test says."""

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

from bench import speed
from bench.__main__ import main
from bench.speed import Case
from study.architectures import Shape

COLUMNS = [
    "architecture",
    "depth",
    "width",
    "rows",
    "networks",
    "threads",
    "fit_ms",
    "sklearn_ms",
    "loop_us",
    "ratio_fit",
    "ratio_fit_min",
    "ratio_fit_max",
    "ratio_sklearn",
    "fit_first_epoch_s",
    "loop_compilation_s",
]
CASES = [Case(Shape("standard", 1, 4, "elu"), 40), Case(Shape("equivariant", 1, 4, "elu"), 40)]
TINY = {
    "CASES": CASES,
    "VALIDATION_ROWS": 50,
    "NETWORKS": 3,
    "ROUNDS": 2,
    "FIT_EPOCHS": 1,
    "SKLEARN_EPOCHS": 1,
    "LOOP_SECONDS": 0.0,
}


def test_every_case_is_timed_in_all_ways_with_all_columns(monkeypatch):
    for name, value in TINY.items():
        monkeypatch.setattr(speed, name, value)
    monkeypatch.setattr(speed, "compilation_seconds", lambda: 9.0)
    rows = list(speed.measure(threads=2))
    assert [set(row) for row in rows] == [set(COLUMNS)] * 2
    table = pd.DataFrame(rows)
    assert list(table["architecture"]) == ["standard", "equivariant"]
    assert list(table["loop_compilation_s"]) == [9.0, 9.0]
    assert list(table["sklearn_ms"].isna()) == [False, True]
    assert (table.drop(columns=["architecture", "sklearn_ms", "ratio_sklearn"]) > 0).all(axis=None)


def test_ratios_are_taken_within_a_round():
    loop = np.array([1e-4, 4e-4, 1e-4])
    row = speed._summary(CASES[0], np.array([0.1, 0.8, 0.3]), 50 * loop, loop)
    assert row["ratio_fit"] == pytest.approx(2000)  # that of the medians would be 3000
    assert row["ratio_fit_min"] == pytest.approx(1000)
    assert row["ratio_fit_max"] == pytest.approx(3000)
    assert row["ratio_sklearn"] == pytest.approx(50)
    assert (row["fit_ms"], row["loop_us"]) == (pytest.approx(300), pytest.approx(100))


def test_the_loop_trains_every_network_once_and_validates_after_every_epoch(monkeypatch):
    trained = []
    monkeypatch.setattr(speed, "train", lambda case, block: trained.append(block))
    monkeypatch.setattr(speed, "NETWORKS", 40)
    with ThreadPoolExecutor(1) as pool:
        speed.loop_seconds(CASES[0], epochs=3, pool=pool)
    assert [len(block) for block in trained] == [32, 8]
    everyone = [lane for block in trained for lane in block]
    assert [lane.seed for lane in everyone] == list(range(40))
    assert {(lane.gap, lane.steps) for lane in everyone} == {(2, 6)}  # 40 rows by 32


def test_the_loop_is_compiled_in_a_process_whose_cache_is_empty(monkeypatch):
    def run(command, *, env, **_):
        assert list(Path(env["NUMBA_CACHE_DIR"]).iterdir()) == []
        with redirect_stdout(io.StringIO()) as said:
            exec(command[-1], {})
        return CompletedProcess(command, 0, said.getvalue())

    monkeypatch.setattr(speed.subprocess, "run", run)
    assert speed.compilation_seconds() > 0


def test_the_command_says_each_ratio_and_keeps_the_rows(monkeypatch, tmp_path, capsys):
    first = ("standard", 2, 16, 100, 64, 2, 160.0, 2.4, 32.0, 5e3, 4.5e3, 5.5e3, 75.0, 1.0, 9.0)
    second = ("standard", 2, 16, 1000, 64, 2, 240.0, 8.0, 80.0, 3e3, 2e3, 4e3, 100.0, 2.0, 9.0)
    timings = pd.DataFrame([first, second], columns=COLUMNS)
    monkeypatch.setattr(speed, "measure", lambda threads: timings.to_dict("records"))
    out = tmp_path / "new" / "results"
    assert main(["speed", "--out", str(out)]) == 0
    line, *_, last = capsys.readouterr().out.splitlines()
    assert line == (
        "standard, 100 rows, an epoch: model.fit 160 ms, the loop 32.0 us, 5000 times as fast"
    )
    assert last == f"wrote {out / 'speed.csv'}"
    pd.testing.assert_frame_equal(pd.read_csv(out / "speed.csv"), timings)
