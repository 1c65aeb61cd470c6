"""What the report's intervals and verdicts attain, in simulated studies of this very design.

The repetitions of a real study are taken for the whole population: its mean is the truth, its
correlations between cells and its skewness are as measured. A simulated study draws as many
repetitions from it, with replacement, and makes every comparison that the report makes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from math import log1p, sqrt
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from report.contrasts import Contrast
from report.findings import made_with
from report.reading import read_findings
from report.statistics import FAMILY, LEVEL, Interval, holm, t_interval, verdict
from study.errors import StudyError
from study.seeds import seed

STUDIES = 2000
FLIPS = 9_999  # of a simulated sign-flip test
HOLDS, MISSES = "95 % interval holds", "any interval of the family misses"
FILE = Path(__file__).parents[1] / "docs" / "coverage.csv"

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Attained:
    """A rate over simulated studies, its Monte Carlo standard error, and what it should be.

    width: of the interval, as a difference of logarithms, on average.
    """

    quantity: str
    comparison: str
    m: int | None  # none for a whole family
    repetitions: int
    studies: int
    count: int
    nominal: float
    width: float | None = None

    @property
    def rate(self) -> float:
        """The share of the simulated studies."""
        return self.count / self.studies

    @property
    def error(self) -> float:
        """Its Monte Carlo standard error."""
        return sqrt(self.rate * (1 - self.rate) / self.studies)


def cover(folders: Sequence[Path]) -> Iterator[str]:
    """The rates of the study of a folder, as CSV below a comment that says how they were made."""
    if len(folders) != 1:
        raise StudyError(
            f"--coverage: expected the folder of one study, found {len(folders)}; name one"
        )
    found = read_findings(folders[0])
    if not any(one.n > 1 for one in found.primary):
        raise StudyError(
            f"{folders[0]}: expected a study with declared comparisons and repetitions, found "
            "none; run `make study` first"
        )
    name, code = found.about.preset, ", ".join(made_with(found, "code"))
    yield (
        f"# `make coverage` on {date.today()}: {STUDIES:,} simulated studies like {name}, whose "
        f"records commit {code} made"
    )
    yield from rows(attained(found.primary))


def attained(family: Sequence[Contrast], studies: int = STUDIES) -> list[Attained]:
    """The rates of a study's primary family; contrasts without an interval are left out."""
    told = [one for one in family if one.n > 1]
    ratios = [np.array(list(one.log_ratios.values())) for one in told]
    rng = np.random.default_rng(seed("coverage", studies))
    drawn: list[list[Floats]] = []  # of each study, its log ratios less their true mean
    rejected = 0
    for _ in range(studies):
        rows = {n: rng.integers(n, size=n) for n in sorted({one.n for one in told})}
        drawn.append([(one - one.mean())[rows[len(one)]] for one in ratios])
        rejected += _rejects(drawn[-1], rng)
    found: list[Attained] = []
    missed = np.zeros(studies, bool)
    for one, values in zip(told, zip(*drawn, strict=True), strict=True):
        wide = [t_interval(each.tolist(), one.level) for each in values]
        missed |= [not interval.holds(0) for interval in wide]
        found += _rates(one, values, wide)
    whole = ("all", None, max(one.n for one in told), studies)
    return [
        *found,
        Attained(MISSES, *whole, int(missed.sum()), 1 - LEVEL),
        Attained("any sign-flip test rejects at 1 %", *whole, rejected, 1 - FAMILY),
    ]


def _rates(one: Contrast, drawn: Sequence[Floats], wide: Sequence[Interval]) -> Iterator[Attained]:
    """The rates of one contrast, whose true mean is 0, from its log ratios in each study.

    wide: their intervals at the level that the family needs.
    """
    names = (one.label, one.cell.m, one.n, len(drawn))
    alone = sum(t_interval(values.tolist()).holds(0) for values in drawn)
    yield Attained(HOLDS, *names, alone, LEVEL)
    width = fmean(interval.high - interval.low for interval in wide)
    together = sum(interval.holds(0) for interval in wide)
    yield Attained("simultaneous interval holds", *names, together, one.level, width)
    edge = log1p(one.margin / 100)
    moved = (t_interval((values + edge).tolist(), one.level) for values in drawn)
    equal = sum(verdict(interval, one.n, one.margin) == "equal" for interval in moved)
    yield Attained("equal is shown at the margin", *names, equal, (1 - LEVEL) / 2)


def _rejects(samples: Sequence[Floats], rng: np.random.Generator) -> bool:
    """Whether any sign-flip test, adjusted by Holm, rejects a mean of zero, which is the truth.

    It rejects at 1 %, the family's nominal level.
    """
    flips = {n: rng.choice((-1.0, 1.0), size=(FLIPS, n)) for n in sorted({len(s) for s in samples})}
    ps = [
        (1 + int((np.abs(flips[len(one)] @ one) >= abs(one.sum()) - 1e-12).sum())) / (1 + FLIPS)
        for one in samples
    ]
    return min(holm(ps)) < 1 - FAMILY


def rows(found: Sequence[Attained]) -> Iterator[str]:
    """The rates as lines of CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*(field.name for field in fields(Attained)), "rate", "error"])
    for one in found:
        values = [f"{v:.5g}" if isinstance(v, float) else v for v in astuple(one)]
        writer.writerow([*values, f"{one.rate:.4f}", f"{one.error:.4f}"])
    yield from buffer.getvalue().splitlines()


def stored() -> list[dict[str, str]]:
    """The rates that are kept with the project; none where they were not made."""
    if not FILE.exists():
        return []
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def told() -> str:
    """What the kept rates say, as a sentence; nothing where there are none."""
    kept = stored()
    if not kept:
        return ""
    alone = [float(row["rate"]) for row in kept if row["quantity"] == HOLDS]
    (missed,) = (float(row["rate"]) for row in kept if row["quantity"] == MISSES)
    return (
        f"In {int(kept[0]['studies']):,} simulated studies like the project's default study "
        f"({kept[0]['repetitions']} repetitions), with the tails that were measured there, all of "
        f"its intervals held in {100 * (1 - missed):.1f} %; "
        f"single intervals, nominal {100 * LEVEL:.0f} %, held in {100 * fmean(alone):.1f} % on "
        f"average and in {100 * min(alone):.0f} % at worst (docs/coverage.csv)."
    )
