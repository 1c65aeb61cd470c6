"""Nothing lost: a study that is killed at any moment goes on to the same records, to the bit.

Most runs are forked from a process that has imported everything, and load no TensorFlow: their
proposals are handed in, and no network is saved. Every tenth is the whole command, imports,
proposals and saved networks included.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.__main__ import main
from bench.proposals import drawn
from study import networks
from study.design import Drawing
from study.store import Store, is_begun, read
from tests.bench import made_up
from tests.bench.made_up import SMALL, opened
from tests.torture import TIMES

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.torture
WITH_NETWORKS = {**SMALL, "exercise": made_up.PRESET["exercise"]}
Fork = Callable[[int, int, Path], list[int]]
POLITE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
EVENTS = 14_000_000  # calls and returns of a whole command, most of them in imports
# The share of them that comes before the first block: of a run, and of a whole command.
READING, IMPORTING = 0.6, 0.93


def is_whole(number: int) -> bool:
    return number % 10 == 9


def moment(number: int, events: int, before: float) -> tuple[int, signal.Signals]:
    """When a run is killed, and by what.

    Of four, three may have records by then; of three, one is sent a signal that it can answer.
    """
    rng = np.random.default_rng(number)
    first = 0 if number // 3 % 4 == 3 else int(before * events)
    how = POLITE[number // 3 % 3] if number % 3 == 1 else signal.SIGKILL
    return int(rng.integers(1 + first, events)), how


def arguments(home: Path) -> list[str]:
    folders = [f"--{name}={home / name}" for name in ("data", "models")]
    return [
        "run", f"--preset={home / 'tiny.toml'}", f"--out={home / 'results'}", *folders,
        "--workers=1",
    ]  # fmt: skip


@dataclass(frozen=True)
class Study:
    """A study that has not run yet."""

    home: Path
    changes: dict[str, object]

    def __post_init__(self) -> None:
        made_up.write_data(self.home / "data")
        opened(self.home, **self.changes)

    @cached_property
    def finished(self) -> Path:
        """A home in which it ran, and nobody interrupted it."""
        home = self.copy(self.home.with_name(f"{self.home.name} finished"))
        assert main(arguments(home)) in (0, 3)
        return home

    def copy(self, home: Path) -> Path:
        """Another home of it."""
        return Path(shutil.copytree(self.home, home))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """One that needs no TensorFlow."""
    made = Study(tmp_path_factory.mktemp("small"), SMALL)
    study = opened(made.home, **SMALL)
    with Store(study.store) as store:
        proposals = drawn(study.preset, 1, {}, store.say)
        for architecture, repetition in product(("standard", "equivariant"), (0, 1)):
            proposals(Drawing(architecture, repetition), 2)
    return made


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """One that draws its proposals and saves its winners."""
    return Study(tmp_path_factory.mktemp("large"), WITH_NETWORKS)


@pytest.fixture(scope="module")
def fork(small: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fork]:
    """What carries `run` out in a process of its own that has nothing to import any more."""
    home = small.copy(tmp_path_factory.mktemp("killed") / "first")
    command = [sys.executable, "-m", "tests.bench.killing", "serve", *arguments(home)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout

        def ask(moment: int, number: int, home: Path) -> list[int]:
            server.stdin.write(json.dumps([moment, number, arguments(home)]) + "\n")
            server.stdin.flush()
            return [int(word) for word in server.stdout.readline().split()]

        yield ask
        server.stdin.close()


@pytest.fixture(scope="module")
def events(fork: Fork, small: Study, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Calls and returns of a run that nobody kills."""
    home = small.copy(tmp_path_factory.mktemp("killed") / "counted")
    return fork(0, 0, home)[0]


@pytest.fixture(scope="module")
def killed(
    large: Study, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, Future[tuple[Path, int, str]]]]:
    """The whole commands that are killed, two at a time while the others are."""

    def kill(number: int) -> tuple[Path, int, str]:
        home = large.copy(tmp_path_factory.mktemp("killed") / "home")
        when, how = moment(number, EVENTS, IMPORTING)
        command = [sys.executable, "-m", "tests.bench.killing", str(when), str(how.value)]
        ended = subprocess.run(
            [*command, *arguments(home)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return home, ended.returncode, ended.stderr

    with ThreadPoolExecutor(2) as pool:
        yield {number: pool.submit(kill, number) for number in range(TIMES) if is_whole(number)}


def goes_on_to_the_same(study: Study, home: Path) -> None:
    """The rerun keeps what was finished, completes the rest, and ends as if nothing had been."""
    store = opened(home, **study.changes).store
    kept = read(store, counted=False) if is_begun(store) else []
    before = made_up.contents(home)
    assert main(["status", *arguments(home)[1:-1]]) == 0
    assert made_up.contents(home) == before
    assert main(arguments(home)) in (0, 3)
    told = opened(study.finished, **study.changes)
    found, expected = read(store), read(told.store)
    assert [one for one in found if one in kept] == kept
    assert [replace(one, seconds=0) for one in found] == [
        replace(one, seconds=0) for one in expected
    ]
    for name in ("out", "models"):
        ours, theirs = getattr(opened(home, **study.changes), name), getattr(told, name)
        assert {path.name for path in ours.glob("*")} == {path.name for path in theirs.glob("*")}
    ours, theirs = (pd.read_csv(one.with_name("runs.csv")) for one in (store, told.store))
    pd.testing.assert_frame_equal(
        ours.drop(columns="seconds"), theirs.drop(columns="seconds"), check_exact=True
    )


@pytest.mark.usefixtures("killed")  # meanwhile
@pytest.mark.parametrize("number", [n for n in range(TIMES) if not is_whole(n)])
def test_a_killed_run_goes_on_to_the_same_records(number, fork, events, small, tmp_path):
    home = small.copy(tmp_path / "home")
    when, how = moment(number, events, READING)
    assert fork(when, how, home) == [-how if how == signal.SIGKILL else 130]
    goes_on_to_the_same(small, home)


@pytest.mark.parametrize("number", [n for n in range(TIMES) if is_whole(n)])
def test_a_killed_command_goes_on_to_the_same_networks(number, killed, large):
    home, code, said = killed[number].result()
    _, how = moment(number, EVENTS, IMPORTING)
    if how == signal.SIGKILL:
        assert code == -how
    else:
        assert (code, said.count("\n")) == (130, 1)
    goes_on_to_the_same(large, home)
    answers_the_same(large, home)


@pytest.mark.parametrize("lost", ["records", "networks"])
def test_what_a_dying_machine_lost_of_a_finished_study_is_made_again(lost, large, tmp_path):
    """Records whose networks are saved, or networks whose records are there."""
    home = Path(shutil.copytree(large.finished, tmp_path / "home"))
    study = opened(home, **large.changes)
    if lost == "records":
        with closing(sqlite3.connect(study.store)) as database, database:
            database.execute("DELETE FROM records WHERE stage IN ('full', 'start')")
    else:
        for path in study.models.iterdir():
            path.unlink()
    goes_on_to_the_same(large, home)
    answers_the_same(large, home)


def answers_the_same(large: Study, home: Path) -> None:
    """Every saved network predicts the same, to the bit."""
    ours, theirs = (opened(one, **large.changes) for one in (home, large.finished))
    X = ours.data.validation.X.astype("float32")
    for path in sorted(theirs.models.iterdir()):
        answers = [np.asarray(networks.load(one)(X)) for one in (path, ours.models / path.name)]
        assert answers[0].tobytes() == answers[1].tobytes()
