"""The study's rows in SQLite: written a cell at a time, safe to interrupt, exported as CSV."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from study.errors import StudyError

FILE = "runs.sqlite"

RUNS = {
    "run": "TEXT PRIMARY KEY",
    "role": "TEXT",
    "architecture": "TEXT",
    "augmented": "INTEGER",
    "m": "INTEGER",
    "corrected": "INTEGER",
    "control": "TEXT",
    "draw": "INTEGER",
    "start": "INTEGER",
    "trial": "INTEGER",
    "depth": "INTEGER",
    "width": "INTEGER",
    "activation": "TEXT",
    "optimizer": "TEXT",
    "learning_rate": "REAL",
    "batch_size": "INTEGER",
    "loss": "TEXT",
    "fault_sensor": "INTEGER",  # what a corrected run found in its samples and undid
    "fault_offset": "REAL",
    "fault_error": "REAL",
    "budget": "INTEGER",
    "best_step": "INTEGER",
    "validation_mse": "REAL",
    "validation_mae": "REAL",
    "validation_distance_mm": "REAL",
    "validation_p95_mm": "REAL",
    "test_mse": "REAL",
    "test_mae": "REAL",
    "test_distance_mm": "REAL",
    "test_p95_mm": "REAL",
    "train_mse": "REAL",
    "test_augmented_mse": "REAL",
    "orbit_mse": "REAL",
    "test_orbit_mse": "REAL",
    "parameters": "INTEGER",
    "equivariance_error": "REAL",
    "equivariance_error_rms": "REAL",
    "output_spread": "REAL",
    "steps": "INTEGER",
    "seconds": "REAL",
    "status": "TEXT",
    "reason": "TEXT",
    "seed": "TEXT",  # 63 bits: more than a float, which is what pandas makes of a column with gaps
}
CELL = {
    "run": "TEXT",
    "architecture": "TEXT",
    "augmented": "INTEGER",
    "m": "INTEGER",
    "corrected": "INTEGER",
    "control": "TEXT",
}
# What the report draws of the winners.
PICTURES = {
    "diagonals": {**CELL, "diagonal": "TEXT", "share": "REAL", "y1": "REAL", "y2": "REAL"},
    "maps": {**CELL, "column": "INTEGER", "row": "INTEGER", "n": "INTEGER", "mse": "REAL"},
}
TABLES = {
    "runs": RUNS,
    **PICTURES,
    "plan": {"run": "TEXT PRIMARY KEY"},
    "study": {"key": "TEXT PRIMARY KEY", "value": "TEXT"},
}


Row = Mapping[str, Any]


@dataclass(frozen=True)
class Results:
    """What a study has come to: its rows as tables, and what it was."""

    runs: pd.DataFrame
    diagonals: pd.DataFrame
    maps: pd.DataFrame
    study: dict[str, Any]


class Store:
    """The database of a results folder. Every method is one transaction: all of it, or nothing."""

    def __init__(self, folder: Path):
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(folder / FILE)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(folder / FILE, error) from None
        try:
            self._create()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with self.connection:
                yield
        except sqlite3.Error as error:
            raise _unusable(self.folder / FILE, error) from None

    def _create(self) -> None:
        """Make the tables that are not there, and refuse those of another version."""
        with self._transaction():
            self.connection.execute("PRAGMA journal_mode = WAL")
            for table, columns in TABLES.items():
                described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
                self.connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({described})")
            _check_version(self.connection, self.folder / FILE)

    def begin(self, keys: Iterable[str], study: Mapping[str, Any], *, anew: bool = True) -> None:
        """Say what the study is now, and which runs belong to it; `anew` forgets what was said."""
        with self._transaction():
            self.connection.execute("DELETE FROM plan")
            self._insert("plan", ({"run": key} for key in keys))
            if anew:
                self.connection.execute("DELETE FROM study")
            self._describe(study)

    def describe(self, study: Mapping[str, Any]) -> None:
        """Add to what is said of the study, or say it anew."""
        with self._transaction():
            self._describe(study)

    def add(self, rows: Iterable[Row], pictures: Mapping[str, Sequence[Row]]) -> None:
        """Write a cell's rows and its winners' pictures, in place of those of the same runs."""
        with self._transaction():
            self._insert("runs", rows)
            for table, drawn in pictures.items():
                runs = {(row["run"],) for row in drawn}
                self.connection.executemany(f"DELETE FROM {table} WHERE run = ?", runs)
                self._insert(table, drawn)

    def rows(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The rows of those of these runs that are there, by key."""
        wanted = set(keys)
        with self._transaction():
            cursor = self.connection.execute(f"SELECT {', '.join(RUNS)} FROM runs")
            rows = (dict(zip(RUNS, values, strict=True)) for values in cursor)
            return {row["run"]: row for row in rows if row["run"] in wanted}

    def said(self) -> dict[str, Any]:
        """What is said of the study."""
        with self._transaction():
            return _said(self.connection)

    def _describe(self, study: Mapping[str, Any]) -> None:
        described = ({"key": key, "value": json.dumps(value)} for key, value in study.items())
        self._insert("study", described)

    def _insert(self, table: str, rows: Iterable[Row]) -> None:
        names = list(TABLES[table])
        marks = ", ".join("?" * len(names))
        values = ([row.get(name) for name in names] for row in rows)
        self.connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)


def read(folder: Path) -> Results:
    """The study whose rows are in this folder. Raises StudyError where there is none."""
    path = folder / FILE
    if not path.exists():
        raise _no_study(path, "no such file")
    try:
        with closing(sqlite3.connect(path)) as connection:
            _check_version(connection, path)
            study = _said(connection)
            planned = "SELECT runs.* FROM runs JOIN plan USING (run) ORDER BY runs.rowid"
            runs = pd.read_sql_query(planned, connection)
            winners = "SELECT run FROM runs JOIN plan USING (run) WHERE role = 'winner'"
            diagonals, maps = (
                pd.read_sql_query(f"SELECT * FROM {table} WHERE run IN ({winners})", connection)
                for table in PICTURES
            )
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise _unusable(path, error) from None
    if not study:
        raise _no_study(path, "none yet")
    truth = {"augmented": bool, "corrected": bool}
    numbers = {name: float for name, kind in RUNS.items() if kind == "REAL"}
    runs = runs.astype(truth | numbers)
    return Results(runs, diagonals.astype(truth), maps.astype(truth), study)


def export(folder: Path) -> Path:
    """Write the study's rows to runs.csv beside the database."""
    return write_csv(read(folder).runs, folder / "runs.csv")


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table under a temporary name, then give the file its own."""
    temporary = path.with_suffix(".csv.part")
    try:
        table.to_csv(temporary, index=False)
        return temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _said(connection: sqlite3.Connection) -> dict[str, Any]:
    said = connection.execute("SELECT key, value FROM study")
    return {key: json.loads(value) for key, value in said}


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database whose tables another version of this project made."""
    for table, columns in TABLES.items():
        found = connection.execute(f"SELECT name FROM pragma_table_info('{table}')")
        if [name for (name,) in found] != list(columns):
            raise _unusable(path, f"other columns in its table {table}")


def _no_study(path: Path, found: str) -> StudyError:
    return StudyError(
        f"{path}: expected the rows of a study, found {found}; run `make study` first, "
        "or name the folder it wrote to"
    )


def _unusable(path: Path, error: Exception | str) -> StudyError:
    return StudyError(
        f"{path}: expected a database of this version of the study, found {error}; "
        "name another folder, or move the file away"
    )
