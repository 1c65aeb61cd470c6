"""Fixtures that more than one room's tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Before NumPy is imported: on busy cores, BLAS's threads wait for each other, up to 30 times as
# long as one thread takes for matrices as small as ours.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder with the exercise's own files; skip the test where there is none."""
    named = os.environ.get("LEAKAGE_DATA")
    candidates = ([Path(named)] if named else []) + [ROOT.parent / "shared" / "data"]
    for folder in candidates:
        if folder.is_dir():
            return folder
    pytest.skip("the real data are not here: name their folder in LEAKAGE_DATA")
