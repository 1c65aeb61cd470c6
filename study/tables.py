"""One CSV file of samples as an array, with every check that needs no other file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from study.bag import Bag
from study.errors import StudyError, shown
from study.numerals import is_pointless, not_a_number, number
from study.texts import read_text

SUM_TOLERANCE = 1e-6
LONGEST_LINE = 1 << 16  # bytes, on average over a file
MOST_BYTES = 1 << 30
_SEPARATORS = {";": "semicolons", "\t": "tabs"}
_EXPORT_AGAIN = "export the table again with commas between columns and points in numbers"


@dataclass(frozen=True, eq=False)
class Table:
    """One file: values (n, 2 + N) in the order of the bag's columns, and each row's line in it."""

    path: Path
    bag: Bag
    values: NDArray[np.float64]
    lines: Sequence[int]

    @property
    def positions(self) -> NDArray[np.float64]:
        """(n, 2)"""
        return self.values[:, :2]

    @property
    def flows(self) -> NDArray[np.float64]:
        """(n, N)"""
        return self.values[:, 2:]

    def row(self, index: int) -> str:
        """What a message calls a row."""
        return _row_name(index, self.lines[index])

    @property
    def keys(self) -> list[bytes]:
        """Each row's values: rows are equal where these are."""
        return [row.tobytes() for row in self.values + 0.0]  # -0.0 + 0.0 is 0.0: they are equal


def read(path: Path, bag: Bag) -> Table:
    """The table of a file whose name ends with its number of rows.

    Raises StudyError, which names file, row and column, at the first thing that is wrong.
    """
    (_, header), *body = _cells(path, bag.columns)
    header = [name.strip() for name in header]
    _check_header(path, header, bag.columns)
    order = {column: header.index(column) for column in bag.columns}
    for index, (line, cells) in enumerate(body):
        if len(cells) != len(header):
            raise _wrong_width(f"{path}, {_row_name(index, line)}", cells, len(header))
    _check_row_count(path, len(body))
    values = [_numbers(path, index, line, cells, order) for index, (line, cells) in enumerate(body)]
    table = Table(path, bag, np.array(values), [line for line, _ in body])
    _check_values(table)
    return table


def rows_in_name(path: Path) -> int:
    """The number of rows that a file's name tells."""
    return int(path.stem.rsplit("_", 1)[1])


def _cells(path: Path, columns: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of every line that is not blank, the header's first.

    columns: those that an empty file lacks.
    """
    rows = rows_in_name(path)
    most = min((rows + 1) * LONGEST_LINE, MOST_BYTES)
    text = read_text(path, "a CSV file", "export the table as CSV in UTF-8", most)
    reader = csv.reader(io.StringIO(text))
    try:
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise StudyError(
            f"{path}, line {reader.line_num}: expected a row of cells, found {error}; "
            "write the file again"
        ) from None
    if not lines:
        raise StudyError(
            f"{path}: expected the header {','.join(columns)} and {rows} rows, "
            "found an empty file; write it again or remove it"
        )
    return lines


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    for separator, name in _SEPARATORS.items():
        if len(header) == 1 and separator in header[0]:
            raise StudyError(
                f"{path}, line 1: expected commas between columns, found {name}; {_EXPORT_AGAIN}"
            )
    for column in columns:
        times = header.count(column)
        if times != 1:
            raise StudyError(
                f"{path}, line 1: expected a header with one column {column}, found "
                f"{times or 'none'} in {shown(','.join(header))}; the header must name "
                f"{','.join(columns)}, in any order"
            )


def _wrong_width(place: str, cells: Sequence[str], width: int) -> StudyError:
    """Return the error for a row whose number of cells is not the header's."""
    for separator, name in _SEPARATORS.items():
        if separator in "".join(cells):
            return StudyError(
                f"{place}: expected commas between columns, found {name}; {_EXPORT_AGAIN}"
            )
    if len(cells) > width and all(map(is_pointless, cells)):
        return StudyError(
            f"{place}: expected {width} numbers with decimal points, found decimal commas in "
            f"{shown(','.join(cells))}; {_EXPORT_AGAIN}"
        )
    return StudyError(
        f"{place}: expected {width} cells as in the header, found {len(cells)}; "
        "complete the row or remove what is too much"
    )


def _check_row_count(path: Path, rows: int) -> None:
    expected = rows_in_name(path)
    if rows == 0:
        raise StudyError(
            f"{path}: expected {expected} rows, as its name says, found a header only; "
            "write the file again or remove it"
        )
    if rows != expected:
        kind, _ = path.stem.rsplit("_", 1)
        raise StudyError(
            f"{path}: expected {expected} rows, as its name says, found {rows}; "
            f"restore the file or rename it to {kind}_{rows}{path.suffix}"
        )


def _numbers(
    path: Path, index: int, line: int, cells: Sequence[str], order: Mapping[str, int]
) -> list[float]:
    """Return the row's numbers in the order of `order`, which tells the place of each column."""
    numbers = []
    for column, position in order.items():
        try:
            numbers.append(number(cells[position]))
        except ValueError:
            place = f"{path}, {_row_name(index, line)}, column {column}"
            raise not_a_number(place, cells[position], _EXPORT_AGAIN) from None
    return numbers


def _check_values(table: Table) -> None:
    """Check that all is finite, then flows >= 0, positions on the bag, flows of sum 1."""
    bag, values, X = table.bag, table.values, table.flows
    _reject(table, ~np.isfinite(values), "a finite number", "correct the cell or remove the row")
    _reject(
        table,
        np.hstack([np.zeros(table.positions.shape, bool), X < 0]),
        "a flow of at least 0",
        "correct the cell or remove the row",
    )
    _check_positions(table)
    sums = X.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > SUM_TOLERANCE)
    if wrong.size:
        first, *_, last = bag.sensors
        raise StudyError(
            f"{table.path}, {table.row(wrong[0])}, columns {first} to {last}: expected flows that "
            f"sum to 1 within {SUM_TOLERANCE:g}, found {sums[wrong[0]]:.9g}{_others(wrong.size)}; "
            "divide each flow by the sum of its row to normalise it"
        )


def _check_positions(table: Table) -> None:
    """Check that positions are in the box of the bag's outline."""
    bag, Y = table.bag, table.positions
    outside = (bag.low > Y) | (bag.high < Y)
    if outside.any():
        coordinate = np.argwhere(outside)[0, 1]
        low, high = bag.low[coordinate], bag.high[coordinate]
        _reject(
            table,
            outside,
            f"a position in [{low:g}, {high:g}]",
            f"divide positions in mm by {bag.mm:g}, or remove the row",
        )


def _reject(table: Table, wrong: NDArray[np.bool_], expected: str, remedy: str) -> None:
    """Raise StudyError for the first cell marked in `wrong`, if there is one.

    wrong: (n, 2 + N), or the first columns of it.
    """
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        name = table.bag.columns[column]
        raise StudyError(
            f"{table.path}, {table.row(row)}, column {name}: expected {expected}, "
            f"found {table.values[row, column]}{_others(wrong.any(axis=1).sum())}; {remedy}"
        )


def _row_name(index: int, line: int) -> str:
    return f"row {index + 1} (line {line})"


def _others(rows: int) -> str:
    return f" (and {rows - 1} more such rows)" if rows > 1 else ""
