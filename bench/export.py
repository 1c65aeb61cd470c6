"""What a study leaves besides its store: runs.csv, and the exercise's winners as .h5 files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from bench.scores import errors
from bench.studies import TABLE, Study
from study.architectures import network_of
from study.calibration import Calibration
from study.conformal import calibrating, calibrator
from study.data import Data
from study.design import Cell, Request, winners
from study.errors import StudyError
from study.escapes import inert
from study.files import write_whole
from study.inspection import configuration
from study.model_files import saved_files
from study.quiet import keras_networks
from study.records import COLUMNS, Record
from study.saved import notes
from study.symmetry import Predictor

CLOSE = 1e-4  # relative: how near an exported network's error must be to its record's
OURS = "run_"  # how the names of the networks begin that are saved here
BLOBS = ("weights", "curve")


def table(records: Mapping[Request, Record]) -> pd.DataFrame:
    """The records as a table, in the order of their names, without weights and curves."""
    names = [column.name for column in COLUMNS]
    rows = [vars(records[request]).values() for request in sorted(records)]
    return pd.DataFrame(rows, columns=names).drop(columns=list(BLOBS))


def export_table(study: Study, records: Mapping[Request, Record]) -> Path:
    """Write the records to runs.csv beside the store."""
    study.out.mkdir(parents=True, exist_ok=True)
    cells = table(records).map(lambda cell: inert(cell) if isinstance(cell, str) else cell)
    return write_whole(study.out / TABLE, cells.to_csv(index=False))


def export_winners(study: Study, records: Mapping[Request, Record]) -> list[Path]:
    """Save the exercise's winners that are not saved yet; the paths that were written.

    Raises StudyError where a saved network's error is not that of its record, and where a file of
    somebody else's would be overwritten.
    """
    written = []
    for cell, record in to_be_saved(study, records):
        written += _export(study, cell, record)
    return written


def to_be_saved(study: Study, records: Mapping[Request, Record]) -> Iterator[tuple[Cell, Record]]:
    """The exercise's winners, whose networks are saved, with their cells."""
    best = winners(records, study.design.choose_by)
    for (cell, repetition), record in sorted(best.items(), key=lambda item: item[0]):
        if repetition == 0 and record and record.weights:
            yield cell, record


def _export(study: Study, cell: Cell, record: Record) -> list[Path]:
    """Save a winner, and one that is not equivariant averaged over the symmetries, too."""
    paths = [study.models / name for name in saved_files(cell)]
    path = paths[0]
    if all(saved_name(one) == network_name(record) for one in paths):
        return []
    for one in paths:
        if h5py.is_hdf5(one) and not (saved_name(one) or "").startswith(OURS):
            raise StudyError(
                f"{one}: expected no file, or a network that this program saved, found another; "
                "move it away, and run this again"
            )
    networks = keras_networks()
    shape, weights = network_of(record)
    model = networks.with_weights(shape, weights, name=network_name(record))
    for one in paths:
        averaged = one is not path
        saved = networks.orbit_average(model) if averaged else model
        calibration = _calibrator(study.data)(_predictor(saved))
        networks.save(saved, one, notes(shape, averaged, weights, calibration))
    _check(networks.load(path), study, record, path)
    return paths


@lru_cache(1)
def _calibrator(data: Data) -> Callable[[Predictor], Calibration | None]:
    """What calibrates the networks of a study on these data, unless they can't."""
    try:
        return calibrator(*calibrating(data), data.checksum)
    except StudyError:
        return lambda network: None


def _predictor(model: Any) -> Predictor:
    """A Keras model as a function of flows."""
    return lambda X: np.asarray(model(X.astype("float32")), np.float64)


def _check(model: Any, study: Study, record: Record, path: Path) -> None:
    """Refuse and remove a file whose network does not predict what its record says."""
    X, Y = study.data.validation
    found = errors(_predictor(model)(X), Y).mse
    if not np.isclose(found, record.validation_mse or np.nan, rtol=CLOSE, atol=0.0):
        path.unlink()  # the next run would take it for saved
        raise StudyError(
            f"{path}: expected a network with a validation error of {record.validation_mse:.6g}, "
            f"found {found:.6g}; this is a fault of the program: please report it"
        )


def network_name(record: Record) -> str:
    """The name of the network that is saved: it tells which record it is."""
    return f"{OURS}{record.key}"


def saved_name(path: Path) -> str | None:
    """The name of the network in this .h5 file, if it holds one."""
    try:
        return str(configuration(path)["config"]["name"])
    except (StudyError, KeyError, TypeError):
        return None
