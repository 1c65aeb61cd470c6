"""Answers as text, written as they come: CSV, one JSON document, or a table for the eye."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from locate import readings
from locate.leak import Leak
from locate.readings import Readings
from locate.verdict import of_radius, verdict
from study.calibration import COVERAGE
from study.command import UnheardError
from study.files import whole
from study.forward import Floats, normalised

NUMBERS = {"row": 0, "y1": 4, "y2": 4, "x_mm": 1, "y_mm": 1, "radius_mm": 1}  # decimals
WARNINGS = ("no single leak makes such flows", "outside the bag", "sum far from the median")


class Remark(Exception):  # noqa: N818 - it is no error
    """What must be known of a file; it goes to standard error."""


Draw = Callable[[Leak, Readings, Path], None]


class Form(NamedTuple):
    """How answers are written."""

    names: tuple[str, ...]  # of the numbers that are told
    cell: str  # the format of a number, from its name and decimals
    unknown: str  # a radius that is not known
    joint: str  # between cells
    row: str  # cells, and the warning
    head: str  # before the rows; about: what is said of the file
    end: str


FORMS = {
    "csv": Form(
        tuple(NUMBERS), "%.{decimals}f", "", ",", "{cells},{warning}\n",
        ",".join((*NUMBERS, "warning")) + "\n", "",
    ),
    "json": Form(
        tuple(NUMBERS), '"{name}": %.{decimals}f', '"radius_mm": null', ", ",
        '\n{{{cells}, "warning": "{warning}"}},', '{about}, "rows": [', "\n]}\n",
    ),
    "table": Form(
        ("row", "x_mm", "y_mm", "radius_mm"), "%11.{decimals}f", f"{'-':>11}", " ",
        "{cells}  {warning}\n",
        " ".join(f"{name:>11}" for name in ("row", "x (mm)", "y (mm)", "radius (mm)")) + "\n", "",
    ),
}  # fmt: skip


def answer(leak: Leak, options: Namespace, draw: Draw) -> Iterator[Remark]:
    """Answer for the flows that the options name, and draw a map where one is wanted.

    Yields what must be known of the file; then the answers are written. Nothing is written
    before the whole file was read. Raises StudyError for wrong input.
    """
    with readings.read(options.flows, options.zero) as given:
        remarks = [of_radius(leak), *verdict(leak, given)]
        yield from map(Remark, remarks)
        with _sink(options.out) as file:
            if options.plot:
                draw(leak, given, options.plot)
            file.writelines(_text(leak, given, options.form, remarks))


def _text(leak: Leak, given: Readings, name: str, remarks: Sequence[str]) -> Iterator[str]:
    """The answers as pieces of a text."""
    form = FORMS[name]
    about = {"model": str(leak.path), "probability": COVERAGE, "remarks": list(remarks)}
    yield form.head.replace("{about}", json.dumps(about)[:-1])
    known = leak.calibration is not None
    templates = [_template(form, kind, known) for kind in range(1 << len(WARNINGS))]
    row, left = 1, given.rows
    for flows in given.blocks():
        answers = leak.answer(normalised(flows))
        numbers = {
            "row": np.arange(row, row + len(flows)),
            **dict(zip(("y1", "y2"), answers.positions.T, strict=True)),
            **dict(zip(("x_mm", "y_mm"), answers.mm.T, strict=True)),
            **({"radius_mm": answers.radii_mm} if known else {}),
        }
        columns = [numbers[each] for each in form.names if each in numbers]
        kinds = answers.unlike + 2 * answers.outside + 4 * given.odd(flows)
        text = "".join([templates[kind] for kind in kinds.tolist()])
        row, left = row + len(flows), left - len(flows)
        text %= tuple(_rounded(columns, form).ravel().tolist())
        yield text if left else text.removesuffix(",")
    yield form.end


def _rounded(columns: Sequence[Floats], form: Form) -> Floats:
    """Columns as a table, rounded as they are written, so that no number reads -0.0."""
    decimals = [NUMBERS[name] for name in form.names]
    rounded = [np.round(column, d) for column, d in zip(columns, decimals, strict=False)]
    return np.column_stack(rounded) + 0.0  # -0.0 + 0.0 is 0.0


def _template(form: Form, kind: int, known: bool) -> str:
    """The format of a row with the warnings of a kind, the sum of 2^k for each warning k."""
    warning = "; ".join(words for k, words in enumerate(WARNINGS) if kind >> k & 1)
    cells = [
        form.cell.format(name=name, decimals=NUMBERS[name])
        if known or name != "radius_mm"
        else form.unknown
        for name in form.names
    ]
    return form.row.format(cells=form.joint.join(cells), warning=warning)


@contextmanager
def _sink(path: Path | None) -> Iterator[IO[str]]:
    """Where answers go: standard output, or a file that has its name once it is complete."""
    if path:
        with whole(path) as place, place.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError as error:
        raise UnheardError(error.strerror) from error
