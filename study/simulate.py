"""Simulated samples: the forward model of the bag with noise, and the CSV files of a study."""

import csv
import os
from functools import cache
from pathlib import Path

import numpy as np

from study.data import COLUMNS, ROLES, Data, Samples, assemble, file_name
from study.errors import StudyError
from study.forward import BAG, Floats, ForwardModel, normalised
from study.seeds import seed

NOISE = 0.011  # standard deviation of each flow's noise, before the flows are normalised
SMALLEST_FLOW = 1e-6
DECIMALS = 6  # of positions and flows

Offset = tuple[float, float, float, float]
NO_FAULT: Offset = (0.0, 0.0, 0.0, 0.0)
FAULT: Offset = (0.0, 0.0, 0.0, 0.05)

# The largest training file and the largest validation file are the pools of the repetitions.
FILES = (
    ("train", 100),
    ("train", 1000),
    ("train", 30000),
    ("validation", 1000),
    ("validation", 30000),
    ("test", 10000),
)


def simulate(
    n: int,
    rng: np.random.Generator,
    *,
    model: ForwardModel = BAG,
    noise: float = NOISE,
    offset: Offset = NO_FAULT,
) -> Samples:
    """Return n samples with positions uniform on the square.

    Noise is added to the flows, which are clipped at a small positive value and renormalised.
    Then the sensors' offset is added, and the flows are renormalised again. Positions and flows
    are rounded to DECIMALS: the last bits of powers and of normal numbers depend on the machine,
    and a training that starts from other bits ends at another network.
    """
    Y = np.round(rng.uniform(-1, 1, size=(n, 2)), DECIMALS)
    noisy = model.flows(Y) + rng.normal(scale=noise, size=(n, 4))
    X = normalised(np.maximum(noisy, SMALLEST_FLOW))
    return Samples(X=rounded(normalised(X + np.array(offset))), Y=Y)


def rounded(flows: Floats) -> Floats:
    """Flows (n, 4) of sum 1, rounded to DECIMALS such that the sum remains 1.

    The largest flow of a row takes the difference, which is one unit of the last decimal at most.
    """
    one = 10**DECIMALS
    units = np.rint(one * flows)
    units[np.arange(len(units)), units.argmax(axis=1)] += one - units.sum(axis=1)
    return units / one


def write_data(folder: Path, data_seed: int = 1) -> list[Path]:
    """Write the simulated data files that the folder lacks and return their paths.

    Training files carry the FAULT, the others do not. Each file is a sample of its own. A file
    that is there is never touched, and a file that appears is complete.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            _write(folder / file_name(role, rows), simulated_file(role, rows, data_seed))
            for role, rows in FILES
            if not (folder / file_name(role, rows)).exists()
        ]
    except OSError as error:
        raise StudyError(
            f"{folder}: expected a folder to write simulated data to, found {error}; "
            "name another folder or make room there"
        ) from error


@cache
def simulated_data(folder: Path, data_seed: int = 1) -> Data:
    """The data that `write_data` would write to an empty folder."""
    samples = {
        role: [simulated_file(each, rows, data_seed) for each, rows in FILES if each == role]
        for role in ROLES
    }
    return assemble(folder, samples)


def simulated_file(role: str, rows: int, data_seed: int = 1) -> Samples:
    """The samples of a simulated file; another seed gives other ones."""
    other = () if data_seed == 1 else (data_seed,)
    rng = np.random.default_rng(seed("simulate", f"{role}_{rows}", *other))
    return simulate(rows, rng, offset=FAULT if role == "train" else NO_FAULT)


def _write(path: Path, samples: Samples) -> Path:
    """Write the samples under a temporary name, then give the file its own."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(np.hstack([samples.Y, samples.X]).tolist())
        return temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
