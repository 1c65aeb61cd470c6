"""A network calibrated on rows of the user's own, whose positions are known."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from locate import table
from locate.leak import Leak, shares
from study.bag import SQUARE
from study.conformal import calibrator
from study.data import Samples
from study.errors import StudyError


def calibrated(leak: Leak, path: Path) -> Leak:
    """The leak with a calibration on the rows of a file. Raises StudyError for wrong ones."""
    values = np.concatenate(list(table.read(path, SQUARE.columns)))
    Y, flows = values[:, :2], values[:, 2:]
    if not ((SQUARE.low <= Y) & (SQUARE.high >= Y)).all():
        raise StudyError(
            f"{path}: expected positions in [-1, 1], found others; divide positions in mm by "
            f"{SQUARE.mm:g}, or remove such rows"
        )
    try:
        samples = Samples(shares(flows), Y)
        checksum = hashlib.sha256(np.hstack([Y, samples.X]).astype("<f8").tobytes()).hexdigest()
        return replace(leak, calibration=calibrator(samples, "own", checksum)(leak.predict))
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
