"""python -m locate FLOWS --model FILE: where is the leak?"""

from __future__ import annotations

from study.interrupts import Interruptible

if __name__ == "__main__":
    process = Interruptible()  # before the other imports, which take a while

import argparse
import math
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from study.command import Lines, Parser, call, carry_out, named_path, streams
from study.errors import StudyError
from study.numerals import number
from study.places import check
from study.quiet import quiet_tensorflow

PICTURES = (".svg", ".png", ".pdf")


@streams()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 fine, 2 wrong input, 130 interrupted."""
    options = _options(arguments)
    return carry_out(lambda: _answer(options), "interrupted; no file was written")


def _answer(options: argparse.Namespace) -> Lines:
    """Do what was asked for."""
    outputs = [path for path in (options.out, options.plot, options.page) if path]
    inputs = [path for path in (options.flows, options.model, options.calibrate) if path]
    check(outputs, inputs=inputs)
    for path in outputs:
        if not path.parent.exists():
            raise StudyError(
                f"{path}: expected a folder to write it to, found no {path.parent}; make that first"
            )
    for name in options.modules:
        _import(name)
    leak = call("locate.leak:load", options.model)
    if options.calibrate:
        leak = call("locate.calibrate:calibrated", leak, options.calibrate)
    if options.page:
        call("locate.page:write", leak, options.page)
    else:
        draw = partial(call, "locate.map:write")
        yield from call("locate.answer:answer", leak, options, draw)
    return 0


def _import(name: str) -> None:
    """Load a module of the user's own, which registers layers with Keras."""
    try:
        with quiet_tensorflow():
            import_module(name)
    except ImportError as error:
        raise StudyError(
            f"--import {name}: expected a module that Python finds, found {error}; name one of "
            "this folder or of PYTHONPATH"
        ) from None


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What is asked for, and in which form where that is not said."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.flows is None) == (options.page is None):
        parser.error("expected a file of flows, or --page and none; name one of them")
    if options.form is None:
        options.form = "table" if options.out is None and sys.stdout.isatty() else "csv"
        if options.out and options.out.suffix == ".json":
            options.form = "json"
    return options


def _parser() -> Parser:
    parser = Parser(
        prog="python -m locate",
        description="Say for each row of flows where the leak is, and how far around that to "
        "search: with 90 % probability it is no further away. Positions in mm are from the middle "
        "of the bag, x to the right and y up where sensor 1 is at the top left and 2 at the top "
        "right.",
        epilog="example: python -m locate flows.csv --model models/default/"
        "model_equivariant_1000_corrected.h5 --plot map.svg",
    )
    parser.add_argument(
        "flows",
        type=named_path,
        nargs="?",
        help="file with columns mfc1 to mfc4, in any unit; - for standard input",
    )
    parser.add_argument(
        "--model", type=named_path, required=True, help="saved network, an .h5 file"
    )
    parser.add_argument(
        "--import",
        dest="modules",
        action="append",
        default=[],
        metavar="MODULE",
        help="Python module that registers the model's own layers with Keras; its code is run",
    )
    parser.add_argument(
        "--calibrate",
        type=named_path,
        metavar="FILE",
        help="file with columns y1,y2,mfc1 to mfc4 that calibrates the radius, in place of the "
        "model's own calibration",
    )
    parser.add_argument(
        "--zero",
        type=_zero,
        default="0",
        metavar="FLOW",
        help="what the sensors read without flow, to be subtracted: one number, or one for each "
        "with commas between them",
    )
    parser.add_argument("--out", type=named_path, help="file of answers (default: standard output)")
    parser.add_argument(
        "--format",
        dest="form",
        choices=("csv", "json", "table"),
        help="(default: json for an --out of that name, a table on a terminal, else csv)",
    )
    parser.add_argument("--plot", type=_picture, metavar="MAP", help="file of a map: svg, png, pdf")
    parser.add_argument(
        "--page",
        type=named_path,
        metavar="HTML",
        help="write a page that answers in any browser, and answer nothing now",
    )
    return parser


def _zero(text: str) -> list[float]:
    try:
        numbers = [number(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 4) or not all(0 <= one < math.inf for one in numbers):
        raise argparse.ArgumentTypeError(f"expected a flow from 0, or four of them, found {text}")
    return numbers * (4 // len(numbers))


def _picture(text: str) -> Path:
    if (path := named_path(text)).suffix not in PICTURES:
        raise argparse.ArgumentTypeError(f"expected a name in {', '.join(PICTURES)}, found {text}")
    return path


if __name__ == "__main__":
    process.carry_out(main)
