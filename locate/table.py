"""Numbers from a text file with columns, some rows at a time, whatever program wrote it.

UTF-8, or UTF-16 with its mark; commas, semicolons or tabs between columns; a header or none. NumPy
reads lines fast; where it cannot, they are read again cell by cell, which says what is wrong.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

import numpy as np

from study.bag import SQUARE
from study.errors import StudyError, shown
from study.forward import Floats
from study.numerals import not_a_number, number
from study.texts import UTF_16, binary_kind

AT_ONCE = 8192  # rows
LONGEST_LINE = 1 << 16
STDIN = Path("-")
_SENSOR = re.compile(r"mfc[0-9]+")


@dataclass(frozen=True)
class _Form:
    """How a file is written: its name, what stands between cells, and where each column is."""

    name: str
    delimiter: str
    width: int
    places: tuple[int, ...]
    columns: tuple[str, ...]


def name_of(path: Path) -> str:
    return "standard input" if path == STDIN else str(path)


def read(path: Path, columns: Sequence[str] = SQUARE.sensors) -> Iterator[Floats]:
    """Yield the columns (n, k) of a file, or of standard input, in order and never all at once.

    A header names the columns, in any order and among others; a file without one has these alone.
    Raises StudyError for what is no table of numbers.
    """
    name = name_of(path)
    with _opened(path) as file:
        lines = _lines(file, name)
        first = next(lines, "")
        form, headed = _form(name, first, tuple(columns))
        rest = lines if headed else chain([first], lines)
        line, row = 1 + headed, 1
        while some := list(islice(rest, AT_ONCE)):
            values = _fast(some, form)
            if values is None:
                values = _careful(some, form, line, row)
            yield values
            line, row = line + len(some), row + len(values)
    if row == 1:
        raise StudyError(
            f"{name}: expected at least one row of numbers, found a header only; add rows"
        )


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        with open(0, "rb", closefd=False) if path == STDIN else path.open("rb") as file:
            start = file.peek(16)
            if kind := binary_kind(start):
                raise StudyError(
                    f"{name_of(path)}: expected a file of flows, found {kind}; export the table as "
                    "CSV in UTF-8"
                )
            encoding = "utf-16" if start.startswith(UTF_16) else "utf-8-sig"
            with io.TextIOWrapper(file, encoding, errors="replace") as text:
                yield text
    except OSError as error:
        raise StudyError(
            f"{name_of(path)}: expected a file of flows, found {error.strerror}; name the file, or "
            "- for standard input"
        ) from None


def _form(name: str, line: str, columns: tuple[str, ...]) -> tuple[_Form, bool]:
    """How the file is written, by its first line, and whether that is a header."""
    if not line.strip():
        raise StudyError(
            f"{name}: expected the header {','.join(columns)} and rows below it, found nothing in "
            "the first line; write the file again"
        )
    delimiter = next((one for one in "\t;" if one in line), ",")
    cells = [cell.strip().lower() for cell in next(csv.reader([line], delimiter=delimiter))]
    if all(map(_is_number, cells)):
        if len(cells) != len(columns):
            raise StudyError(
                f"{name}, line 1: expected the {len(columns)} columns {', '.join(columns)}, found "
                f"{len(cells)} and no header that names them; add a first line with their names"
            )
        return _Form(name, delimiter, len(cells), tuple(range(len(cells))), columns), False
    for column in columns:
        if (times := cells.count(column)) != 1:
            raise StudyError(
                f"{name}, line 1: expected a header with one column {column}, found "
                f"{times or 'none'} in {shown(line.strip())}; the first line must name "
                f"{','.join(columns)}, in any order"
            )
    if more := [one for one in cells if _SENSOR.fullmatch(one) and one not in SQUARE.sensors]:
        raise StudyError(
            f"{name}, line 1: expected the {SQUARE.flows} sensors that the network knows, found "
            f"{more[0]} as well; flows of another bag need a network of their own"
        )
    return _Form(name, delimiter, len(cells), tuple(map(cells.index, columns)), columns), True


def _lines(file: IO[str], name: str) -> Iterator[str]:
    """The file's lines, none of them endless."""
    for count, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), ""), start=1):
        if len(line) == LONGEST_LINE:
            raise StudyError(
                f"{name}, line {count}: expected a line of text, found {LONGEST_LINE} characters "
                "and no end; is it a table?"
            )
        yield line


def _fast(lines: Sequence[str], form: _Form) -> Floats | None:
    """The values (n, k) of these lines as NumPy reads them, if they are as they should be."""
    if "".join(lines).count(form.delimiter) != len(lines) * (form.width - 1):
        return None
    try:
        return np.loadtxt(
            lines, delimiter=form.delimiter, usecols=form.places, ndmin=2, comments=None
        )
    except ValueError:
        return None


def _careful(lines: Sequence[str], form: _Form, line: int, row: int) -> Floats:
    """The values (n, k) of these lines. Raises StudyError for the first that is wrong.

    line, row: the numbers of the first.
    """
    reader = csv.reader(lines, delimiter=form.delimiter)
    rows: list[list[float]] = []
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                rows.append(_row(cells, form, line + reader.line_num - 1, row + len(rows)))
    except csv.Error as error:
        raise StudyError(
            f"{form.name}, line {line + reader.line_num - 1}: expected a row of {form.width} "
            f"cells, found {error}; is it a table?"
        ) from None
    return np.array(rows, np.float64).reshape(-1, len(form.columns))


def _row(cells: Sequence[str], form: _Form, line: int, row: int) -> list[float]:
    """The numbers of a row."""
    if len(cells) != form.width:
        raise StudyError(
            f"{form.name}, row {row} (line {line}): expected {form.width} cells as in the first "
            f"line, found {len(cells)} in {shown(form.delimiter.join(cells))}; write points in "
            "numbers, and complete the row"
        )
    for column, place in zip(form.columns, form.places, strict=True):
        if not _is_number(cells[place]):
            where = f"{form.name}, row {row} (line {line}), column {column}"
            raise not_a_number(where, cells[place], "write points in numbers")
    return [number(cells[place]) for place in form.places]


def _is_number(cell: str) -> bool:
    try:
        number(cell)
    except ValueError:
        return False
    return True
