"""Simulated samples: the forward model of the bag with noise, and the CSV files of a study."""

import csv
import io
from functools import cache
from pathlib import Path

import numpy as np

from study.bag import SQUARE
from study.data import ROLES, Data, Samples, assemble, file_name
from study.errors import StudyError
from study.files import write_whole
from study.forward import FITTED, Floats, ForwardModel, normalised
from study.seeds import seed
from study.tables import read

NOISE = 0.011  # standard deviation of each flow's noise, before the flows are normalised
SMALLEST_FLOW = 1e-6
DECIMALS = 6  # of positions and flows

MARK = ".simulating"  # in a folder whose simulation has not ended; it holds the data seed

Offset = tuple[float, ...]  # (N,), added to the normalised flows
NO_FAULT: Offset = (0.0,) * SQUARE.flows
FAULT: Offset = (*NO_FAULT[:-1], 0.05)

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
    model: ForwardModel = FITTED,
    noise: float = NOISE,
    offset: Offset | None = None,
) -> Samples:
    """Return n samples with positions uniform on the box of the bag's outline.

    Noise is added to the flows, which are clipped at a small positive value and renormalised.
    Then the sensors' offset, if any, is added, and the flows are renormalised again. Positions
    and flows are rounded to DECIMALS: the last bits of powers and of normal numbers depend on the
    machine, and a training that starts from other bits ends at another network.
    """
    bag = model.bag
    Y = np.round(rng.uniform(bag.low, bag.high, size=(n, 2)), DECIMALS)
    noisy = model.flows(Y) + rng.normal(scale=noise, size=(n, bag.flows))
    X = normalised(np.maximum(noisy, SMALLEST_FLOW))
    shift = np.zeros(bag.flows) if offset is None else np.array(offset)
    return Samples(X=rounded(normalised(X + shift)), Y=Y)


def rounded(flows: Floats) -> Floats:
    """Flows (n, N) of sum 1, rounded to DECIMALS such that the sum remains 1.

    The largest flow of a row takes the difference, which is one unit of the last decimal at most.
    """
    one = 10**DECIMALS
    units = np.rint(one * flows)
    units[np.arange(len(units)), units.argmax(axis=1)] += one - units.sum(axis=1)
    return units / one


def write_data(folder: Path, data_seed: int = 1) -> list[Path]:
    """Write the simulated data files that the folder lacks and return their paths.

    Training files carry the FAULT, the others do not. Each file is a sample of its own. A file
    that is there is never touched, and a file that appears is complete. While files are missing, a
    mark tells so: whoever finds it calls this again. Raises StudyError where `check_free` does, and
    where the folder can't be written to.
    """
    check_free(folder, data_seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing = [one for one in FILES if not (folder / file_name(*one)).exists()]
        if not missing:
            (folder / MARK).unlink(missing_ok=True)
            return []
        mark = write_whole(folder / MARK, f"{data_seed}\n")
        written = [
            write_whole(folder / file_name(*one), _text(simulated_file(*one, data_seed)))
            for one in missing
        ]
        mark.unlink(missing_ok=True)  # another process may have ended first, with the same files
        return written
    except OSError as error:
        raise StudyError(
            f"{folder}: expected a folder to write simulated data to, found {error}; "
            "name another folder or make room there"
        ) from error


def begun(folder: Path) -> int | None:
    """The data seed of a simulation into this folder that was interrupted, if there was one."""
    try:
        return int((folder / MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def check_free(folder: Path, data_seed: int = 1) -> None:
    """Check that a folder, if it is there, holds nothing but a part of the simulated data.

    A README and hidden files may be there as well. Raises StudyError for anything else: simulated
    files beside somebody's own would pass for theirs.
    """
    if (other := begun(folder)) not in (None, data_seed):
        raise StudyError(
            f"{folder}: expected simulated data of seed {data_seed}, found a part of those of seed "
            f"{other}; ask for that seed, or empty the folder"
        )
    simulated = {file_name(*one): one for one in FILES}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in simulated:
            if not _holds(path, simulated_file(*simulated[path.name], data_seed)):
                raise StudyError(
                    f"{path}: expected simulated data of seed {data_seed}, or an empty folder to "
                    "simulate them in, found other data; name another folder"
                )
        elif not path.name.startswith((".", "README")):
            raise StudyError(
                f"{folder}: expected CSV files such as {file_name('train', 100)}, or an empty "
                f"folder to simulate them in, found {path.name}; export the table as CSV, or name "
                "another folder"
            )


def _holds(path: Path, samples: Samples) -> bool:
    """Whether a file holds these samples."""
    try:
        table = read(path, SQUARE)
    except StudyError:
        return False
    return equal(Samples(table.flows, table.positions), samples)


def equal(some: Samples, others: Samples) -> bool:
    """Whether samples are the same to the bit."""
    return all(map(np.array_equal, some, others))


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


def _text(samples: Samples) -> str:
    """Samples as a CSV file has them."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(SQUARE.columns)
    writer.writerows(np.hstack([samples.Y, samples.X]).tolist())
    return text.getvalue()
