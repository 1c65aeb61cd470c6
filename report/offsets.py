"""The sensor's offset, as each repetition estimates it from its training samples."""

from __future__ import annotations

from dataclasses import dataclass

from report.findings import Findings
from study.bag import SQUARE
from study.simulate import FAULT


@dataclass(frozen=True)
class Offset:
    """An estimate from m samples; sensor: counted from 1, none where none was found to be off."""

    m: int
    repetition: int
    sensor: int | None
    offset: float
    error: float  # standard error


def offsets(found: Findings) -> list[Offset]:
    """The estimates of all repetitions, the exercise's first."""
    known = {
        (one.m, one.repetition): Offset(
            one.m, one.repetition, one.offset_sensor, one.offset, one.offset_error
        )
        for one in found.records.values()
        if one.offset is not None and one.offset_error is not None and not one.condition
    }
    return [known[place] for place in sorted(known)]


def truth(found: Findings) -> tuple[int, float] | None:
    """The sensor, counted from 1, and the offset that the samples were simulated with."""
    if not found.about.simulated:
        return None
    sensor = max(range(SQUARE.flows), key=lambda one: abs(FAULT[one]))
    return sensor + 1, FAULT[sensor]
