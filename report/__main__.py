"""Write the report of one study or of several: python -m report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from report import page
from report.compare import changes, table
from study.errors import StudyError
from study.store import FILE


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the reports and return the exit code: 0, or 2 where one cannot be written."""
    parser = argparse.ArgumentParser(
        prog="python -m report",
        description="Write report.html and report.md from the records of a study. Trains nothing.",
        epilog="example: python -m report results/smoke",
    )
    parser.add_argument(
        "folders",
        type=Path,
        nargs="*",
        metavar="FOLDER",
        help=f"a study's folder, with {FILE} in it (default: each folder directly below OUT whose "
        "records are newer than its report)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results"),
        help="the folder of all studies, where no FOLDER is given (default: %(default)s)",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FOLDER",
        help="write nothing, but print how the errors differ from those of this study",
    )
    asked = parser.parse_args(arguments)
    if asked.against and not asked.folders:
        parser.error("expected the FOLDER of a study to compare with --against, found none")
    try:
        if asked.against:
            _compare(asked.folders, asked.against)
            return 0
        return _write(asked.folders, asked.out)
    except (StudyError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2


def _write(folders: Sequence[Path], out: Path) -> int:
    """Write the reports of these folders, or of all below `out` that have none or an old one.

    A study that can't be read is told, and the others are written; returns the exit code.
    """
    chosen = folders or [folder for folder in _studies(out) if _is_old(folder)]
    if not chosen:
        print(f"{out}: all reports are newer than their records")
    code = 0
    for folder in chosen:
        try:
            print("wrote", " and ".join(map(str, page.write(folder))))
        except (StudyError, OSError) as error:
            print(f"report: {error}", file=sys.stderr)
            code = 2
    return code


def _compare(folders: Sequence[Path], against: Path) -> None:
    """Print a table for each of these folders."""
    first = page.read_findings(against).errors
    for folder in folders:
        print(f"{folder} against {against}\n")
        print("\n".join(table(changes(first, page.read_findings(folder).errors))))


def _studies(out: Path) -> list[Path]:
    """The folders of studies directly below `out`."""
    found = sorted(path.parent for path in out.glob(f"*/{FILE}"))
    if not found:
        raise StudyError(
            f"{out}: expected a study's folder with {FILE} in it, found none; run `make study` "
            "first, or name the folder it wrote to"
        )
    return found


def _is_old(folder: Path) -> bool:
    """Whether the report is missing, or older than the records or what was just added to them."""
    report = folder / "report.html"
    stores = [path for path in folder.glob(f"{FILE}*") if path.name != f"{FILE}-shm"]
    newest = max(path.stat().st_mtime_ns for path in stores)
    return not report.exists() or report.stat().st_mtime_ns < newest


if __name__ == "__main__":
    sys.exit(main())
