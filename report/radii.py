"""The search radius of the exercise's winners: the share of leaks that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from report import formats
from report.blocks import Block, Paragraph, table
from report.contrasts import cell_of
from report.networks import answers, has_network
from study.bag import SQUARE
from study.calibration import REGIONS, region
from study.conformal import FEWEST, calibrator, halves, holds
from study.data import Samples
from study.errors import StudyError
from study.forward import Floats
from study.model_files import model_file
from study.records import Record


@dataclass(frozen=True)
class Held:
    """A network's radii, as its file has them, and the shares of leaks that they hold.

    radii: in units of y, by region; shares: of the rows that measure, all and those in each region,
    with their standard errors.
    """

    radii: tuple[float, ...]
    shares: tuple[tuple[float, float], ...]


def held(winners: Sequence[Record], test: Samples | None) -> dict[str, Held]:
    """What the radii of the winners hold, by the key of the record; of a large test file alone."""
    asked = [one for one in winners if has_network(one)]
    if test is None or len(test.X) < 2 * FEWEST or not asked:
        return {}
    first, second = halves(test)
    try:
        calibrate = calibrator(first, "test", "")
    except StudyError:  # such rows calibrate nothing; nor did they when the winners were saved
        return {}
    told, regions = {}, region(second.Y)
    for one in asked:
        network = partial(_answers, one)
        calibration = calibrate(network)
        inside = holds(calibration, network, second)
        groups = [inside, *(inside[regions == k] for k in range(len(REGIONS)))]
        told[one.key] = Held(calibration.radii, tuple(map(_share, groups)))
    return told


def _answers(record: Record, X: Floats) -> Floats:
    return answers([record], X)[0]


def _share(inside: np.ndarray) -> tuple[float, float]:
    """The share of rows, and its standard error by their number."""
    if not len(inside):
        return np.nan, np.nan
    share = float(inside.mean())
    return share, float(np.sqrt(share * (1 - share) / len(inside)))


def radii(winners: Sequence[Record], found: Mapping[str, Held], test_rows: int) -> Block:
    """The radii and what they hold, in a table."""
    if not found and test_rows < 2 * FEWEST:
        return Paragraph(
            "The search radius in the winners' files is calibrated on the validation rows, which "
            "also chose them; how many leaks it holds is measured only where there is a test file "
            f"of {2 * FEWEST} rows or more."
        )
    rows = (
        {"File": f"`{model_file(cell_of(one))}`", **_columns(found[one.key])}
        for one in winners
        if one.key in found
    )
    caption = (
        "The search radius in each winner's file, and the share of leaks within it, in per cent. "
        f"One half of the {test_rows:,} test rows calibrated it to hold 90 %, the other half "
        "measures what it holds: overall, and of the leaks in the centre, at the edges (within 225 "
        "mm of one side) and in the corners (of two). \N{PLUS-MINUS SIGN}: standard error by the "
        "number of rows."
    )
    return table("search-radii", caption, rows)


def _columns(one: Held) -> dict[str, str]:
    sizes = (f"Radius, {name} (mm)" for name in REGIONS)
    shares = (f"Held, {name}" for name in ("overall", *REGIONS))
    told = [f"{SQUARE.mm * radius:.0f}" for radius in one.radii]
    told += [_percent(*share) for share in one.shares]
    return dict(zip((*sizes, *shares), told, strict=True))


def _percent(share: float, error: float) -> str:
    if np.isnan(share):
        return formats.NOTHING
    return f"{100 * share:.1f} \N{PLUS-MINUS SIGN} {100 * error:.1f}"
