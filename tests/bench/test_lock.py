"""One writer at a time, and what the second is told."""

import threading

import pytest

from bench import run
from bench.__main__ import main
from bench.lock import WRITER, held, holder
from bench.options import Options
from bench.run import run_study
from study.errors import StudyError
from tests.bench import made_up


def test_who_holds_a_study_says_so_and_a_second_is_told(tmp_path):
    with held(tmp_path / "study"):
        says = (tmp_path / "study" / WRITER).read_text(encoding="utf-8")
        assert says.startswith("process ")
        match = f"found {says.strip()[:12]}.* since 2"
        with pytest.raises(StudyError, match=match) as told, held(tmp_path / "study"):
            pytest.fail("two writers")
        assert "--wait" in str(told.value)
        assert str(told.value).count("\n") == 0
    assert not (tmp_path / "study" / WRITER).exists()


def test_who_asks_is_told_who_holds_it(tmp_path):
    assert holder(tmp_path / "study") is None
    assert not (tmp_path / "study").exists()
    with held(tmp_path / "study"):
        says = (tmp_path / "study" / WRITER).read_text(encoding="utf-8")
        assert holder(tmp_path / "study") == says.strip()
        (tmp_path / "study" / WRITER).unlink()
        assert holder(tmp_path / "study") == "another process"
    assert holder(tmp_path / "study") is None


def test_another_study_is_free(tmp_path):
    with held(tmp_path / "one"), held(tmp_path / "two"):
        pass


def test_the_lock_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="broke"), held(tmp_path):
        raise ValueError("broke")
    with held(tmp_path):
        pass


def test_who_waits_gets_it_when_it_is_free(tmp_path):
    got = threading.Event()

    def wait() -> None:
        with held(tmp_path, wait=True):
            got.set()

    with held(tmp_path):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.is_set()
    waiting.join(30)
    assert got.is_set()


def test_a_second_run_stops_with_one_line_and_readers_go_on(tmp_path, capsys):
    made_up.write_data(tmp_path / "data")
    preset = made_up.write_preset(tmp_path / "tiny.toml", **made_up.SMALL)
    places = [f"--{name}={tmp_path / name}" for name in ("data", "out", "models")]
    arguments = [f"--preset={preset}", *places]
    assert main(["run", *arguments]) in (0, 3)
    (folder,) = (tmp_path / "out").iterdir()
    assert not (folder / WRITER).exists()
    capsys.readouterr()
    with held(folder):
        assert main(["run", *arguments]) == 2
        assert main(["status", *arguments]) == 0
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert f"{folder}: expected no other run of this study" in told.err
    assert main(["run", *arguments]) in (0, 3)


def test_tables_and_networks_are_written_by_who_holds_the_lock(home, monkeypatch):
    study = made_up.opened(home, **made_up.SMALL)
    said = []
    for name in ("export_table", "export_winners"):
        monkeypatch.setattr(run, name, lambda study, _: said.append(holder(study.out)) or [])
    run_study(
        str(home / "tiny.toml"),
        data=home / "data",
        out=home / "results",
        models=home / "models",
    )
    assert len(said) == 2
    assert all(one.startswith("process ") for one in said)
    assert holder(study.out) is None


def test_who_waits_is_told_for_whom(home):
    study = made_up.opened(home, **made_up.SMALL)
    lines = run.run(study, Options(workers=1, scheduler=None, wait=True, fail_fast=False))
    with held(study.out):
        assert any(line.startswith("waiting for process ") for line in lines)  # it goes no further
    assert next(lines).startswith("wrote ")
