"""A full disk: one line, exit 2, nothing half-written, and the rerun completes what is missing."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bench import run, waves
from bench.__main__ import main
from study.store import read
from tests.bench import made_up
from tests.bench.made_up import SMALL, opened

CHANGES = {**SMALL, "architectures": ["equivariant"], "exercise": made_up.PRESET["exercise"]}


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def with_room(function: Callable, size: int) -> Callable:
    def limited(*arguments: object, **options: object) -> object:
        with room(size):
            return function(*arguments, **options)

    return limited


@pytest.fixture
def arguments(home: Path) -> list[str]:
    opened(home, **CHANGES)
    folders = [f"--{name}={home / name}" for name in ("data", "models")]
    preset = f"--preset={home / 'tiny.toml'}"
    return ["run", preset, f"--out={home / 'results'}", *folders, "--workers=1"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list:
    """The records of a run that had room enough."""
    home = tmp_path_factory.mktemp("whole")
    made_up.write_data(home / "data")
    study = opened(home, **CHANGES)
    return list(waves.carry_out_waves(study, 1).records.values())


@pytest.mark.parametrize(
    ("module", "function", "size", "words"),
    [
        (waves.Store, "add", 40_000, "records.sqlite: expected to read and to write, found that"),
        (run, "export_table", 1000, "runs.csv: expected room to write to, found file too large"),
        (run, "export_winners", 5000, ".h5: expected room to write to, found file too large"),
    ],
    ids=["store", "table", "network"],
)
def test_it_is_one_line_and_the_rerun_completes(
    module, function, size, words, arguments, home, whole, monkeypatch, capsys
):
    with monkeypatch.context() as patch:
        patch.setattr(module, function, with_room(getattr(module, function), size))
        assert main(arguments) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert not list(home.rglob("*.part"))
    assert not list(home.rglob("*.h5"))
    assert main(arguments) in (0, 3)
    store = opened(home, **CHANGES).store
    found = [replace(one, seconds=0) for one in read(store)]
    assert sorted(found, key=lambda one: one.key) == sorted(
        (replace(one, seconds=0) for one in whole), key=lambda one: one.key
    )
    assert len(list(home.rglob("*.h5"))) == 2
