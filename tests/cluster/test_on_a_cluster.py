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

import dask
import psutil
import pytest

from bench.__main__ import main
from bench.cluster import cluster as connected
from bench.progress import Tally
from bench.provenance import digest, versions
from bench.run import run_study
from bench.scheduler import connect
from bench.studies import Folders, Study, open_study
from bench.waves import Result, Step, carry_out_waves
from study.design import Request
from study.errors import StudyError
from study.presets import load_preset
from study.records import Record
from study.store import read
from tests.bench import made_up
from tests.cluster import processes

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


def opened(tmp_path: Path, sweep: str = SWEEP, trainer: str = "loop") -> Study:
    """A study of one wave, which needs no proposals and so no TensorFlow."""
    preset = tmp_path / "sweep.toml"
    preset.write_text(sweep, encoding="utf-8")
    folders = Folders(made_up.write_data(tmp_path / "data"), tmp_path / "out", tmp_path / "models")
    return open_study(load_preset(str(preset)), folders, trainer=trainer)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[Request, Record]:
    """What the study comes to in threads."""
    home = tmp_path_factory.mktemp("local")
    return compared(carry_out_waves(opened(home), 1))


def compared(result: Result) -> dict[Request, Record]:
    """Records without the time that they took, and the commit at that time."""
    assert not result.failed
    return {request: without_time(record) for request, record in result.records.items()}


def without_time(record: Record) -> Record:
    return replace(record, seconds=0.0, code="")


def arguments(study: Study) -> list[str]:
    """What names the study to a command."""
    home = study.out.parents[1]
    places = {"data": home / "data", "out": study.out.parent, "models": home / "models"}
    named = {"preset": home / "sweep.toml", **places}
    return [f"--{name}={path}" for name, path in named.items()]


class Run:
    """A study on a cluster, with the lines that it told and the trainings that were done.

    act: is called after each block, with the number of blocks that are done.
    """

    def __init__(
        self,
        study: Study,
        cluster: processes.Cluster,
        act: Callable[[int], None] = lambda done: None,
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
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the document's lines write."""
    (lines,) = re.findall(r"```python\n(.*?)```", processes.DOCUMENT, flags=re.DOTALL)
    home = tmp_path_factory.mktemp("home")
    subprocess.run([sys.executable, "-c", lines], cwd=home, check=True)
    return home / "certificates"


@pytest.fixture(scope="module")
def one_cluster(
    certificates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[processes.Cluster]:
    """A cluster whose parts know each other by certificates."""
    ours = dask.config.collect([str(certificates)], env={})["distributed"]
    both = dask.config.merge(dask.config.get("distributed"), ours)
    with dask.config.set(distributed=both), pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASK_CONFIG", str(certificates))
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


@pytest.fixture(scope="module")
def other_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code with one line more."""
    folder = tmp_path_factory.mktemp("code")
    for room in ("study", "bench"):
        shutil.copytree(processes.ROOT / room, folder / room)
    with (folder / "study" / "version.py").open("a", encoding="utf-8") as file:
        file.write("# one line more\n")
    return folder


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_a_cluster_of_other_code_is_refused(one_cluster, study, other_code):
    """The first test of this cluster, which has no worker yet."""
    one_cluster.join(code=other_code)
    difference = f"expected code {versions()['code']}, found code {digest(other_code)};"
    with pytest.raises(StudyError, match=re.escape(difference)) as told:
        Run(study, one_cluster)
    assert "\n" not in str(told.value)
    assert read(study.store) == []


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


def test_a_worker_with_other_code_that_joins_gets_no_block(cluster, study, local, other_code):
    run = Run(study, cluster, lambda done: cluster.join(code=other_code) if done == 1 else None)
    assert_same(run, study, local)
    (stranger,) = run.told("refused")
    (line,) = [line for line in run.lines if "refused" in line]
    assert f"expected code {versions()['code']}, found code {digest(other_code)};" in line
    assert "study.kernel" not in cluster.client.run(lambda: [*sys.modules])[stranger]


def test_keras_trains_on_a_cluster_to_the_bits_that_it_comes_to_here(cluster, tmp_path):
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
    sweep = SWEEP.replace("[1, 2, 3, 4, 5, 6, 7, 8]", "[1]").replace("epochs = 40", "epochs = 2")
    here, there = (opened(tmp_path / place, sweep, "keras") for place in ("here", "there"))
    run = Run(there, cluster)
    assert_same(run, there, compared(carry_out_waves(here, 1)))
    assert len(run.trained) == 8


def test_a_study_from_python_and_repeated_studies_use_a_cluster_too(cluster, tmp_path, capsys):
    preset = made_up.write_preset(tmp_path / "tiny.toml", **{**made_up.SMALL, "repetitions": 2})
    data = made_up.write_data(tmp_path / "data")
    places = {name: tmp_path / name for name in ("out", "models")}
    arguments = [f"--{name}={place}" for name, place in {"data": data, **places}.items()]
    scheduler = str(cluster.file)
    found = [f"--preset={preset}", "--seeds=2", f"--scheduler={scheduler}", *arguments]
    assert main(["replicate", *found]) == 0
    assert capsys.readouterr().out.count(f"on the cluster of {scheduler}") == 2
    (out,) = (path for path in places["out"].iterdir() if "seed" not in path.name)
    kept = {record.key: record for record in read(out / "records.sqlite")}

    run_study(str(preset), data=data, out=tmp_path / "again", scheduler=scheduler)
    assert "joined" in capsys.readouterr().out
    (again,) = (tmp_path / "again").iterdir()
    assert {one.key: without_time(one) for one in read(again / "records.sqlite")} == {
        key: without_time(one) for key, one in kept.items()
    }


def test_it_listens_where_it_was_told_to_and_to_those_with_certificates(cluster, certificates):
    assert {path.stat().st_mode & 0o077 for path in certificates.iterdir()} == {0}
    before = len(cluster.pids)
    cluster.start(f"{processes.WORKER} --nworkers 1")  # with a nanny, too
    cluster.client.wait_for_workers(before + 1)
    assert all(worker.startswith("tls://127.0.0.1:") for worker in cluster.pids)
    running = [one for one in cluster.processes if one.poll() is None]
    found = [psutil.Process(one.pid) for one in running]
    found += [child for one in found for child in one.children(recursive=True)]
    listening = [
        connection.laddr.ip
        for process in found
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 5
    assert set(listening) == {"127.0.0.1"}
    with (
        dask.config.set({"distributed.comm.tls.client": {"cert": None, "key": None}}),
        pytest.raises(StudyError, match=r"found tls://.* and no certificates"),
    ):
        connect(str(cluster.file))


def test_what_a_command_tells_on_a_cluster_is_what_it_tells_here(cluster, tmp_path, capsys):
    told = {}
    for place, where in (("here", "--workers=1"), ("there", f"--scheduler={cluster.file}")):
        (tmp_path / place).mkdir()
        asked = arguments(opened(tmp_path / place))
        assert main(["run", *asked, where]) == 0
        ran = capsys.readouterr().out
        assert main(["status", *asked]) == 0
        told[place] = [
            re.sub(r"\d+ s |/(here|there)/", "", line)
            for line in (ran + capsys.readouterr().out).splitlines()
            if not re.match(r"on the cluster|worker", line)
        ]
    assert told["there"] == told["here"]
    assert len(told["here"]) > 2 * 4


def test_a_scheduler_that_is_gone_ends_the_study_and_loses_nothing(
    cluster, study, local, monkeypatch, capsys
):
    """The last test of this cluster."""
    trained, count = [], Tally.count

    def kill_it(tally: Tally, step: Step) -> None:
        count(tally, step)
        trained.append(step)
        if len(trained) == 2:
            cluster.client.close()
            kill(cluster.scheduler.pid)

    monkeypatch.setattr(Tally, "count", kill_it)
    assert main(["run", *arguments(study), f"--scheduler={cluster.file}"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"{cluster.file}: expected an answer of the scheduler, found it gone;")
    assert told.count("\n") == 1
    kept = {record.key for record in read(study.store, counted=False)}
    steps: list[Step] = []
    assert compared(carry_out_waves(study, 1, steps.append)) == local
    assert len(trained) + len(steps) == BLOCKS
    assert not kept & {record.key for step in steps for record in step.records}
