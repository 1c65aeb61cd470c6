"""A calibrated network, and the command that asks it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from locate.__main__ import main
from locate.leak import Leak, load
from study.calibration import Calibration
from tests.locate import made_up


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    return made_up.calibration()


@pytest.fixture(scope="session")
def model(calibration: Calibration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the best linear network, calibrated."""
    return made_up.save(tmp_path_factory.mktemp("locate") / "model.h5", calibration)


@pytest.fixture(scope="session")
def leak(model: Path) -> Leak:
    return load(model)


@pytest.fixture
def ask(model: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Ask for answers; return the exit code, and what was written where."""

    def ask(*words: object, of: Path = model) -> tuple[int, str, str]:
        code = main([*map(str, words), "--model", str(of)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask
