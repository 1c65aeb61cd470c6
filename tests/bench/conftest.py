"""Simulated data, and trainings on them, that the tests of running a study share."""

from pathlib import Path

import pytest

from bench.blocks import Context
from bench.provenance import Provenance
from study.data import Data, Samples
from study.design import Keys
from study.version import NUMBERS
from tests.bench import made_up


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in made_up.TERMINAL:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def data() -> Data:
    """Training files of 20 and 120 rows, validation files of 50 and 200, a test file of 60."""
    return made_up.data()


@pytest.fixture(scope="session")
def validation(data: Data) -> Samples:
    """50 samples without a fault."""
    return data.validation


@pytest.fixture(scope="session")
def context(data: Data) -> Context:
    """What blocks on these data have in common."""
    return Context(
        data, Keys(data.checksum, "loop", 1), Provenance(NUMBERS, "code", "packages", "cpu")
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with data, for a study beside them."""
    made_up.write_data(tmp_path / "data")
    return tmp_path
