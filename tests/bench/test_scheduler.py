"""What is said where no cluster is found. Clusters that are there: tests/cluster."""

import sys

import pytest

from bench.scheduler import connect
from study.errors import StudyError


def test_without_dask_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        StudyError, match=r"found none; run `.*pip install.* requirements-cluster\.lock`"
    ):
        connect("tcp://127.0.0.1:1")


@pytest.fixture
def dask() -> None:
    pytest.importorskip("distributed")


@pytest.mark.usefixtures("dask")
@pytest.mark.parametrize("content", [None, "nothing", "[]", "{}"])
def test_a_file_that_no_scheduler_wrote_is_refused(content, tmp_path):
    file = tmp_path / "cluster.json"
    if content:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(StudyError, match=r"cluster\.json: expected an address .* found neither"):
        connect(str(file))


@pytest.mark.usefixtures("dask")
@pytest.mark.parametrize("address", ["tls://127.0.0.1:1", "http://127.0.0.1:1"])
def test_an_address_that_cannot_be_used_is_refused(address):
    with pytest.raises(StudyError, match=f"expected tcp://.* found {address} and no certificates"):
        connect(address)


@pytest.mark.usefixtures("dask")
def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr("bench.scheduler.PATIENCE", 0.1)
    with pytest.raises(
        StudyError, match=r"tcp://127\.0\.0\.1:1: expected the scheduler .* no answer"
    ):
        connect("tcp://127.0.0.1:1")
