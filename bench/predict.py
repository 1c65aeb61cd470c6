"""Flows in, answers out: a file of any length, in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any

from bench import flows, saved
from bench.answers import Answers, Oracle, calibrated
from bench.flows import Flows
from bench.radius import COVERAGE
from bench.rows import FORMATS, Rows
from bench.suspicion import Residuals, Suspect
from study.data import load
from study.errors import StudyError
from study.files import whole

AT_ONCE = 8192  # rows: their arrays stay in the processor's cache

Watcher = Callable[[Answers], None]


@dataclass(frozen=True)
class Request:
    """What is asked: a network's answers for a file of flows."""

    model: Path
    flows: Path | None  # None: standard input
    data: Path  # folder of the validation data that calibrate the radius
    side_mm: float  # of the bag
    out: Path | None  # None: standard output
    form: str  # a name of FORMATS


@dataclass
class Told:
    """What is known of a file once all its rows were answered."""

    request: Request
    noise: float
    rows: int = 0
    normalised: int = 0
    unlike: int = 0
    residuals: Residuals = field(default_factory=Residuals)

    def count(self, some: Flows, answers: Answers) -> None:
        """Count these rows in."""
        self.rows += len(some.X)
        self.normalised += int(some.normalised.sum())
        self.unlike += int(answers.unlike.sum())
        self.residuals.add(answers.beside)

    @property
    def suspects(self) -> list[Suspect]:
        return self.residuals.suspects(self.noise)

    def summary(self) -> dict[str, Any]:
        """What a JSON document says of the file."""
        return {
            "model": str(self.request.model),
            "side_mm": self.request.side_mm,
            "probability": COVERAGE,
            "rows": self.rows,
            "normalised": self.normalised,
            "unlike_a_leak": self.unlike,
            "suspected_sensors": [
                {"sensor": one.sensor, "offset": round(one.offset, 4)} for one in self.suspects
            ],
        }

    def remarks(self) -> Iterator[str]:
        """What a technician must know of the file, a line each."""
        name = self.request.flows or "standard input"
        if self.normalised:
            yield f"{name}: {_of(self.normalised, self.rows)} did not sum to 1: normalised"
        if self.unlike:
            yield f"{name}: {_of(self.unlike, self.rows)} unlike any single leak: see the flags"
        if self.suspects:
            found = ", or ".join(
                f"sensor {one.sensor} reads {abs(one.offset):.3f} too "
                f"{'high' if one.offset > 0 else 'low'}"
                for one in self.suspects
            )
            yield (
                f"{name}: a sensor may be faulty: it looks as if {found} (of a total flow of 1); "
                "check it before you trust these answers"
            )


def predict(request: Request, watch: Watcher | None = None) -> Told:
    """Write the answers; `watch` is shown them as they come. Raises StudyError for wrong input."""
    saved.check(request.model)
    validation = load(request.data).validation
    given = flows.read(request.flows)
    given = chain([next(given)], given)  # wrong input is told before TensorFlow's long start
    oracle = calibrated(saved.load(request.model), validation)
    told = Told(request, oracle.bag.noise)
    rows = _answered(oracle, given, told, watch)
    text = FORMATS[request.form](rows, request.side_mm / 2, told.summary)
    with _sink(request.out) as file:
        file.writelines(text)
    return told


def _answered(
    oracle: Oracle, given: Iterable[Flows], told: Told, watch: Watcher | None
) -> Iterator[Rows]:
    """The answers to given flows, some rows at a time."""
    for block in given:
        for first in range(0, len(block.X), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            some = Flows(block.X[part], block.normalised[part])
            answers = oracle.answer(some.X)
            flags = some.normalised + 2 * answers.unlike  # the order of rows.FLAGS
            rows = Rows(told.rows + 1, answers.positions, answers.radii, flags)
            told.count(some, answers)
            if watch:
                watch(answers)
            yield rows


@contextmanager
def _sink(path: Path | None) -> Iterator[IO[str]]:
    """Where answers go: standard output, or a file that has its name once it is complete."""
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        with whole(path) as place, place.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise StudyError(
            f"{path}: expected a place to write answers to, found {error.strerror}; name another"
        ) from None


def _of(some: int, rows: int) -> str:
    return f"{some} of {rows} rows"
