"""Rows in, rows out: all of a cell or nothing of it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench import store as store_module
from bench.store import FILE, RUNS, Store, export, read
from study.errors import StudyError
from tests.bench.made_up import EXPORTED

SETTINGS = {"preset": "smoke", "m": [50, 100], "planned": {"trial": 2, "run": 1}, "oracle": None}


def row(run: str, **values: Any) -> dict[str, Any]:
    return {
        "run": run,
        "role": "draw",
        "architecture": "standard",
        "augmented": False,
        "m": 100,
        "corrected": False,
        "control": "",
        "validation_mse": 0.5,
        **values,
    }


def point(y1: float, run: str = "a", **cell: Any) -> dict[str, Any]:
    """A winner's prediction on a diagonal."""
    where = {"run": run, "diagonal": "x1 + x3 = 0.5", "share": 0.25, "y1": y1, "y2": -y1}
    named = {"architecture": "standard", "augmented": False, "m": 100, "corrected": True}
    return named | cell | where


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A study of the runs a and b."""
    with closing(Store(tmp_path)) as store:
        store.begin(["a", "b"], SETTINGS)
        yield store


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# What goes in comes out


def test_rows_come_back_as_they_were(store):
    written = [
        row("a", role="trial", augmented=True, trial=3, learning_rate=0.1 + 0.2, test_mse=0.25),
        row("b", draw=2, activation="elu", reason='a "reason", with\ncommas'),
    ]
    store.add(written, {})
    runs = read(store.folder).runs
    assert runs.columns.tolist() == list(RUNS)
    for original, (_, found) in zip(written, runs.iterrows(), strict=True):
        assert {name: found[name] for name in original} == original


def test_columns_have_types(store):
    store.add([row("a", draw=0, trial=1), row("b", augmented=True, draw=1)], {})
    runs = read(store.folder).runs
    assert runs["augmented"].tolist() == [False, True]
    assert runs["augmented"].dtype == bool
    assert runs["m"].dtype == runs["draw"].dtype == np.int64
    assert runs["validation_mse"].dtype == np.float64
    assert isinstance(runs["architecture"].dtype, pd.StringDtype)


def test_no_score_is_nan_and_no_zero(store):
    store.add([row("a", validation_mse=float("nan"), test_mse=None), row("b", test_mse=0.25)], {})
    runs = read(store.folder).runs
    np.testing.assert_array_equal(runs["validation_mse"], [np.nan, 0.5])
    np.testing.assert_array_equal(runs["test_mse"], [np.nan, 0.25])


def test_a_seed_keeps_its_63_bits(store):
    store.add([row("a", seed=str(2**63 - 1)), row("b")], {})
    assert read(store.folder).runs["seed"][0] == "9223372036854775807"


def test_a_run_has_one_row_however_often_it_is_written(store):
    store.add([row("a", role="winner"), row("b")], {})
    store.add([row("b", role="winner"), row("a", role="draw")], {})
    runs = read(store.folder).runs.set_index("run")
    assert runs["role"].to_dict() == {"a": "draw", "b": "winner"}


def test_only_planned_runs_are_read_and_others_are_kept(store):
    store.add([row("a"), row("b"), row("of an older plan")], {})
    assert read(store.folder).runs["run"].tolist() == ["a", "b"]
    store.begin(["b", "of an older plan", "to come"], SETTINGS)
    assert read(store.folder).runs["run"].tolist() == ["b", "of an older plan"]


def test_rows_of_these_runs_by_key(store):
    store.add([row("a", draw=7, augmented=True), row("b")], {})
    found = store.rows(["a", "missing"])
    assert list(found) == ["a"]
    assert list(found["a"]) == list(RUNS)
    assert {name: value for name, value in found["a"].items() if value is not None} == row(
        "a", draw=7, augmented=True
    )


def test_a_row_read_can_be_written_again(store):
    store.add([row("a", augmented=True, seconds=0.5), row("b")], {})
    before = read(store.folder).runs
    store.add(store.rows(["a", "b"]).values(), {})
    pd.testing.assert_frame_equal(read(store.folder).runs, before)


def test_diagonals_are_those_of_the_planned_winners(store):
    winner = {"role": "winner"}
    store.add([row("a", **winner)], {"diagonals": [point(0.1), point(0.2)]})
    store.add([row("b", m=50, **winner)], {"diagonals": [point(0.3, "b", m=50)]})
    store.add([row("c", m=25, **winner)], {"diagonals": [point(0.4, "c", m=25)]})  # not planned
    store.add([row("a", **winner)], {"diagonals": [point(0.5)]})
    diagonals = read(store.folder).diagonals
    found = diagonals[["m", "y1", "y2"]].to_records(index=False).tolist()
    assert sorted(found) == [(50, 0.3, -0.3), (100, 0.5, -0.5)]
    assert diagonals["augmented"].dtype == bool
    store.add([row("a", role="draw")], {})
    assert read(store.folder).diagonals["m"].tolist() == [50]


def test_maps_are_those_of_the_planned_winners(store):
    field = {**point(0.1), "column": 3, "row": 7, "n": 12, "mse": 0.004}
    store.add([row("a", role="winner")], {"maps": [field, {**field, "row": 6, "mse": None}]})
    maps = read(store.folder).maps
    assert maps[["column", "row", "n"]].to_records(index=False).tolist() == [(3, 7, 12), (3, 6, 12)]
    np.testing.assert_array_equal(maps["mse"], [0.004, np.nan])
    assert maps["corrected"].dtype == bool


def test_a_study_is_what_was_said_of_it_last(store):
    assert read(store.folder).study == SETTINGS
    store.describe({"seconds": {"training": 1.5}, "preset": "mine"})
    store.begin([], {"preset": "default", "m": [25]}, anew=False)
    said = {"preset": "default", "m": [25], "seconds": {"training": 1.5}}
    assert read(store.folder).study == SETTINGS | said
    store.begin([], {"preset": "default"})
    assert read(store.folder).study == {"preset": "default"}


def test_a_database_of_another_version_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as older:
        older.execute("CREATE TABLE runs (run TEXT PRIMARY KEY, role TEXT)")
    with pytest.raises(StudyError, match=r"runs\.sqlite: .* found other columns in"):
        Store(tmp_path)


def test_a_database_that_is_opened_again_keeps_its_rows(store):
    store.add([row("a", role="winner")], {"diagonals": [point(0.1)]})
    with closing(Store(store.folder)) as again:
        again.add([row("b")], {})
    results = read(store.folder)
    assert (results.runs["run"].tolist(), len(results.diagonals)) == (["a", "b"], 1)
    assert results.study == SETTINGS


# All or nothing


def rows_until_it_breaks() -> Iterator[dict[str, Any]]:
    yield row("b")
    raise RuntimeError("the cell broke")


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (
            lambda store: store.add(rows_until_it_breaks(), {"diagonals": [point(0.9)]}),
            RuntimeError,
        ),
        (lambda store: store.add([row("b")], {"diagonals": [point(0.9), point(1j)]}), StudyError),
        (lambda store: store.begin(["b"], {"preset": object()}), TypeError),
        (lambda store: store.describe({"preset": "new", "m": object()}), TypeError),
    ],
    ids=["rows", "diagonals", "begin", "describe"],
)
def test_a_write_that_fails_leaves_nothing(
    store: Store, write: Callable[[Store], None], error: type[Exception]
) -> None:
    store.add([row("a", role="winner")], {"diagonals": [point(0.1)]})
    with pytest.raises(error):
        write(store)
    results = read(store.folder)
    assert results.runs["run"].tolist() == ["a"]
    assert results.diagonals["y1"].tolist() == [0.1]
    assert results.study == SETTINGS


def test_readers_see_what_was_complete_while_a_write_is_open(store):
    store.add([row("a")], {})
    assert store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.connection.execute("DELETE FROM runs")
    assert store.connection.in_transaction
    assert read(store.folder).runs["run"].tolist() == ["a"]
    store.connection.commit()
    assert read(store.folder).runs.empty


def test_a_closed_store_is_one_file(tmp_path):
    with closing(Store(tmp_path)) as store:
        store.begin(["a"], SETTINGS)
        store.add([row("a")], {})
        assert len(contents(tmp_path)) > 1
    assert list(contents(tmp_path)) == [FILE]


# The table for others


def test_the_exported_table_has_the_promised_columns_and_the_planned_rows(store):
    store.add([row("a", reason="a, b"), row("of an older plan"), row("b", augmented=True)], {})
    path = export(store.folder)
    assert path == store.folder / "runs.csv"
    table = pd.read_csv(path)
    assert set(EXPORTED.split()) <= set(table.columns)
    assert table["run"].tolist() == ["a", "b"]
    assert table["augmented"].tolist() == [False, True]
    assert table["reason"][0] == "a, b"
    assert list(contents(store.folder)).count("runs.csv.part") == 0


def test_an_export_that_fails_leaves_the_older_table(store, monkeypatch):
    store.add([row("a")], {})
    before = export(store.folder).read_bytes()

    def write_half(table: pd.DataFrame, path: Path, **_: Any) -> None:
        path.write_text("run,ro", encoding="utf-8")
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_csv", write_half)
    store.add([row("b")], {})
    with pytest.raises(OSError, match="no space left"):
        export(store.folder)
    assert (store.folder / "runs.csv").read_bytes() == before


# What is wrong


def assert_one_line(error: pytest.ExceptionInfo[StudyError], path: Path) -> None:
    assert str(error.value).startswith(f"{path}: expected ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("use", [read, export])
def test_a_folder_without_a_study(tmp_path, use):
    with pytest.raises(StudyError, match="found no such file; run `make study` first") as error:
        use(tmp_path)
    assert_one_line(error, tmp_path / FILE)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("use", [read, export])
def test_a_study_that_never_began(tmp_path, use):
    Store(tmp_path).close()
    with pytest.raises(StudyError, match="found none yet; run `make study` first") as error:
        use(tmp_path)
    assert_one_line(error, tmp_path / FILE)
    assert list(contents(tmp_path)) == [FILE]


@pytest.mark.parametrize("use", [read, Store])
def test_a_file_that_is_no_database(tmp_path, use):
    (tmp_path / FILE).write_text("my notes, and not a database " * 100, encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(StudyError, match="found file is not a database; name another") as error:
        use(tmp_path)
    assert_one_line(error, tmp_path / FILE)
    assert contents(tmp_path) == before


def test_a_database_of_something_else(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("CREATE TABLE birds (name TEXT)")
    with pytest.raises(StudyError, match="found other columns in its table runs") as error:
        read(tmp_path)
    assert_one_line(error, tmp_path / FILE)


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "results").write_text("in the way", encoding="utf-8")
    with pytest.raises(StudyError, match="File exists") as error:
        Store(tmp_path / "results")
    assert_one_line(error, tmp_path / "results" / FILE)


def test_without_a_test_set_scores_are_nan(tmp_path):
    with closing(Store(tmp_path)) as database:
        database.begin(["a"], {"preset": "x"})
        database.add([row("a", test_mse=None)], {})
    assert read(tmp_path).runs["test_mse"].dtype == np.float64


def test_a_failed_export_leaves_nothing_behind(tmp_path, monkeypatch):
    def half(table, path, **_):
        Path(path).write_text("run,")
        raise OSError("full")

    with closing(Store(tmp_path)) as database:
        database.begin(["a"], {"preset": "x"})
    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    with pytest.raises(OSError, match="full"):
        export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_no_connection_is_left_open(tmp_path, monkeypatch):
    """Python 3.13 gives a ResourceWarning for it, which is an error in the tests."""
    left = []

    class Spy(sqlite3.Connection):
        def close(self):
            left.remove(self)
            super().close()

    def connect(path):
        left.append(sqlite3.Connection.__new__(Spy))
        left[-1].__init__(path)
        return left[-1]

    (tmp_path / FILE).write_text("no database" * 200)
    monkeypatch.setattr(store_module.sqlite3, "connect", connect)
    with pytest.raises(Exception, match="not a database"):
        Store(tmp_path)
    assert left == []
