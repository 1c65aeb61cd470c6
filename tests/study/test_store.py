"""The store: blocks whole or not at all, readers beside a writer, every other file refused."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from study import store
from study.errors import StudyError
from study.store import FILE, Store, is_begun, read, read_facts
from tests.study.test_records import SOUND

OTHER = replace(SOUND, key="f" * 16, repetition=2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new folder" / FILE


@pytest.fixture
def filled(path):
    with Store(path) as records:
        records.add([SOUND, OTHER])
    return path


def damage(path, *statements):
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def test_what_is_added_comes_back(filled):
    assert read(filled) == [SOUND, OTHER]
    with Store(filled) as records:
        assert records.records() == [SOUND, OTHER]


def test_the_order_is_that_of_the_names_not_of_the_adding(path):
    with Store(path) as records:
        records.add([OTHER])
        records.add([SOUND])
    assert read(path) == [SOUND, OTHER]


def test_a_record_of_a_key_that_is_there_takes_its_place(filled):
    with Store(filled) as records:
        records.add([replace(SOUND, seconds=9.0)])
    assert read(filled) == [replace(SOUND, seconds=9.0), OTHER]


def test_a_block_with_a_number_that_is_none_is_not_added_at_all(filled):
    with Store(filled) as records:
        bad = replace(SOUND, key="b" * 16, validation_mse=float("nan"))
        with pytest.raises(StudyError, match=f"record {'b' * 16}, column validation_mse"):
            records.add([replace(SOUND, key="a" * 16), bad])
    assert read(filled) == [SOUND, OTHER]


def test_a_reader_reads_while_a_writer_has_the_file_open(path):
    with Store(path) as records:
        records.add([SOUND])
        assert read(path) == [SOUND]
        records.add([OTHER])
        assert read(path) == [SOUND, OTHER]


def test_a_reader_makes_no_file(path):
    with pytest.raises(StudyError, match="found no such file; run `make study` first"):
        read(path)
    assert not path.exists()


FACTS = {"proposals standard 1 0": [{"depth": 2}], "about": {"m": [25, None], "words": "é"}, "n": 3}


def test_facts_come_back_as_they_were_said(path):
    with Store(path) as records:
        assert records.facts() == {}
        for name, value in FACTS.items():
            records.say(name, value)
        assert records.facts() == FACTS
        assert read_facts(path) == FACTS  # beside the writer
    assert read_facts(path) == FACTS


def test_a_fact_that_is_said_again_takes_its_place(filled):
    with Store(filled) as records:
        records.say("n", 1)
        records.say("n", [2])
    assert read_facts(filled) == {"n": [2]}
    assert read(filled) == [SOUND, OTHER]


def test_a_fact_that_is_no_json_is_not_said(filled):
    with Store(filled) as records:
        records.say("n", 1)
        with pytest.raises(ValueError, match="JSON"):
            records.say("n", float("nan"))
    assert read_facts(filled) == {"n": 1}


def test_what_reads_facts_makes_and_changes_no_file(filled):
    with pytest.raises(StudyError, match="found no such file; run `make study` first"):
        read_facts(filled.with_name("other.sqlite"))
    before = filled.read_bytes()
    filled.chmod(0o400)
    assert read_facts(filled) == {}
    assert filled.read_bytes() == before


@pytest.mark.parametrize(
    "statement", ["INSERT INTO facts VALUES ('a', '1')", "DELETE FROM records"]
)
def test_a_reader_cannot_write(filled, statement, monkeypatch):
    """Whatever it asks for: the file is opened read-only."""

    def write(database, _):
        database.execute(statement)

    monkeypatch.setattr(store, "_facts", write)
    with pytest.raises(StudyError, match="found it read-only; change its permissions"):
        read_facts(filled)
    assert read(filled) == [SOUND, OTHER]


def test_a_reader_needs_no_leave_to_write(filled, monkeypatch):
    """SQLite would put files of its own beside; where it may not, it reads without."""
    monkeypatch.setattr(store.os, "access", lambda path, mode: path != filled.parent)
    assert read(filled) == [SOUND, OTHER]
    assert read_facts(filled) == {}
    assert [one.name for one in filled.parent.iterdir()] == [FILE]
    with Store(filled) as records:  # another's, who may
        records.say("n", 1)
        assert read_facts(filled) == {"n": 1}


def test_an_older_file_without_a_column_is_read_and_completed(filled):
    damage(filled, "ALTER TABLE records DROP COLUMN curve")
    assert read(filled) == [SOUND, OTHER]
    with Store(filled) as records:
        records.add([replace(SOUND, curve=b"\x00\x00\x80?")])
    assert read(filled)[0].curve == b"\x00\x00\x80?"


def test_another_programs_database_is_refused_and_left_as_it_is(path):
    path.parent.mkdir()
    damage(path, "CREATE TABLE theirs (a)")
    before = path.read_bytes()
    for opened in (Store, read, read_facts):
        with pytest.raises(StudyError, match="found a database of another program"):
            opened(path)
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused(path):
    path.parent.mkdir()
    path.write_text("y1,y2\n" * 1000)
    for opened in (Store, read, read_facts):
        with pytest.raises(StudyError, match="found a file that is not a database"):
            opened(path)


def test_a_newer_layout_is_refused(filled):
    damage(filled, "PRAGMA user_version = 99")
    for opened in (Store, read, read_facts):
        with pytest.raises(StudyError, match="found layout 99; update this program"):
            opened(filled)


def test_a_damaged_value_is_told_by_table_row_and_column(filled):
    damage(filled, "UPDATE records SET test_mse = 'low' WHERE repetition = 2")
    with pytest.raises(StudyError, match="table records, row 2, column test_mse: expected a num"):
        read(filled)


@pytest.mark.parametrize(
    ("value", "found"), [("'[1,'", r"'\[1,'"), ("NULL", "'None'"), ("x'ff'", ".+")]
)
def test_a_damaged_fact_is_told_by_its_row(filled, value, found):
    damage(filled, f"INSERT INTO facts VALUES ('proposals', {value})")
    place = f"{FILE}: table facts, row proposals, column value"
    message = rf"{place}: expected JSON, found {found}; delete the row to have it made anew$"
    with pytest.raises(StudyError, match=message):
        read_facts(filled)
    with Store(filled) as records, pytest.raises(StudyError, match=message):
        records.facts()
    assert read(filled) == [SOUND, OTHER]


def test_a_lock_that_stays_is_told(filled, monkeypatch):
    monkeypatch.setattr(store, "WAIT", 0.01)
    monkeypatch.setattr(store, "PAUSE", 0.01)
    with closing(sqlite3.connect(filled)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StudyError, match="found it locked by another process"):
            Store(filled)
        other.rollback()
    assert read(filled) == [SOUND, OTHER]


def test_a_lock_that_goes_is_waited_for_and_nothing_is_lost(filled, monkeypatch):
    """SQLite waits for a moment at a time, so that an interrupt is heard; then it tries again."""
    monkeypatch.setattr(store, "PAUSE", 0.01)
    tried = []
    with closing(sqlite3.connect(filled, check_same_thread=False)) as other, Store(filled) as mine:
        other.execute("BEGIN IMMEDIATE")
        refused = store._refused

        def free(error):
            tried.append(error)
            if len(tried) == 3:
                other.rollback()
            return refused(error)

        monkeypatch.setattr(store, "_refused", free)
        mine.add([replace(SOUND, key="e" * 16, repetition=3)])
    assert len(tried) >= 3
    assert [one.repetition for one in read(filled)] == [1, 2, 3]


def test_a_row_that_is_there_twice_is_told(filled):
    damage(
        filled,
        "CREATE TABLE copied AS SELECT * FROM records",
        "INSERT INTO copied SELECT * FROM records WHERE repetition = 2",
        "DROP TABLE records",
        "ALTER TABLE copied RENAME TO records",
    )
    message = (
        "table records, row 3, column key: expected a key of its own, found that of row 2; del"
    )
    for opened in (read, read_all):
        with pytest.raises(StudyError, match=message):
            opened(filled)


def read_all(path):
    with Store(path) as records:
        return records.records()


def test_a_record_that_counts_twice_counts_once(filled):
    damage(
        filled,
        "CREATE TABLE copied AS SELECT * FROM counted UNION ALL SELECT * FROM counted",
        "DROP TABLE counted",
        "ALTER TABLE copied RENAME TO counted",
    )
    assert read(filled) == [SOUND, OTHER]


def test_a_text_that_is_none_is_told_by_its_place(filled):
    damage(filled, "UPDATE records SET reason = CAST(x'ff' AS TEXT) WHERE repetition = 2")
    with pytest.raises(StudyError, match="table records, row 2, column reason: expected a text"):
        read(filled)


def test_nested_json_without_end_is_told(filled):
    damage(filled, f"INSERT INTO facts VALUES ('proposals', '{'[' * 100_000}')")
    with pytest.raises(StudyError, match="row proposals, column value: expected JSON") as told:
        read_facts(filled)
    assert len(str(told.value)) < 300


def test_a_damaged_file_is_told(filled):
    content = bytearray(filled.read_bytes())
    content[4096:] = bytes(range(256)) * ((len(content) - 4096) // 256)
    filled.write_bytes(content)
    for opened in (read, read_all):
        with pytest.raises(StudyError, match="found a damaged database; put a copy in its place"):
            opened(filled)


@pytest.mark.parametrize("table", ["records", "facts", "counted"])
def test_a_store_without_a_table_is_told(filled, table):
    damage(filled, f"DROP TABLE {table}")
    opened = read_facts if table == "facts" else read
    with pytest.raises(StudyError, match=f"found no such table: {table}; name another folder"):
        opened(filled)


def test_what_was_killed_before_its_tables_were_made_is_begun_anew(path):
    path.parent.mkdir()
    path.touch()
    assert not is_begun(path)
    with pytest.raises(StudyError, match="found no such file; run `make study` first"):
        read(path)
    with Store(path) as records:
        records.add([SOUND])
    assert is_begun(path)
    assert read(path) == [SOUND]


def test_what_was_killed_while_it_was_made_is_told_to_a_reader_and_mended_by_a_writer(filled):
    """A journal that must be rolled back: who reads may not."""
    with closing(sqlite3.connect(filled)) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("UPDATE records SET weights = zeroblob(100000)")
        copy = filled.with_name("copy.sqlite")
        for end in ("", "-journal"):
            shutil.copy(f"{filled}{end}", f"{copy}{end}")
        database.rollback()
    with pytest.raises(
        StudyError, match="that a process was writing when it was killed; run `make"
    ):
        read(copy)
    assert read_all(copy) == read(copy) == [SOUND, OTHER]
