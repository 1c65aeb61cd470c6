"""Write the report of a study: python -m report --out results."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from bench import store
from report import page, speed
from report.formats import listed
from study.errors import StudyError


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report and return the exit code: 0, or 2 where it cannot be written."""
    parser = argparse.ArgumentParser(
        prog="python -m report",
        description="Write report.html and report.md from the rows of a study. Trains nothing.",
        epilog="example: python -m report --out results",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results"),
        metavar="FOLDER",
        help="the study's folder, with runs.sqlite in it (default: %(default)s)",
    )
    out = parser.parse_args(arguments).out
    try:
        written = page.write(store.read(out), out, _timings(out / "speed.csv"))
    except (StudyError, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 2
    print("wrote", " and ".join(map(str, written)))
    return 0


def _timings(path: Path) -> pd.DataFrame | None:
    """What `python -m bench speed` measured, or None where it did not run."""
    if not path.exists():
        return None
    expected = f"{path}: expected a table with the columns {', '.join(speed.COLUMNS)}"
    remedy = "run `make speed` again, or move the file away"
    try:
        timings = pd.read_csv(path)
    except ValueError as error:
        raise StudyError(f"{expected}, found {str(error).strip()}; {remedy}") from None
    lacking = [name for name in speed.COLUMNS if name not in timings]
    if lacking:
        raise StudyError(f"{expected}, found none named {listed(lacking)}; {remedy}")
    return timings


if __name__ == "__main__":
    sys.exit(main())
