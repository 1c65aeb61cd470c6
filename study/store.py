"""The store: a study's records in one SQLite file, a table derived from the record's fields.

A block's records are added in one transaction: all of them, or none. Readers open the file
read-only and work while a study runs. A column that a newer record has is added; an older file
stays readable, and what it lacks takes the field's default.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from study.errors import StudyError
from study.records import COLUMNS, Record, record

FILE = "records.sqlite"  # in a study's folder
APPLICATION = 0x4C45414B  # "LEAK": in the file's header, so that no other program's is touched
LAYOUT = 1  # of the tables; raised when an older program could not read them any more
WAIT = 60.0  # seconds for another process's lock
TYPES = {int: "INTEGER", bool: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}


class Store:
    """A study's records, for the one process that writes them."""

    def __init__(self, path: Path):
        """Open or make the file. Raises StudyError where it is none of ours or can't be had."""
        self.path = path
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = not path.exists() or path.stat().st_size == 0
            self._connection = sqlite3.connect(path, timeout=WAIT)
        try:
            if not fresh:
                with _told(path):
                    _check(self._connection, path)
            self._create()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file as one alone: of two more, a reader would leave its own behind."""
        with suppress(sqlite3.OperationalError):  # a reader has it open
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self.close()

    def _create(self) -> None:
        """Make the tables that are not there, and the columns that a table lacks."""
        described = ", ".join(
            f"{c.name} {TYPES[c.type]}{'' if c.optional else ' NOT NULL'}" for c in COLUMNS
        )
        with _told(self.path), self._connection as database:
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {LAYOUT}")
            database.execute(f"CREATE TABLE IF NOT EXISTS records ({described}, PRIMARY KEY (key))")
            database.execute("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT)")
            database.execute("CREATE TABLE IF NOT EXISTS counted (key TEXT PRIMARY KEY)")
            there = _names(database)
            for column in COLUMNS:
                if column.name not in there:
                    kind = TYPES[column.type]
                    database.execute(f"ALTER TABLE records ADD COLUMN {column.name} {kind}")
        with _told(self.path):
            self._connection.execute("PRAGMA journal_mode = WAL")

    def count(self, keys: Iterable[str]) -> None:
        """Say which of the records count in the study as it is asked for now: these alone."""
        with _told(self.path), self._connection as database:
            database.execute("DELETE FROM counted")
            database.executemany("INSERT INTO counted VALUES (?)", ((key,) for key in keys))

    def add(self, records: Iterable[Record]) -> None:
        """Add a block's records, which count: all, or none. They replace others of their keys."""
        names = ", ".join(column.name for column in COLUMNS)
        marks = ", ".join("?" * len(COLUMNS))
        checked = [_checked(one) for one in records]
        with _told(self.path), self._connection as database:
            database.executemany(
                f"INSERT OR REPLACE INTO records ({names}) VALUES ({marks})",
                (tuple(vars(one).values()) for one in checked),
            )
            counted = ((one.key,) for one in checked)
            database.executemany("INSERT OR REPLACE INTO counted VALUES (?)", counted)

    def say(self, name: str, value: Any) -> None:
        """Keep a fact of the study, such as a list of proposals, as JSON."""
        with _told(self.path), self._connection as database:
            text = json.dumps(value, allow_nan=False)
            database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, text))

    def records(self) -> list[Record]:
        """All records, in the order of their names, those that do not count among them."""
        with _told(self.path):
            return _records(self._connection, self.path)

    def facts(self) -> dict[str, Any]:
        """All facts that were said, by name."""
        with _told(self.path):
            return _facts(self._connection, self.path)


def read(path: Path, *, counted: bool = True) -> list[Record]:
    """The records of a store that count, or all of them. Raises StudyError where there is none.

    The file is opened read-only. Records that were made for another version of the preset are kept,
    and count again when that is asked for again.
    """
    with _reading(path) as database:
        return _records(database, path, "JOIN counted USING (key)" if counted else "")


def read_facts(path: Path) -> dict[str, Any]:
    """The facts of a store, which is opened read-only, by name."""
    with _reading(path) as database:
        return _facts(database, path)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise StudyError(
            f"{path}: expected a study's records, found no such file; run `make study` first, or "
            "name the folder it wrote to"
        )
    with _told(path):
        address = f"{path.resolve().as_uri()}?{_way_to_read(path)}"
        with closing(sqlite3.connect(address, uri=True, timeout=WAIT)) as database:
            _check(database, path)
            yield database


def _way_to_read(path: Path) -> str:
    """Read-only; in a folder where SQLite may not put its own files, as what nobody writes."""
    alone = not path.with_name(f"{path.name}-wal").exists()
    return "immutable=1" if alone and not os.access(path.parent, os.W_OK) else "mode=ro"


def _checked(one: Record) -> Record:
    """The record, if all its values are what the table may hold: SQLite makes NaN of NULL."""
    for column in COLUMNS:
        column.check(getattr(one, column.name), f"record {one.key}")
    return one


def _records(database: sqlite3.Connection, path: Path, joined: str = "") -> list[Record]:
    names = [name for name in _names(database) if name in {column.name for column in COLUMNS}]
    order = ("m", "corrected", "architecture", "augmented", "condition", "repetition", "stage")
    rows = database.execute(
        f"SELECT records.rowid, {', '.join(names)} FROM records {joined} "
        f"ORDER BY {', '.join(order)}, rank, key"
    )
    return [
        record(dict(zip(names, values, strict=True)), f"{path}: table records, row {number}")
        for number, *values in rows
    ]


def _facts(database: sqlite3.Connection, path: Path) -> dict[str, Any]:
    found = database.execute("SELECT name, value FROM facts").fetchall()
    return {name: _json(value, f"{path}: table facts, row {name}") for name, value in found}


def _json(text: Any, place: str) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        raise StudyError(
            f"{place}, column value: expected JSON, found {str(text)[:40]!r}; delete the row to "
            "have it made anew"
        ) from None


def _names(database: sqlite3.Connection) -> Sequence[str]:
    found = database.execute("SELECT name FROM pragma_table_info('records')")
    return [name for (name,) in found]


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Refuse another program's database, and one of a newer version of this one."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION:
        raise StudyError(
            f"{path}: expected the records of a study, found a database of another program; name "
            "another folder, or move the file away"
        )
    (layout,) = database.execute("PRAGMA user_version").fetchone()
    if layout > LAYOUT:
        raise StudyError(
            f"{path}: expected records of layout {LAYOUT} or older, found layout {layout}; update "
            "this program, or name another folder"
        )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell what the file system or SQLite refuse in one line."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StudyError(f"{path}: {_refused(str(error))}") from None
    except (OSError, sqlite3.Error) as error:
        raise StudyError(
            f"{path}: expected the records of a study, found {error}; name another folder, or "
            "move the file away"
        ) from None


def _refused(error: str) -> str:
    """What SQLite's error means, and what to do."""
    if "locked" in error:
        return (
            f"expected to be able to write within {WAIT:.0f} s, found it locked by another "
            "process; wait for that, or end it"
        )
    if "full" in error:
        return "expected room to write to, found the disk full; make room: what is there is kept"
    if "readonly" in error:
        return "expected a file that can be written to, found it read-only; change its permissions"
    return f"expected the records of a study, found {error}; name another folder"
