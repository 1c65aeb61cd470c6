"""The samples of a folder's CSV files, with the checks that need several files."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from study.bag import SQUARE, Bag
from study.errors import StudyError
from study.tables import Table, read, rows_in_name

ROLES = ("train", "validation", "test")
SOME = 5  # names that a message tells of others
STRIDE = 1000  # rows, at least, from one repetition's place in a pool to the next

_NAME = re.compile(
    rf"leakage_dataset_({'|'.join(ROLES)})_([1-9][0-9]*)\.csv", re.IGNORECASE | re.ASCII
)


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

    @property
    def files(self) -> dict[tuple[str, int], Samples]:
        """The samples of each file, by its role and its number of rows."""
        tests = {len(self.test.X): self.test} if self.test else {}
        by_role = zip(ROLES, (self.train, self.validations, tests), strict=True)
        return {(role, rows): one for role, files in by_role for rows, one in files.items()}


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
    tables = {role: [read(path, bag) for path in paths[role]] for role in ROLES}
    for first, second in combinations(ROLES, 2):
        for table in tables[first]:
            for held_out in tables[second]:
                _check_disjoint(table, held_out)
    return assemble(
        folder,
        {
            role: [Samples(X=one.flows.copy(), Y=one.positions.copy()) for one in tables[role]]
            for role in ROLES
        },
    )


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
    for path in data_files(folder):
        match = _NAME.fullmatch(path.name)
        if not match:
            raise StudyError(
                f"{path}: expected a name like {file_name('train', 100)} (train, validation or "
                f"test, then the number of rows), found {path.name}; rename the file or move it "
                "away"
            )
        found[match[1].lower()].append(path)
    for role, paths in found.items():
        paths.sort(key=rows_in_name)
        for path, other in pairwise(paths):
            if rows_in_name(path) == rows_in_name(other):
                raise StudyError(
                    f"{folder}: expected one {role} file of {rows_in_name(path)} rows, found "
                    f"{path.name} and {other.name}; move one of them away"
                )
    _check_roles(folder, found)
    return found


def data_files(folder: Path) -> list[Path]:
    """What is named like a data file, even a misspelt one: ".CSV" is as good as ".csv"."""
    names = re.compile(r"leakage_dataset_.*\.csv", re.IGNORECASE | re.DOTALL)
    return sorted(path for path in folder.iterdir() if names.fullmatch(path.name))


def _check_roles(folder: Path, found: Mapping[str, Sequence[Path]]) -> None:
    for role in ("train", "validation"):
        if not found[role]:
            names = ", ".join(path.name for paths in found.values() for path in paths)
            names = names or ", ".join(sorted(path.name for path in folder.iterdir())[:SOME])
            raise StudyError(
                f"{folder}: expected a {role} file such as {file_name(role, 1000)}, found "
                f"{names or 'nothing'}; put the {role} file into this folder"
            )
    if len(found["test"]) > 1:
        raise StudyError(
            f"{folder}: expected one test file, found "
            f"{', '.join(path.name for path in found['test'])}; keep {found['test'][-1].name}, "
            "which has the most rows, and move the rest away"
        )


def _check_disjoint(table: Table, held_out: Table) -> None:
    """Check that no row of the table is also in the file that scores its networks."""
    held = set(held_out.keys)
    shared = [index for index, key in enumerate(table.keys) if key in held]
    if shared:
        raise StudyError(
            f"{table.path}: expected no row that is also in {held_out.path.name}, found "
            f"{len(shared)}, the first in {table.row(shared[0])}; remove them from "
            f"{table.path.name} and put its new row count into its name"
        )
