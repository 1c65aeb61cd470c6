"""Write the report of one study or of several, or hold studies against each other."""

from __future__ import annotations

from study.interrupts import Interruptible

if __name__ == "__main__":
    process = Interruptible()  # before the other imports, which take a while

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from study.command import Lines, Parser, call, carry_out, named_path, streams
from study.errors import StudyError
from study.store import FILE, read_facts

# What carries an option out, as "module:function", given the folders; loaded when it is needed.
WRITE = "report.page:write_each"
WAYS = {
    "compare": (
        "report.compare:compare",
        "write nothing, but print how the second FOLDER differs from the first",
    ),
    "agreement": (
        "report.agreement:agree",
        "write nothing, but print whether intervals hold what the other FOLDERs find",
    ),
    "coverage": (
        "report.coverage:cover",
        "simulate studies like those of the FOLDERs and print what the report's intervals attain",
    ),
}


@streams()
def main(arguments: Sequence[str] | None = None) -> int:
    """Write or print what was asked for; return the exit code: 0, or 2 where it can't be done."""
    asked = _parser().parse_args(arguments)
    return carry_out(lambda: _answer(asked), "interrupted; each file is as it was, or complete")


def _answer(asked: argparse.Namespace) -> Lines:
    """Write or print what was asked for."""
    folders = asked.folders
    if asked.way == WRITE and not folders:
        folders = [folder for folder in _studies(asked.out) if _is_old(folder)]
        if not folders:
            yield f"{asked.out}: all reports are newer than their records"
            return 0
    if folders and not any((folder / FILE).exists() for folder in folders):
        _none(folders[0])  # at once: what draws takes seconds to load
    code = 0
    for line in call(asked.way, folders):
        yield line
        code = code if isinstance(line, str) else 2
    return code


def _parser() -> Parser:
    parser = Parser(
        prog="python -m report",
        description="Write report.html and report.md from the records of a study. Trains nothing.",
        epilog="example: python -m report results/smoke",
    )
    parser.add_argument(
        "folders",
        type=named_path,
        nargs="*",
        metavar="FOLDER",
        help=f"a study's folder, with {FILE} in it (default: each folder directly below OUT whose "
        "records are newer than its report)",
    )
    parser.add_argument(
        "--out",
        type=named_path,
        default=Path("results"),
        help="the folder of all studies, where no FOLDER is given (default: %(default)s)",
    )
    ways = parser.add_mutually_exclusive_group()
    for name, (function, text) in WAYS.items():
        ways.add_argument(
            f"--{name}", dest="way", action="store_const", const=function, default=WRITE, help=text
        )
    return parser


def _studies(out: Path) -> list[Path]:
    """The folders of studies directly below `out`, but for those that stopped at once."""
    folders = sorted(path.parent for path in out.glob(f"*/{FILE}"))
    return [folder for folder in folders if not _is_empty(folder)] or _none(out)


def _none(place: Path) -> NoReturn:
    raise StudyError(
        f"{place}: expected a study's folder with {FILE} in it, found none; run `make study` "
        "first, or name the folder it wrote to"
    )


def _is_empty(folder: Path) -> bool:
    """Whether a study stopped there before it said what it is."""
    try:
        return not read_facts(folder / FILE)
    except StudyError:
        return False  # which is told


def _is_old(folder: Path) -> bool:
    """Whether the report is missing, or older than the records or what was just added to them."""
    report = folder / "report.html"
    stores = [path for path in folder.glob(f"{FILE}*") if path.name != f"{FILE}-shm"]
    newest = max(path.stat().st_mtime_ns for path in stores)
    return not report.exists() or report.stat().st_mtime_ns < newest


if __name__ == "__main__":
    process.carry_out(main)
