"""What is said without Dask. With it, and on clusters that are there: tests/cluster."""

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
