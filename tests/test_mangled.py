"""Inputs that are mangled at random: a clear line or the right result, never anything else."""

import io
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import locate
from bench.studies import Folders, open_study
from locate import table
from report.reading import read_findings
from study.about import NAME
from study.bag import SQUARE
from study.errors import StudyError
from study.presets import load_preset
from study.store import FILE, Store
from tests.bench import made_up as studies
from tests.locate import made_up as networks
from tests.report.made_up import ABOUT, with_conditions
from tests.torture import TIMES

pytestmark = pytest.mark.torture
mangled = settings(
    max_examples=max(50, TIMES),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TOKENS = (
    *(b"1_0", "٣".encode(), b"nan", b"inf", b"1e999", b"-", b"+", b"0x1", b"1,5", b"1 000"),
    *(b"\0", b"\r", b"\n", b"\n\n", b"\t", b",", b";", b'"', b"'", b"[", b"{", b"=1+1", b"#"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xff", b"\x1b[31m", b"<b>", b"$(id)", b"NULL", b"9" * 400),
)


@st.composite
def cuts(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """One to three changes at random places of a file: cut, doubled, replaced or inserted."""
    changes = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["cut", "double", "replace", "insert", "end"]),
                st.floats(0, 1),
                st.integers(1, 12),
                st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=8)),
            ),
            min_size=1,
            max_size=3,
        )
    )

    def change(content: bytes) -> bytes:
        for how, place, length, token in changes:
            at = int(place * len(content))
            before, here, after = content[:at], content[at : at + length], content[at + length :]
            content = {
                "cut": before + after,
                "double": before + here + here + after,
                "replace": before + token + content[at + len(token) :],
                "insert": before + token + here + after,
                "end": before or content,
            }[how]
        return content

    return change


@contextmanager
def a_line_at_most() -> Iterator[None]:
    """What is refused is refused in one line that says what was expected and what was found."""
    try:
        yield
    except StudyError as error:
        told = str(error)
    else:
        return
    assert re.fullmatch("[^\n]*expected [^\n]*found [^\n]*", told), told


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("mangled")
    studies.write_data(home / "data")
    studies.write_preset(home / "tiny.toml")
    with Store(home / "whole" / FILE) as store:
        records = with_conditions()
        store.add(records)
        store.say(NAME, ABOUT.plain())
    networks.save(home / "model.h5", networks.calibration())
    return home


@mangled
@given(change=cuts())
def test_mangled_samples_are_refused_or_read_as_others_read_them(home, change):
    path = home / "data" / "leakage_dataset_train_120.csv"
    whole = path.read_bytes()
    try:
        content = change(whole)
        path.write_bytes(content)
        with a_line_at_most():
            preset = load_preset(str(home / "tiny.toml"))
            study = open_study(preset, Folders(home / "data", home / "r", home / "m"))
            encoding = "utf-16" if content.startswith(b"\xff\xfe") else "utf-8-sig"
            text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
            table = pd.read_csv(io.StringIO(text), dtype=str)
            table.columns = [name.strip() for name in table.columns]
            expected = table[list(SQUARE.columns)].map(float).to_numpy()
            found = study.data.train[120]
            np.testing.assert_array_equal(np.hstack([found.Y, found.X]), expected)
    finally:
        path.write_bytes(whole)


@mangled
@given(change=cuts())
def test_mangled_presets_are_refused_or_read_as_toml_reads_them(home, change):
    path = home / "mangled.toml"
    content = change((home / "tiny.toml").read_bytes())
    path.write_bytes(content)
    with a_line_at_most():
        preset = load_preset(str(path))
        values = tomllib.loads(content.decode("utf-8-sig"))
        assert sorted(set(values["sizes"])) == list(preset.design.sizes)
        if "repeats" not in values:
            assert values["steps"] == preset.design.steps
            assert values["repetitions"] == preset.design.repetitions


@mangled
@given(change=cuts())
def test_mangled_stores_are_refused_or_read(home, change):
    folder = home / "store"
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(change((home / "whole" / FILE).read_bytes()))
    with a_line_at_most():
        read_findings(folder)


VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=20),
    st.binary(max_size=20), st.just("[]"), st.just("null"),
)  # fmt: skip


@mangled
@given(place=st.integers(0, 10**6), value=VALUES)
def test_a_value_of_another_kind_in_a_table_is_refused_or_read(home, place, value):
    folder = home / "value"
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes((home / "whole" / FILE).read_bytes())
    with closing(sqlite3.connect(folder / FILE)) as database, database:
        cells = [
            (table, column)
            for table in ("records", "facts")
            for _, column, *_ in database.execute(f"PRAGMA table_info({table})")
        ]
        table, column = cells[place % len(cells)]
        rows = [row for (row,) in database.execute(f"SELECT rowid FROM {table}")]
        try:
            database.execute(
                f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, rows[place % len(rows)])
            )
        except sqlite3.IntegrityError:
            return
    with a_line_at_most():
        read_findings(folder)


@mangled
@given(change=cuts())
def test_a_mangled_network_is_refused_or_answers_as_before(home, change):
    path = home / "mangled.h5"
    path.write_bytes(change((home / "model.h5").read_bytes()))
    flows = [[0.4, 0.3, 0.2, 0.1]]
    with a_line_at_most():
        answers = locate.load(path)(flows)
        expected = locate.load(home / "model.h5")(flows)
        np.testing.assert_array_equal(answers.mm, expected.mm)


@mangled
@given(change=cuts())
def test_mangled_flows_are_refused_or_read_as_others_read_them(home, change):
    rows = "".join(f"{n}.5,2.25,3,1.125\n" for n in range(1, 9))
    content = change(f"mfc1,mfc2,mfc3,mfc4\n{rows}".encode())
    path = home / "flows.csv"
    path.write_bytes(content)
    with a_line_at_most():
        found = np.concatenate(list(table.read(path)))
        if re.fullmatch(rb"[0-9.,\n]*", content.partition(b"\n")[2]):
            lines = [line for line in content.decode().split("\n")[1:] if line]
            expected = np.array([line.split(",") for line in lines], float)
            if content.startswith(b"mfc1,mfc2,mfc3,mfc4\n"):
                np.testing.assert_array_equal(found, expected)
