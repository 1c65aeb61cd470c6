"""What must be known of a file before its answers are trusted, a line each.

Judged on distinct rows: copies of one row tell no more than the row. Flows alone don't show a
mirrored bag, nor one zero offset of all sensors.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from locate.leak import UNLIKE, Answers, Leak
from locate.readings import FACTOR, Readings
from locate.surface import beside
from locate.suspicion import suspects
from study.bag import SQUARE
from study.calibration import COVERAGE, REGIONS, SOURCES, Calibration
from study.forward import Floats, normalised
from study.inverse import locate

FEW = 5  # distinct rows, from which on the file is judged
MANY = 0.1  # of them: what is odd in more is the file's fault, not a row's
ORDERED = 1000  # rows at most by which orders of the sensors are compared
# Of 100 leaks, those within a radius that is calibrated on the validation rows, which chose the
# network: docs/locate.md says where it was measured.
LEFT = 89.9
CLEARLY = 0.2  # another order must explain so much more of the rows to be named

Order = tuple[int, ...]


def of_radius(leak: Leak) -> str:
    """What the radius rests on."""
    one = leak.calibration
    if one is None:
        return (
            f"{leak.path}: it has no calibration, so that positions come without radius and "
            "warnings; save it again with `make study`, or name rows with positions (--calibrate)"
        )
    sizes = ", ".join(
        f"{region} {SQUARE.mm * radius:.0f} mm"
        for region, radius in zip(REGIONS, one.radii, strict=True)
    )
    cost = f": in simulated studies {LEFT} % are held then" * (one.source == "validation")
    return (
        f"{leak.path}: the radius ({sizes}) holds the leak with {100 * COVERAGE:.0f} % "
        f"probability; calibrated on {one.rows:,} {SOURCES[one.source]}{cost} (data "
        f"{one.checksum[:8]})"
    )


def verdict(leak: Leak, readings: Readings) -> list[str]:
    """The lines on a file."""
    X = normalised(readings.sample)
    told = list(_sums(readings))
    if len(X) >= FEW:
        answers, stuck = leak.answer(X), list(_stuck(readings.sample))
        told += stuck
        if leak.calibration:
            told += _unlike(leak.calibration, X, answers, ask=not stuck)
            told += _suspects(leak.calibration, X, answers) if not stuck else []
        if _are_many(outside := int(answers.outside.sum()), len(X)):
            told.append(f"{_of(outside, len(X))} have an answer outside the bag")
    return [f"{readings.name}: {line}" for line in told]


def _of(some: int, rows: int) -> str:
    return f"{some:,} of {rows:,} distinct rows"


def _are_many(some: int, rows: int) -> bool:
    return some > max(2, MANY * rows)


def _sums(readings: Readings) -> Iterator[str]:
    """What is odd in how large the flows are."""
    if readings.raw:
        yield (
            f"{readings.raw:,} of {readings.rows:,} rows did not sum to 1: each was divided by its "
            "sum"
        )
    if odd := sum(int(readings.odd(flows).sum()) for flows in readings.blocks()):
        yield (
            f"{odd:,} of {readings.rows:,} rows have a sum more than a factor of "
            f"{FACTOR:g} away from the file's median, {readings.median:.3g}: check them"
        )
    if readings.below:
        yield (
            f"{readings.below:,} of {readings.rows:,} rows have a flow below its zero offset, "
            "which counts as 0: is the offset right?"
        )


def _stuck(flows: Floats) -> Iterator[str]:
    """The sensors that never change."""
    for sensor, column in enumerate(flows.T, start=1):
        if (column == column[0]).all():
            fault = "stuck" if column[0] else "dead"
            yield f"sensor {sensor} always reads {column[0]:g}: is it {fault}?"


def _unlike(one: Calibration, X: Floats, answers: Answers, *, ask: bool) -> Iterator[str]:
    """How many rows no single leak explains; where they are many, a question about the order."""
    if unlike := int(answers.unlike.sum()):
        more = ": see their warnings"
        if _are_many(unlike, len(X)):
            more = f"; {_which_order(one, X[:ORDERED])}" if ask else ""
        yield f"{_of(unlike, len(X))} unlike any single leak{more}"


def _suspects(one: Calibration, X: Floats, answers: Answers) -> Iterator[str]:
    """Which sensor may read off."""
    words = ", or ".join(
        f"sensor {each.sensor} reads {abs(each.offset):.3f} too "
        f"{'high' if each.offset > 0 else 'low'}"
        for each in suspects(beside(one.model, X, answers.positions), one.noise)
    )
    if words:
        yield (
            f"a sensor may be faulty: it looks as if {words} (of a total flow of 1); check it "
            "before you trust these answers"
        )


def _which_order(one: Calibration, X: Floats) -> str:
    """A question about the sensors' order, and which order fits best."""
    shares = {order: _explained(one, X[:, list(order)]) for order in orders()}
    given, *_ = shares
    best = max(shares, key=lambda order: shares[order])
    if shares[best] < shares[given] + CLEARLY:
        return (
            f"are the sensors in order {_named(given)}? No other order fits better: a sensor may "
            "be faulty, there may be several leaks, or it is another bag"
        )
    return (
        f"are the sensors in order {_named(given)}? The order {_named(best)}, or one that turns "
        f"or mirrors it, explains {100 * shares[best]:.0f} % of "
        f"the rows, this one {100 * shares[given]:.0f} %"
    )


def _explained(one: Calibration, X: Floats) -> float:
    """The share of rows (n, N) that a single leak explains."""
    lie = beside(one.model, X, locate(one.model, X))
    return float((lie.distances <= UNLIKE * one.noise).mean())


def orders() -> list[Order]:
    """The orders of the sensors that are no symmetries of each other, the given one first."""
    moves = SQUARE.group.permutations.tolist()
    every = permutations(range(SQUARE.flows))
    return sorted({min(tuple(order[k] for k in move) for move in moves) for order in every})


def _named(order: Order) -> str:
    return ", ".join(str(sensor + 1) for sensor in order)
