"""Work runs in other processes, set up for TensorFlow; what becomes of it reaches the caller."""

import os
import signal
import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from bench import engine
from study.errors import StudyError

LOADS_TENSORFLOW = "bench.cells"


class Recorder(MetaPathFinder, Loader):
    """Stands in for the module that loads TensorFlow; records the environment it finds."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == LOADS_TENSORFLOW else None

    def exec_module(self, module):
        module.environment = dict(os.environ)


# What runs in a worker, where nothing is patched


def begin_without_tensorflow(folder: Path) -> None:
    sys.meta_path.insert(0, Recorder())
    engine._begin(folder)


def begin_without_the_module(folder: Path) -> None:
    sys.modules[LOADS_TENSORFLOW] = None
    engine._begin(folder)


def found_when_loaded(name: str) -> str | None:
    return sys.modules[LOADS_TENSORFLOW].environment.get(name)


def process_and_square(number: int) -> tuple[int, int]:
    return os.getpid(), number**2


def complain(text: str) -> None:
    os.write(2, text.encode())


def refuse(reason: str) -> None:
    raise StudyError(reason)


def die_when_told(told: Path | None) -> None:
    if told:
        told.read_text("utf-8")  # a pipe: waits until something is written
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """The engine without the seconds that TensorFlow takes, its folder given."""
    monkeypatch.setattr(engine, "_begin", begin_without_tensorflow)
    return lambda function, work, workers=1: list(engine.each(function, work, workers, tmp_path))


def test_work_is_done_in_other_processes(each):
    done = each(process_and_square, range(6), workers=2)
    assert sorted(square for _, square in done) == [0, 1, 4, 9, 16, 25]
    processes = {process for process, _ in done}
    assert os.getpid() not in processes
    assert len(processes) <= 2


def test_a_worker_is_set_up_before_tensorflow_is_loaded_in_it(each, tmp_path, monkeypatch):
    for name in (*engine.ONE_THREAD, "TF_XLA_FLAGS"):
        monkeypatch.setenv(name, "7")
    assert {"TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"} <= set(engine.ONE_THREAD)
    found = each(found_when_loaded, [*engine.ONE_THREAD, "CUDA_VISIBLE_DEVICES", "TF_XLA_FLAGS"])
    assert sorted(found[:-1]) == sorted([*["1"] * len(engine.ONE_THREAD), "-1"])
    programs = Path(found[-1].removeprefix("--tf_xla_persistent_cache_directory="))
    assert programs.is_dir()
    assert programs.is_relative_to(tmp_path)
    assert {os.environ[name] for name in engine.ONE_THREAD} == {"7"}


def test_what_workers_complain_of_goes_to_their_log(each, tmp_path, capfd):
    each(complain, ["too warm\n"])
    each(complain, ["too cold\n"])
    assert (tmp_path / "workers.log").read_text("utf-8") == "too warm\ntoo cold\n"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("function", "item", "error"),
    [(refuse, "the sizes are wrong", StudyError), (int, "the sizes are wrong", ValueError)],
)
def test_what_is_raised_in_a_worker_reaches_the_caller(each, function, item, error):
    with pytest.raises(error, match="the sizes are wrong"):
        each(function, [item])


def test_what_was_done_before_a_worker_was_killed_is_kept(each, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = engine.each(die_when_told, [None, pipe], 1, tmp_path)
    assert next(done) is None
    pipe.write_text("now", encoding="utf-8")
    with pytest.raises(StudyError) as error:
        next(done)
    assert str(error.value) == (
        "expected 1 workers to live, found one killed (out of memory?); what was finished is kept: "
        f"run again, with fewer workers, or see {tmp_path / 'workers.log'}"
    )


def test_a_worker_that_cannot_be_set_up_says_why_in_the_log(each, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_begin", begin_without_the_module)
    with pytest.raises(StudyError, match=r"see .*workers\.log"):
        each(int, [0])
    assert f"import of {LOADS_TENSORFLOW} halted" in (tmp_path / "workers.log").read_text("utf-8")


def test_without_work_no_worker_is_started(each, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_begin", begin_without_the_module)
    assert each(int, []) == []
    assert not (tmp_path / "workers.log").exists()
