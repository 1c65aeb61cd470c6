"""Answers as text: rows of CSV, or one JSON document that can be written as it comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from study.forward import Floats

FLAGS = ("normalised", "unlike_a_leak")
COLUMNS = ("row", "y1", "y2", "x_mm", "y_mm", "radius_mm", "flags")
DECIMALS = {"row": 0, "y1": 4, "y2": 4, "x_mm": 1, "y_mm": 1, "radius_mm": 1}

Summary = Callable[[], Mapping[str, Any]]


class Rows(NamedTuple):
    """Some rows as they will be read."""

    first: int  # number of the first, from 1
    positions: Floats  # (n, 2)
    radii: Floats  # (n,) in units of y
    flags: NDArray[np.intp]  # (n,) sums of 2^k for the flags k that a row has


def csv_text(rows: Iterable[Rows], half: float, summary: Summary) -> Iterator[str]:
    """The rows as pieces of a CSV file; half: mm per unit of y. The summary has no place in it."""
    yield ",".join(COLUMNS) + "\n"
    numbers = ",".join(f"%.{places}f" for places in DECIMALS.values())
    templates = [f"{numbers},{' '.join(flags)}\n" for flags in _FLAGS]
    for some in rows:
        yield _filled(some, half, templates)


def json_text(rows: Iterable[Rows], half: float, summary: Summary) -> Iterator[str]:
    """The rows as pieces of a JSON document {"rows": [...], "file": {...}}, a row to a line.

    The summary is asked for after the last row.
    """
    yield '{"rows": ['
    numbers = ", ".join(f'"{name}": %.{places}f' for name, places in DECIMALS.items())
    templates = [f',\n{{{numbers}, "flags": {json.dumps(flags)}}}' for flags in _FLAGS]
    for number, some in enumerate(rows):
        text = _filled(some, half, templates)
        yield text if number else text[1:]
    yield f'\n],\n"file": {json.dumps(summary())}}}\n'


FORMATS = {"csv": csv_text, "json": json_text}


def _filled(rows: Rows, half: float, templates: Sequence[str]) -> str:
    """Templates filled with the numbers of the rows, each with that of its flags."""
    numbers = np.empty((len(rows.radii), len(DECIMALS)))
    numbers[:, 0] = np.arange(rows.first, rows.first + len(numbers))
    numbers[:, 1:3] = np.round(rows.positions, DECIMALS["y1"])
    numbers[:, 3:5] = np.round(rows.positions * half, DECIMALS["x_mm"])
    numbers[:, 5] = rows.radii * half
    numbers += 0.0  # -0.0 + 0.0 is 0.0: no row reads -0.0000
    text = "".join([templates[flags] for flags in rows.flags.tolist()])
    return text % tuple(numbers.ravel().tolist())


def _flag_lists() -> list[list[str]]:
    """The names of the flags for each sum of 2^k."""
    return [
        [flag for place, flag in enumerate(FLAGS) if number >> place & 1]
        for number in range(1 << len(FLAGS))
    ]


_FLAGS = _flag_lists()
