"""What is said where no cluster is found."""

import pytest

from bench.scheduler import connect
from study.errors import StudyError


@pytest.mark.parametrize("content", [None, "nothing", "[]", "{}"])
def test_a_file_that_no_scheduler_wrote_is_refused(content, tmp_path):
    file = tmp_path / "cluster.json"
    if content:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(StudyError, match=r"cluster\.json: expected an address .* found neither"):
        connect(str(file))


@pytest.mark.parametrize("address", ["tls://127.0.0.1:1", "http://127.0.0.1:1"])
def test_an_address_that_cannot_be_used_is_refused(address):
    with pytest.raises(StudyError, match=f"expected tcp://.* found {address} and no certificates"):
        connect(address)


def test_a_scheduler_that_does_not_answer_is_told(monkeypatch):
    monkeypatch.setattr("bench.scheduler.PATIENCE", 0.1)
    with pytest.raises(
        StudyError, match=r"tcp://127\.0\.0\.1:1: expected the scheduler .* no answer"
    ):
        connect("tcp://127.0.0.1:1")
