"""The CSV files as arrays, with every check."""

import csv
import hashlib
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from study.bag import SQUARE, Bag
from study.errors import StudyError

ROLES = ("train", "validation", "test")
SUM_TOLERANCE = 1e-6
STRIDE = 1000  # rows, at least, from one repetition's place in a pool to the next

_NAME = re.compile(rf"leakage_dataset_({'|'.join(ROLES)})_([1-9][0-9]*)\.csv")
_POINTLESS_NUMBER = re.compile(r"\s*[+-]?[0-9]+(e[+-]?[0-9]+)?\s*", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]*,[0-9]+(e[+-]?[0-9]+)?\s*", re.IGNORECASE)
_SEPARATORS = {";": "semicolons", "\t": "tabs"}
_EXPORT_AGAIN = "export the table again with commas between columns and points in numbers"


class Samples(NamedTuple):
    """Flows X (n, N), normalised, and leak positions Y (n, 2) on the bag, both float64."""

    X: NDArray[np.floating]
    Y: NDArray[np.floating]


@dataclass(frozen=True)
class Data:
    """What a folder holds: training and validation samples by their number of rows, and a test set.

    The checksum (SHA-256) covers roles, sizes and values, not how they are written in the files:
    data are equal where their checksums are.
    """

    folder: Path = field(compare=False)
    train: Mapping[int, Samples] = field(compare=False)
    validations: Mapping[int, Samples] = field(compare=False)
    test: Samples | None = field(compare=False)
    checksum: str

    @property
    def validation(self) -> Samples:
        """The smallest validation file: the exercise's own."""
        return self.validations[min(self.validations)]


@dataclass(frozen=True, eq=False)
class _Table:
    """One file: values (n, 2 + N) in the order of the bag's columns, and each row's line in it."""

    path: Path
    bag: Bag
    values: NDArray[np.float64]
    lines: Sequence[int]

    @property
    def samples(self) -> Samples:
        return Samples(X=self.values[:, 2:].copy(), Y=self.values[:, :2].copy())

    def row(self, index: int) -> str:
        return _row_name(index, self.lines[index])


def disjoint(pool: int, count: int) -> int:
    """How many repetitions of so many rows share none, in a pool of so many."""
    return max(1, pool // max(STRIDE, count))


def file_name(role: str, rows: int) -> str:
    """Return the name of the file with this role ("train", "validation", "test") and row count."""
    return f"leakage_dataset_{role}_{rows}.csv"


def load(folder: Path, bag: Bag = SQUARE) -> Data:
    """Read and check all data files of the folder, which are of this bag.

    Raises StudyError, which names file, row and column, at the first thing that is wrong.
    """
    paths = _find(folder)
    tables = {role: [_read(path, bag) for path in paths[role]] for role in ROLES}
    for first, second in combinations(ROLES, 2):
        for table in tables[first]:
            for held_out in tables[second]:
                _check_disjoint(table, held_out)
    return assemble(folder, {role: [table.samples for table in tables[role]] for role in ROLES})


def assemble(folder: Path, samples: Mapping[str, Sequence[Samples]]) -> Data:
    """The data of samples by their role, those of a role sorted by their number."""
    digest = hashlib.sha256()
    for role in ROLES:
        for one in samples[role]:
            digest.update(file_name(role, len(one.X)).encode())
            digest.update(np.hstack([one.Y, one.X]).astype("<f8").tobytes())
    train, validations = (
        {len(one.X): one for one in samples[role]} for role in ("train", "validation")
    )
    test = samples["test"][0] if samples["test"] else None
    return Data(folder, train, validations, test, digest.hexdigest())


def _find(folder: Path) -> dict[str, list[Path]]:
    """Return the folder's data files by role, each role's sorted by row count."""
    if not folder.is_dir():
        raise StudyError(
            f"{folder}: expected a folder with {file_name('train', 100)} and the like, found no "
            "folder there; name the folder that holds the data, or make it for simulated data"
        )
    found: dict[str, list[Path]] = {role: [] for role in ROLES}
    for path in sorted(folder.glob("leakage_dataset_*.csv")):
        match = _NAME.fullmatch(path.name)
        if not match:
            raise StudyError(
                f"{path}: expected a name like {file_name('train', 100)} (train, validation or "
                f"test, then the number of rows), found {path.name}; rename the file or move it "
                "away"
            )
        found[match[1]].append(path)
    for paths in found.values():
        paths.sort(key=_rows_in_name)
    _check_roles(folder, found)
    return found


def _check_roles(folder: Path, found: Mapping[str, Sequence[Path]]) -> None:
    for role in ("train", "validation"):
        if not found[role]:
            names = ", ".join(path.name for paths in found.values() for path in paths)
            raise StudyError(
                f"{folder}: expected a {role} file such as {file_name(role, 1000)}, found "
                f"{names or 'no data file'}; put the {role} file into this folder"
            )
    if len(found["test"]) > 1:
        raise StudyError(
            f"{folder}: expected one test file, found "
            f"{', '.join(path.name for path in found['test'])}; keep {found['test'][-1].name}, "
            "which has the most rows, and move the rest away"
        )


def _read(path: Path, bag: Bag) -> _Table:
    """Return the file's values after all checks that need no other file."""
    (_, header), *body = _cells(path, bag.columns)
    header = [name.strip() for name in header]
    _check_header(path, header, bag.columns)
    order = {column: header.index(column) for column in bag.columns}
    for index, (line, cells) in enumerate(body):
        if len(cells) != len(header):
            raise _wrong_width(f"{path}, {_row_name(index, line)}", cells, len(header))
    _check_row_count(path, len(body))
    values = [_numbers(path, index, line, cells, order) for index, (line, cells) in enumerate(body)]
    table = _Table(path, bag, np.array(values), [line for line, _ in body])
    _check_values(table)
    return table


def _cells(path: Path, columns: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of every line that is not blank, the header's first.

    columns: those that an empty file lacks.
    """
    try:
        # "utf-8-sig" swallows a byte-order mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, cells) for cells in reader if cells]
    except (OSError, UnicodeError, csv.Error) as error:
        raise StudyError(
            f"{path}: expected a readable CSV file in UTF-8, found {error}; "
            "check its permissions or write it again"
        ) from error
    if not lines:
        raise StudyError(
            f"{path}: expected the header {','.join(columns)} and {_rows_in_name(path)} rows, "
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
                f"{times or 'none'} in {_shown(','.join(header))}; the header must name "
                f"{','.join(columns)}, in any order"
            )


def _wrong_width(place: str, cells: Sequence[str], width: int) -> StudyError:
    """Return the error for a row whose number of cells is not the header's."""
    for separator, name in _SEPARATORS.items():
        if separator in "".join(cells):
            return StudyError(
                f"{place}: expected commas between columns, found {name}; {_EXPORT_AGAIN}"
            )
    if len(cells) > width and all(_POINTLESS_NUMBER.fullmatch(cell) for cell in cells):
        return StudyError(
            f"{place}: expected {width} numbers with decimal points, found decimal commas in "
            f"{_shown(','.join(cells))}; {_EXPORT_AGAIN}"
        )
    return StudyError(
        f"{place}: expected {width} cells as in the header, found {len(cells)}; "
        "complete the row or remove what is too much"
    )


def _check_row_count(path: Path, rows: int) -> None:
    expected = _rows_in_name(path)
    if rows == 0:
        raise StudyError(
            f"{path}: expected {expected} rows, as its name says, found a header only; "
            "write the file again or remove it"
        )
    if rows != expected:
        role = path.name.split("_")[2]
        raise StudyError(
            f"{path}: expected {expected} rows, as its name says, found {rows}; "
            f"restore the file or rename it to {file_name(role, rows)}"
        )


def _numbers(
    path: Path, index: int, line: int, cells: Sequence[str], order: Mapping[str, int]
) -> list[float]:
    """Return the row's numbers in the order of `order`, which tells the place of each column."""
    numbers = []
    for column, position in order.items():
        try:
            numbers.append(float(cells[position]))
        except ValueError:
            place = f"{path}, {_row_name(index, line)}, column {column}"
            raise _not_a_number(place, cells[position]) from None
    return numbers


def _not_a_number(place: str, cell: str) -> StudyError:
    """Return the error for a cell that does not hold a number."""
    if _DECIMAL_COMMA.fullmatch(cell):
        return StudyError(
            f"{place}: expected a decimal point, found a decimal comma in {_shown(cell)}; "
            f"{_EXPORT_AGAIN}"
        )
    found = _shown(cell) if cell.strip() else "an empty cell"
    return StudyError(
        f"{place}: expected a number, found {found}; correct the cell or remove the row"
    )


def _check_values(table: _Table) -> None:
    """Check that all is finite, then flows >= 0, positions on the bag, flows of sum 1."""
    bag, values = table.bag, table.values
    X, Y = table.samples
    _reject(table, ~np.isfinite(values), "a finite number", "correct the cell or remove the row")
    _reject(
        table,
        np.hstack([np.zeros(Y.shape, bool), X < 0]),
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


def _check_positions(table: _Table) -> None:
    """Check that positions are in the box of the bag's outline."""
    bag, Y = table.bag, table.samples.Y
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


def _reject(table: _Table, wrong: NDArray[np.bool_], expected: str, remedy: str) -> None:
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


def _check_disjoint(table: _Table, held_out: _Table) -> None:
    """Check that no row of the table is also in the file that scores its networks."""
    held = set(_row_keys(held_out))
    shared = [index for index, key in enumerate(_row_keys(table)) if key in held]
    if shared:
        raise StudyError(
            f"{table.path}: expected no row that is also in {held_out.path.name}, found "
            f"{len(shared)}, the first in {table.row(shared[0])}; remove them from "
            f"{table.path.name} and put its new row count into its name"
        )


def _row_keys(table: _Table) -> list[bytes]:
    return [row.tobytes() for row in table.values + 0.0]  # -0.0 + 0.0 is 0.0: they are equal


def _shown(text: str) -> str:
    """Return the text in quotes, on one line, its middle left out where it is long."""
    shortener = reprlib.Repr()
    shortener.maxstring = 80
    return shortener.repr(text)


def _rows_in_name(path: Path) -> int:
    return int(path.stem.rsplit("_", 1)[1])


def _row_name(index: int, line: int) -> str:
    return f"row {index + 1} (line {line})"


def _others(rows: int) -> str:
    return f" (and {rows - 1} more such rows)" if rows > 1 else ""
