"""The store: a study's records in one SQLite file, a table derived from the record's fields.

A block's records are added in one transaction: all of them, or none. Readers open the file
read-only and work while a study runs. A column that a newer record has is added; an older file
stays readable, and what it lacks takes the field's default.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

from study.errors import StudyError
from study.records import COLUMNS, Record, records

FILE = "records.sqlite"  # in a study's folder
APPLICATION = 0x4C45414B  # "LEAK": in the file's header, so that no other program's is touched
LAYOUT = 1  # of the tables; raised when an older program could not read them any more
WAIT = 60.0  # seconds for another process's lock
PAUSE = 1.0  # seconds of that in which SQLite waits and Python hears no interrupt
TYPES = {int: "INTEGER", bool: "INTEGER", float: "REAL", str: "TEXT", bytes: "BLOB"}
# What SQLite may refuse: what was expected, what was found, and what to do.
LOCKED = (
    f"to have the file within {WAIT:.0f} s",
    "it locked by another process",
    "wait for that, or end it: what is there is kept",
)
CLOSED = (
    "a file that can be opened",
    "one that can't be",
    "change the permissions of the file and its folder",
)
REFUSED = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_CANTOPEN: CLOSED,
    sqlite3.SQLITE_PERM: CLOSED,
    sqlite3.SQLITE_FULL: (
        "room to write to",
        "the disk full",
        "make room, and run this again: what is there is kept",
    ),
    sqlite3.SQLITE_READONLY: (
        "a file that can be written to",
        "it read-only",
        "change its permissions",
    ),
    sqlite3.SQLITE_NOTADB: (
        "the records of a study",
        "a file that is not a database",
        "name another folder, or move the file away",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the records of a study",
        "a damaged database",
        "put a copy in its place, or move it away to have all trained anew",
    ),
    sqlite3.SQLITE_IOERR: (
        "to read and to write",
        "that the disk refuses it",
        "look whether it is full or faulty, and run this again: what is there is kept",
    ),
}
# A process was killed while it made or closed the file.
HALF = (
    "a file that was closed",
    "one that a process was writing when it was killed",
    "run `make study` again, which mends it",
)
REFUSED_TO_READERS = {sqlite3.SQLITE_READONLY_ROLLBACK: HALF}
T = TypeVar("T")


class Store:
    """A study's records, for the one process that writes them."""

    def __init__(self, path: Path):
        """Open or make the file. Raises StudyError where it is none of ours or can't be had."""
        self.path = path
        self._connection = _patiently(path, self._opened)
        try:
            _patiently(path, self._create)
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

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return _connected(self.path)

    def _create(self) -> None:
        """Make the tables that are not there, and the columns that a table lacks: all, or none."""
        described = ", ".join(
            f"{c.name} {TYPES[c.type]}{'' if c.optional else ' NOT NULL'}" for c in COLUMNS
        )
        with self._connection as database:
            if not _is_empty(self.path):
                _check(database, self.path)
            database.execute("BEGIN IMMEDIATE")
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
        self._connection.execute("PRAGMA journal_mode = WAL")

    def count(self, keys: Sequence[str]) -> None:
        """Say which of the records count in the study as it is asked for now: these alone."""
        self._write(
            ("DELETE FROM counted", [()]),
            ("INSERT INTO counted VALUES (?)", [(key,) for key in keys]),
        )

    def add(self, records: Iterable[Record]) -> None:
        """Add a block's records, which count: all, or none. They replace others of their keys."""
        names = ", ".join(column.name for column in COLUMNS)
        marks = ", ".join("?" * len(COLUMNS))
        checked = [_checked(one) for one in records]
        self._write(
            (
                f"INSERT OR REPLACE INTO records ({names}) VALUES ({marks})",
                [tuple(vars(one).values()) for one in checked],
            ),
            ("INSERT OR REPLACE INTO counted VALUES (?)", [(one.key,) for one in checked]),
        )

    def say(self, name: str, value: Any) -> None:
        """Keep a fact of the study, such as a list of proposals, as JSON."""
        text = json.dumps(value, allow_nan=False)
        self._write(("INSERT OR REPLACE INTO facts VALUES (?, ?)", [(name, text)]))

    def _write(self, *statements: tuple[str, Sequence[tuple[Any, ...]]]) -> None:
        """Carry out statements, each for its rows, in one transaction."""

        def write() -> None:
            with self._connection as database:
                database.execute("BEGIN IMMEDIATE")
                for statement, rows in statements:
                    database.executemany(statement, rows)

        _patiently(self.path, write)

    def records(self) -> list[Record]:
        """All records, in the order of their names, those that do not count among them."""
        return _patiently(self.path, lambda: _records(self._connection, self.path))

    def facts(self) -> dict[str, Any]:
        """All facts that were said, by name."""
        return _patiently(self.path, lambda: _facts(self._connection, self.path))


def is_begun(path: Path) -> bool:
    """Whether there is a store: not where its process was killed before it made the tables."""
    return path.is_file() and not _is_empty(path)


def read(path: Path, *, counted: bool = True) -> list[Record]:
    """The records of a store that count, or all of them. Raises StudyError where there is none.

    The file is opened read-only. Records that were made for another version of the preset are kept,
    and count again when that is asked for again.
    """
    those = "WHERE key IN (SELECT key FROM counted)" if counted else ""
    return _read(path, lambda database: _records(database, path, those))


def read_facts(path: Path) -> dict[str, Any]:
    """The facts of a store, which is opened read-only, by name."""
    return _read(path, lambda database: _facts(database, path))


def _read(path: Path, ask: Callable[[sqlite3.Connection], T]) -> T:
    """What a store that is opened read-only answers."""
    if not is_begun(path):
        raise StudyError(
            f"{path}: expected a study's records, found no such file; run `make study` first, or "
            "name the folder it wrote to"
        )

    def asked() -> T:
        with closing(_connected(path, _way_to_read(path))) as database:
            _check(database, path)
            return ask(database)

    return _patiently(path, asked)


def _is_empty(path: Path) -> bool:
    return path.stat().st_size == 0


def _connected(path: Path, way: str = "mode=rwc") -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{way}", uri=True, timeout=PAUSE)
    connection.text_factory = _text
    return connection


def _text(value: bytes) -> str | bytes:
    """A text as it is stored; as bytes where it is none, so that it is told like other damage."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _way_to_read(path: Path) -> str:
    """Read-only; in a folder where SQLite may not put its own files, as what nobody writes."""
    alone = not path.with_name(f"{path.name}-wal").exists()
    return "immutable=1" if alone and not os.access(path.parent, os.W_OK) else "mode=ro"


def _checked(one: Record) -> Record:
    """The record, if all its values are what the table may hold: SQLite makes NaN of NULL."""
    for column in COLUMNS:
        column.check(getattr(one, column.name), f"record {one.key}")
    return one


def _records(database: sqlite3.Connection, path: Path, those: str = "") -> list[Record]:
    names = _names(database)
    order = ("m", "corrected", "architecture", "augmented", "condition", "repetition", "stage")
    rows = database.execute(
        f"SELECT rowid, * FROM records {those} ORDER BY {', '.join(order)}, rank, key"
    ).fetchall()

    def place(k: int) -> str:
        return f"{path}: table records, row {rows[k][0]}"

    found = records(["", *names], rows, place)
    first: dict[str, int] = {}
    for k, one in enumerate(found):
        if (other := first.setdefault(one.key, k)) != k:
            raise StudyError(
                f"{place(k)}, column key: expected a key of its own, found that of row "
                f"{rows[other][0]}; delete one of the two"
            )
    return found


def _facts(database: sqlite3.Connection, path: Path) -> dict[str, Any]:
    found = database.execute("SELECT name, value FROM facts").fetchall()
    return {name: _json(value, f"{path}: table facts, row {name}") for name, value in found}


def _json(text: Any, place: str) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
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


def _patiently(path: Path, work: Callable[[], T]) -> T:
    """What work on a store comes to, which is tried again while another process locks the file.

    Tells what the file system or SQLite refuse in one line.
    """
    end = time.monotonic() + WAIT
    while True:
        try:
            return work()
        except sqlite3.Error as error:
            refused = _refused(error)
            if refused != LOCKED or time.monotonic() > end:
                expected, found, remedy = refused
                raise StudyError(f"{path}: expected {expected}, found {found}; {remedy}") from None
        except OSError as error:
            raise StudyError(
                f"{path}: expected a folder to write to, found {error.strerror}; name another"
            ) from None


def _refused(error: sqlite3.Error) -> tuple[str, str, str]:
    """What SQLite's error means: expected, found, remedy."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    other = ("the records of a study", str(error), "name another folder, or move the file away")
    return REFUSED_TO_READERS.get(code) or REFUSED.get(code & 0xFF, other)
