"""A study on a Dask cluster of real processes: what it comes to, and what it survives."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from bench.cluster import cluster as connected
from bench.provenance import digest, versions
from bench.studies import Folders, Study, open_study
from bench.waves import Result, Step, carry_out_waves
from study.design import Request
from study.errors import StudyError
from study.presets import load_preset
from study.records import Record
from study.store import read
from tests.bench import made_up

dask = pytest.importorskip("dask")
psutil = pytest.importorskip("psutil")
processes = pytest.importorskip("tests.cluster.processes", exc_type=ImportError)

# By hand: 2 architectures at 8 depths are 16 blocks, each of 2 raw and 2 augmented trainings.
BLOCKS = 16
SWEEP = """
sizes = [20]
learning_rates = [1e-3, 1e-2]
depths = [1, 2, 3, 4, 5, 6, 7, 8]
standard_widths = [4]
repeats = 1
batch_size = 32
epochs = 40
patience = 40
equivariant_stddev = 0.2
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return opened(tmp_path)


def opened(tmp_path: Path) -> Study:
    """A study of one wave, which needs no proposals and so no TensorFlow."""
    tmp_path.mkdir(exist_ok=True)
    preset = tmp_path / "sweep.toml"
    preset.write_text(SWEEP, encoding="utf-8")
    folders = Folders(made_up.write_data(tmp_path / "data"), tmp_path / "out", tmp_path / "models")
    return open_study(load_preset(str(preset)), folders)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[Request, Record]:
    """What the study comes to in threads."""
    home = tmp_path_factory.mktemp("local")
    return compared(carry_out_waves(opened(home), 1))


def compared(result: Result) -> dict[Request, Record]:
    """Records without the time that they took."""
    assert not result.failed
    return {request: replace(record, seconds=0.0) for request, record in result.records.items()}


class Run:
    """A study on a cluster, with the lines that it told and the trainings that were done.

    act: is called after each block, with the number of blocks that are done.
    """

    def __init__(
        self, study: Study, cluster: processes.Cluster, act: Callable[[int], None] = print
    ):
        self.lines: list[str] = []
        self.trained: list[Request] = []
        blocks = count(1)

        def show(step: Step) -> None:
            self.trained += [training.request for training in step.block.trainings]
            act(next(blocks))

        place = connected(str(cluster.file), self.lines.append)
        self.result = carry_out_waves(study, place, show)

    def told(self, word: str) -> list[str]:
        """The workers of which lines tell this."""
        return [line.split()[1] for line in self.lines if word in line]


def assert_same(run: Run, study: Study, local: dict[Request, Record]) -> None:
    """Nothing is lost, nothing done twice, and every bit is as it is here."""
    assert compared(run.result) == local
    assert sorted(run.trained) == sorted(study.names)
    assert set(read(study.store)) == set(run.result.records.values())


@pytest.fixture(scope="module")
def one_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Cluster]:
    one = processes.Cluster(tmp_path_factory.mktemp("cluster"))
    yield one
    one.close()


@pytest.fixture
def cluster(one_cluster: processes.Cluster) -> processes.Cluster:
    """A cluster with a worker of our code, at least, and no other."""
    found = one_cluster.client.run(versions)
    strangers = [worker for worker, its in found.items() if its != versions()]
    one_cluster.client.retire_workers(strangers)
    if len(strangers) == len(found):
        one_cluster.join()
    return one_cluster


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_records_equal_those_made_here(cluster, study, local):
    run = Run(study, cluster)
    assert_same(run, study, local)
    assert run.lines[0] == f"on the cluster of {cluster.file} (workers: {len(cluster.pids)})"
    assert set(run.told("joined")) == set(cluster.pids)


def test_a_worker_that_is_killed_amid_a_block_costs_nothing(cluster, study, local):
    cluster.join()
    killed: list[str] = []

    def kill_one(_: int) -> None:
        working = [worker for worker, keys in cluster.client.processing().items() if keys]
        if working and not killed:
            killed.append(working[0])
            kill(cluster.pids[working[0]])

    run = Run(study, cluster, kill_one)
    assert_same(run, study, local)
    assert len(killed) == 1
    assert run.told("left") == killed


def test_a_worker_that_joins_late_takes_over(cluster, study, local):
    """Once it is there, the others are killed, and their data with them."""
    before = {*cluster.pids}

    def replace_all(done: int) -> None:
        if done == 1:
            old = cluster.pids
            cluster.join()
            for pid in old.values():
                kill(pid)

    run = Run(study, cluster, replace_all)
    assert_same(run, study, local)
    assert set(run.told("left")) == before
    assert set(run.told("joined")) == before | {*cluster.pids}


@pytest.fixture
def other_code(tmp_path: Path) -> Path:
    """A copy of the code with one line more."""
    for room in ("study", "bench"):
        shutil.copytree(processes.ROOT / room, tmp_path / "code" / room)
    with (tmp_path / "code" / "study" / "version.py").open("a", encoding="utf-8") as file:
        file.write("# one line more\n")
    return tmp_path / "code"


def test_a_worker_with_other_code_gets_no_block(cluster, study, local, other_code, tmp_path):
    """It joins late. When it alone is left, a study ends, and keeps what was done without it."""
    ours = cluster.pids
    run = Run(study, cluster, lambda done: cluster.join(code=other_code) if done == 1 else None)
    assert_same(run, study, local)
    (stranger,) = run.told("refused")
    (line,) = [line for line in run.lines if "refused" in line]
    difference = f"expected code {versions()['code']}, found code {digest(other_code)};"
    assert difference in line
    assert "study.kernel" not in cluster.client.run(lambda: [*sys.modules])[stranger]

    def kill_ours(_: int) -> None:
        while ours:
            kill(ours.popitem()[1])

    second = opened(tmp_path / "second")
    with pytest.raises(StudyError, match=re.escape(difference)) as told:
        Run(second, cluster, kill_ours)
    assert "\n" not in str(told.value)
    kept = {replace(record, seconds=0.0) for record in read(second.store)}
    assert 0 < len(kept) < len(local)
    assert kept <= set(local.values())


def test_a_scheduler_that_is_gone_ends_the_study_and_loses_nothing(cluster, study, local):
    """The last test of this cluster."""
    trained = []

    def kill_it(done: int) -> None:
        trained.append(done)
        if done == 2:
            cluster.client.close()
            kill(cluster.scheduler.pid)

    with pytest.raises(StudyError, match=r"json: expected an answer of the scheduler, found it go"):
        Run(study, cluster, kill_it)
    kept = {record.key for record in read(study.store)}
    steps: list[Step] = []
    assert compared(carry_out_waves(study, 1, steps.append)) == local
    assert len(trained) + len(steps) == BLOCKS
    assert not kept & {record.key for step in steps for record in step.records}


# Who may come in


@pytest.fixture
def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the document's lines write, as Dask's configuration."""
    (lines,) = re.findall(r"```python\n(.*?)```", processes.DOCUMENT, flags=re.DOTALL)
    subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, check=True)
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path / "certificates"))
    return tmp_path / "certificates"


def test_with_certificates_a_study_runs_and_nobody_else_may(tmp_path, study, local, certificates):
    keys = {path.name: path.stat().st_mode & 0o077 for path in certificates.iterdir()}
    assert set(keys.values()) == {0}
    ours = dask.config.collect([str(certificates)], env={})["distributed"]
    with dask.config.set(distributed=dask.config.merge(dask.config.get("distributed"), ours)):
        safe = processes.Cluster(tmp_path, "--protocol tls")
        safe.start(f"{processes.WORKER} --nworkers 1")  # with a nanny
        safe.client.wait_for_workers(1)
        run = Run(study, safe)
    assert_same(run, study, local)
    assert all(worker.startswith("tls://127.0.0.1:") for worker in run.told("joined"))
    mine = [psutil.Process(one.pid) for one in safe.processes]
    mine += [child for one in mine for child in one.children(recursive=True)]
    listening = [
        connection.laddr.ip
        for process in mine
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 4
    assert set(listening) == {"127.0.0.1"}
    with pytest.raises(StudyError, match=r"found tls://.* and no certificates"):
        Run(study, safe)
    safe.close()
