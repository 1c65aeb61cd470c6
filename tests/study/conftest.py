"""The exercise's own data, for the tests of what was measured on them."""

from pathlib import Path

import pytest

from study.data import Data, load


@pytest.fixture(scope="session")
def real(real_data: Path) -> Data:
    """The real data, loaded; tests that ask for them are skipped where there are none."""
    return load(real_data)
