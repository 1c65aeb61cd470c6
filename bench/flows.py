"""Flows from a CSV file or standard input, some at a time, with every check.

Text is read in blocks of whole lines. pandas parses a block fast; where it cannot, or what it finds
is not flows, the block is read again cell by cell, which says what is wrong and in which line.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from study.errors import StudyError
from study.forward import Floats
from study.tables import SUM_TOLERANCE

COLUMNS = ("mfc1", "mfc2", "mfc3", "mfc4")
BLOCK = 1 << 20  # bytes
LONGEST_LINE = 1 << 16


class Flows(NamedTuple):
    """Some rows of a file: normalised flows X (n, 4), and which rows were not so in the file."""

    X: Floats
    normalised: NDArray[np.bool_]  # (n,)


class _Place(NamedTuple):
    """Where in a file a block of lines begins: line and row, both counted from 1."""

    name: str
    line: int
    row: int


def read(path: Path | None) -> Iterator[Flows]:
    """Yield the flows of a CSV file, or of standard input, in order and never all at once.

    The header must name mfc1 to mfc4, in any order; other columns are left alone. Rows that don't
    sum to 1 are normalised. Raises StudyError for what isn't flows.
    """
    name = str(path or "standard input")
    with _opened(path) as file:
        header = _header(name, file.readline(LONGEST_LINE))
        place = _Place(name, 2, 1)
        while lines := _lines(file, place):
            values = _fast(lines, header)
            if values is None:
                values = _careful(lines, header, place)
            if len(values):
                yield _flows(values)
            place = _Place(name, place.line + lines.count(b"\n"), place.row + len(values))
    if place.row == 1:
        raise StudyError(
            f"{name}: expected at least one row of flows, found a header only; add rows below it"
        )


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes]]:
    if path is None:
        with open(0, "rb", closefd=False) as file:
            yield file
        return
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise StudyError(
            f"{path}: expected a CSV file of flows, found {error.strerror}; name the file, or "
            "- for standard input"
        ) from None


def _header(name: str, line: bytes) -> Sequence[str]:
    """The names of the columns, after a check that those of the flows are among them."""
    if not line:
        raise StudyError(
            f"{name}: expected the header {','.join(COLUMNS)} and rows of flows, found nothing; "
            "write the file again"
        )
    text = line.decode("utf-8-sig", errors="replace").strip()
    header = [cell.strip() for cell in next(csv.reader([text]), [])]
    for column in COLUMNS:
        times = header.count(column)
        if times != 1:
            raise StudyError(
                f"{name}, line 1: expected a header with one column {column}, found "
                f"{times or 'none'} in {_shown(text)}; the first line must name "
                f"{','.join(COLUMNS)}, in any order, with commas between them"
            )
    return header


def _lines(file: IO[bytes], place: _Place) -> bytes:
    """The file's next lines, whole ones."""
    lines = file.read(BLOCK)
    if lines and not lines.endswith(b"\n"):
        rest = file.readline(LONGEST_LINE)
        if len(rest) == LONGEST_LINE:
            raise StudyError(
                f"{place.name}: expected lines of text, found one of more than {LONGEST_LINE} "
                f"bytes after line {place.line}; is it a CSV file?"
            )
        lines += rest
    return lines


def _fast(lines: bytes, header: Sequence[str]) -> Floats | None:
    """The values (n, 4) of lines of flows, or None where something in them is not as expected."""
    try:
        table = pd.read_csv(
            io.BytesIO(lines),
            header=None,
            names=range(len(header)),
            usecols=[header.index(column) for column in COLUMNS],
            dtype=np.float64,
            na_filter=False,
            index_col=False,
        )
    except ValueError:  # pandas' errors and those of decoding are kinds of it
        return None
    values = table[[header.index(column) for column in COLUMNS]].to_numpy()
    # pandas drops cells beyond the last column in silence: decimal commas would be among them.
    whole = lines.count(b",") == len(values) * (len(header) - 1)
    with np.errstate(all="ignore"):
        sums = values.sum(axis=1)  # infinite or not a number where one of them is, or too large
    sound = (values >= 0).all() and (sums > 0).all() and np.isfinite(sums).all()
    return values if whole and sound else None


def _careful(lines: bytes, header: Sequence[str], place: _Place) -> Floats:
    """The values (n, 4) of lines of flows. Raises StudyError for the first that is wrong."""
    text = lines.decode("utf-8", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[list[float]] = []
    try:
        for cells in reader:
            if cells:
                row, line = place.row + len(rows), place.line + reader.line_num - 1
                rows.append(_row(cells, header, f"{place.name}, row {row} (line {line})"))
    except csv.Error as error:
        line = place.line + reader.line_num - 1
        raise StudyError(
            f"{place.name}, line {line}: expected a row of {len(header)} cells, found {error}; "
            "is it a CSV file?"
        ) from None
    return np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))


def _row(cells: Sequence[str], header: Sequence[str], where: str) -> list[float]:
    """The four flows of a row."""
    if len(cells) != len(header):
        raise StudyError(
            f"{where}: expected {len(header)} cells as in the header, found {len(cells)} in "
            f"{_shown(','.join(cells))}; write commas between columns and points in numbers"
        )
    flows = [_flow(cells[header.index(column)], f"{where}, column {column}") for column in COLUMNS]
    if not 0 < sum(flows) < math.inf:
        raise StudyError(
            f"{where}: expected flows with a sum above 0, found {sum(flows):g}; remove the row: "
            "it does not tell where a leak is"
        )
    return flows


def _flow(cell: str, where: str) -> float:
    try:
        flow = float(cell)
    except ValueError:
        flow = math.nan
    if not (math.isfinite(flow) and flow >= 0):
        found = _shown(cell) if cell.strip() else "an empty cell"
        raise StudyError(
            f"{where}: expected a number from 0, found {found}; correct the cell or remove the row"
        )
    return flow


def _flows(values: Floats) -> Flows:
    sums = values.sum(axis=1, keepdims=True)
    off = np.abs(sums[:, 0] - 1) > SUM_TOLERANCE
    return Flows(np.where(off[:, np.newaxis], values / sums, values), off)


def _shown(text: str) -> str:
    """The text in quotes, on one line, its end left out where it is long."""
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
