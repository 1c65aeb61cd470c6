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
from report.statistics import FAMILY, LEVEL, holm, t_interval, verdict
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
    yield from rows(attained(found.primary, found.about.margin))


def attained(family: Sequence[Contrast], margin: float, studies: int = STUDIES) -> list[Attained]:
    """The rates of a study's primary family; contrasts without an interval are left out."""
    told = [one for one in family if one.n > 1]
    rng = np.random.default_rng(seed("coverage", studies))
    found = [_Tally(one, margin) for one in told]
    missed = rejected = 0
    for _ in range(studies):
        rows = {n: rng.integers(n, size=n) for n in sorted({one.n for one in told})}
        misses = [one.add(rows[one.contrast.n]) for one in found]
        missed += any(misses)
        rejected += _rejects([one.centred[rows[one.contrast.n]] for one in found], rng)
    whole = ("all", None, max(one.n for one in told), studies)
    return [
        *(row for one in found for row in one.rows(studies)),
        Attained(MISSES, *whole, missed, 1 - LEVEL),
        Attained("any sign-flip test rejects at 1 %", *whole, rejected, 1 - FAMILY),
    ]


class _Tally:
    """Counts of one contrast."""

    def __init__(self, contrast: Contrast, margin: float):
        ratios = np.array(list(contrast.log_ratios.values()))
        self.contrast, self.margin = contrast, margin
        self.centred = ratios - ratios.mean()
        self.alone = self.together = self.false_equal = 0
        self.widths: list[float] = []

    def add(self, rows: NDArray[np.integer]) -> bool:
        """Count a simulated study in; whether its simultaneous interval misses the truth."""
        drawn = self.centred[rows]
        alone = t_interval(drawn.tolist())
        wide = t_interval(drawn.tolist(), self.contrast.level)
        moved = t_interval((drawn + log1p(self.margin / 100)).tolist(), self.contrast.level)
        self.alone += alone.low <= 0 <= alone.high
        self.together += wide.low <= 0 <= wide.high
        self.false_equal += verdict(moved, len(rows), self.margin) == "equal"
        self.widths.append(wide.high - wide.low)
        return not wide.low <= 0 <= wide.high

    def rows(self, studies: int) -> Iterator[Attained]:
        """The rates."""
        one = self.contrast
        names = (one.label, one.cell.m, one.n, studies)
        yield Attained(HOLDS, *names, self.alone, LEVEL)
        width = fmean(self.widths)
        yield Attained("simultaneous interval holds", *names, self.together, one.level, width)
        yield Attained(
            "equal is shown at the margin", *names, self.false_equal, (1 - LEVEL) / 2, None
        )


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


def stored(path: Path = FILE) -> list[dict[str, str]]:
    """The rates that are kept with the project; none where they were not made."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def told(path: Path = FILE) -> str:
    """What the kept rates say, as a sentence; nothing where there are none."""
    kept = stored(path)
    rates: dict[str, list[float]] = {}
    for row in kept:
        rates.setdefault(row["quantity"], []).append(float(row["rate"]))
    if not rates:
        return ""
    family, alone = 1 - rates[MISSES][0], rates[HOLDS]
    return (
        f"In {int(kept[0]['studies']):,} simulated studies like the project's default study, with "
        f"the tails that were measured there, all of its intervals held in {100 * family:.1f} %; "
        f"single intervals, nominal {100 * LEVEL:.0f} %, held in {100 * fmean(alone):.1f} % on "
        f"average and in {100 * min(alone):.0f} % at worst (docs/coverage.csv)."
    )
