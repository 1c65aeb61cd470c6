"""What is said without Dask. With it, and on clusters that are there: tests/cluster."""

import sys

import pytest

from bench.__main__ import main
from bench.scheduler import connect
from study.errors import StudyError
from tests.bench import made_up


def test_without_dask_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        StudyError, match=r"found none; run `.*pip install.* requirements-cluster\.lock`"
    ):
        connect("tcp://127.0.0.1:1")


def test_a_study_that_finds_no_cluster_leaves_no_store(tmp_path, monkeypatch, capsys):
    """Where Dask is installed nobody answers there; where it is not, nobody is asked."""
    monkeypatch.setattr("bench.scheduler.PATIENCE", 0.1)
    made_up.write_data(tmp_path / "data")
    preset = made_up.write_preset(tmp_path / "tiny.toml")
    places = [f"--{name}={tmp_path / name}" for name in ("data", "out", "models")]
    asked = ["run", f"--preset={preset}", "--scheduler=tcp://127.0.0.1:1", *places]
    assert main(asked) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list((tmp_path / "out").rglob("*.sqlite*")) == []
