"""What the kept networks answer: on the diagonals, over the bag, and to the test rows.

Weights are in the records, so that nothing is trained, and TensorFlow is not needed. Networks that
only Keras knows are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binned_statistic_2d

from report.contrasts import Contrast, cell_of
from report.findings import Findings
from study import lanes
from study.about import About
from study.architectures import ARCHITECTURES, network_of
from study.bag import SQUARE
from study.calibration import REGIONS, region
from study.data import Data, Samples, load
from study.design import Cell
from study.errors import StudyError
from study.records import Record

POINTS = 41  # of a diagonal
TILES = 12  # of a map, a side
BINS = 10  # of a coordinate, for residuals
QUANTILES = (0.05, 0.5, 0.95)  # of residuals
SOME = 10  # repetitions whose networks are asked for maps

Floats = NDArray[np.floating]


def data_of(about: About) -> Data | None:
    """The study's data, where they are still in their folder."""
    try:
        data = load(Path(about.data_folder))
    except (StudyError, OSError):
        return None
    return data if data.checksum == about.data_checksum else None


def answers(records: Sequence[Record], X: Floats) -> list[Floats]:
    """Positions (n, 2) that each record's network gives to flows X (n, N)."""
    networks = [network_of(one) for one in records]
    found: dict[int, Floats] = {}
    for shape in {shape for shape, _ in networks}:  # those of one shape together
        mine = {place: w for place, (other, w) in enumerate(networks) if other == shape}
        weights = np.array(list(mine.values()))
        predicted = lanes.predict(shape.ties, shape.activation, weights, X)
        found |= dict(zip(mine, predicted.astype(float), strict=True))
    return [found[place] for place in range(len(records))]


def has_network(record: Record) -> bool:
    """Whether a record's network can be asked here."""
    known = ARCHITECTURES.get(record.architecture)
    return bool(record.weights and known and known.ties)


@dataclass(frozen=True)
class Diagonal:
    """How far a network's answers are from the diagonal on which they should lie.

    deviations (2, k): signed, in mm, to the left of the way from the first sensor to its opposite,
    and from the second; as the share of the flow that the one takes goes from 0 to a half in equal
    steps, and its opposite takes the rest of a half.
    """

    cell: Cell
    deviations: Floats

    @property
    def largest(self) -> float:
        """The largest deviation in mm."""
        return float(np.abs(self.deviations).max())


def diagonals(winners: Sequence[Record]) -> dict[str, Diagonal]:
    """The diagonals of the exercise's winners, by the key of the record."""
    asked = [one for one in winners if has_network(one)]
    return {
        one.key: _diagonal(one, y) for one, y in zip(asked, answers(asked, _flows()), strict=True)
    }


def _flows() -> Floats:
    """Flows (2 k, 4): half to two opposite sensors in every proportion, the rest in equal parts."""
    share = np.linspace(0.0, 0.5, POINTS)
    rest = np.full(POINTS, 0.25)
    first = np.stack([share, rest, 0.5 - share, rest], axis=1)
    return np.concatenate([first, np.roll(first, 1, axis=1)])


def _diagonal(record: Record, predicted: Floats) -> Diagonal:
    across = []
    for port, part in zip(SQUARE.ports[:2], np.split(predicted, 2), strict=True):
        normal = np.array([port[1], -port[0]]) / np.linalg.norm(port)
        across.append(SQUARE.mm * part @ normal)
    return Diagonal(cell_of(record), np.array(across))


@dataclass(frozen=True)
class Map:
    """Where a model errs, in mm: root mean square distances over the bag and by region, residuals.

    tiles (TILES, TILES): by y2 from the bottom and y1 from the left; regions: of REGIONS.
    residuals (QUANTILES, BINS): of an answer's coordinate, by its true value; of both coordinates.
    """

    cell: Cell
    n: int  # networks
    tiles: Floats
    regions: tuple[float, ...]
    residuals: Floats


def maps(found: Findings, test: Samples) -> list[Map]:
    """Maps of the smallest and the largest size: of the first repetitions' winners on test rows.

    Of corrected cells, where there are any.
    """
    asked = {}
    for cell in found.grid:
        if records := [one for one in found.finals[cell].values() if has_network(one)]:
            asked[cell] = records[:SOME]
    mine = [cell for cell in asked if cell.corrected] or list(asked)
    ends = {mine[0].m, mine[-1].m} if mine else set()
    return [_map(cell, test.Y, _errors(asked[cell], test)) for cell in mine if cell.m in ends]


def _errors(records: Sequence[Record], test: Samples) -> Floats:
    """What each network's answers differ by from the truth (networks, rows, 2), in mm."""
    return SQUARE.mm * (np.array(answers(records, test.X)) - test.Y)


def _squares(errors: Floats) -> Floats:
    """Squared distances (networks, rows) in mm^2."""
    return (errors**2).sum(axis=-1)


def _map(cell: Cell, Y: Floats, errors: Floats) -> Map:
    squares = _squares(errors).mean(axis=0)
    means = binned_statistic_2d(*Y.T[::-1], squares, bins=TILES, range=[(-1, 1)] * 2).statistic
    near = region(Y)
    regions = [squares[near == k].mean() if k in near else np.nan for k in range(len(REGIONS))]
    return Map(
        cell, len(errors), np.sqrt(means), tuple(np.sqrt(regions).tolist()), _residuals(errors, Y)
    )


def _residuals(errors: Floats, Y: Floats) -> Floats:
    """The quantiles (QUANTILES, BINS) of errors (networks, rows, 2) by the true coordinates."""
    place = np.clip(((Y + 1) / 2 * BINS).astype(int), 0, BINS - 1)
    binned = [errors[:, place == k] for k in range(BINS)]
    nothing = [np.nan] * len(QUANTILES)
    return np.array([np.quantile(one, QUANTILES) if one.size else nothing for one in binned]).T


def test_luck(found: Findings, test: Samples) -> list[tuple[Contrast, float]]:
    """The standard error of building in against copies that is due to the test rows, by size.

    Of the log ratio, by the delta method: of what the rows make of it on average over the
    repetitions, which all are scored on them.
    """
    told = []
    for one in [one for one in found.primary if one.name == "built_in"]:
        pairs = [
            (found.finals[one.cell][r], found.finals[one.reference][r]) for r in one.log_ratios
        ]
        kept = [pair for pair in pairs if all(map(has_network, pair))][:SOME]
        if kept:
            mine, other = (_squares(_errors(list(side), test)) for side in zip(*kept, strict=True))
            relative = _relative(mine) - _relative(other)
            error = relative.mean(axis=0).std(ddof=1) / np.sqrt(len(test.X))
            told.append((one, float(error)))
    return told


def _relative(squares: Floats) -> Floats:
    """Squared distances (networks, rows) over each network's mean."""
    return squares / squares.mean(axis=1, keepdims=True)
