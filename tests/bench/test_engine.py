"""Work runs in other processes, set up for TensorFlow; what becomes of it reaches the caller."""

import operator
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from bench import engine
from study.errors import StudyError

LOADS_TENSORFLOW = "bench.cells"
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


class Recorder(MetaPathFinder, Loader):
    """Stands in for the module that loads TensorFlow; records the environment it finds."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == LOADS_TENSORFLOW else None

    def exec_module(self, module):
        module.environment = dict(os.environ)


# What runs in a worker, where nothing is patched


def begin_without_tensorflow(log: Path) -> None:
    sys.meta_path.insert(0, Recorder())
    engine._begin(log)


def begin_without_the_module(log: Path) -> None:
    sys.modules[LOADS_TENSORFLOW] = None
    engine._begin(log)


def found_when_loaded(name: str) -> str | None:
    return sys.modules[LOADS_TENSORFLOW].environment.get(name)


def process_and_square(number: int) -> tuple[int, int]:
    return os.getpid(), number**2


def is_even(number: int) -> bool:
    return number % 2 == 0


def complain(text: str) -> None:
    os.write(2, text.encode())


def refuse(reason: str) -> None:
    raise StudyError(reason)


def die_if(doomed: bool) -> bool:
    if doomed:
        os.kill(os.getpid(), signal.SIGKILL)
    return doomed


@pytest.fixture
def each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """The engine without the seconds that TensorFlow takes, its folder given."""
    monkeypatch.setattr(engine, "_begin", begin_without_tensorflow)

    def each(function: Callable, work: Iterable, workers: int = 1, kind: Callable = id) -> Iterator:
        return engine.each(function, work, workers, tmp_path, kind)

    return each


def test_work_is_done_in_other_processes(each):
    done = list(each(process_and_square, range(6), workers=2))
    assert sorted(square for _, square in done) == [0, 1, 4, 9, 16, 25]
    processes = {process for process, _ in done}
    assert os.getpid() not in processes
    assert len(processes) <= 2


def test_a_worker_goes_on_with_what_it_has_compiled_for(each):
    done = [value for _, value in each(process_and_square, [1, 2, 3, 4, 5], kind=is_even)]
    assert done == [1, 9, 25, 4, 16]


@pytest.mark.parametrize(
    ("last", "others", "taken"),
    [
        (None, [], "a1"),
        ("b", [], "b1"),
        ("b", ["b"], "b1"),
        (None, ["a"], "b1"),
        (None, ["a", "b"], "c1"),
        ("d", ["a", "b", "c"], "a1"),
    ],
)
def test_the_next_item_for_a_worker(last, others, taken):
    waiting = ["a1", "a2", "b1", "c1", "b2"]
    assert engine._next(waiting, operator.itemgetter(0), last, others) == taken
    assert sorted([*waiting, taken]) == ["a1", "a2", "b1", "b2", "c1"]


def test_a_worker_is_set_up_before_tensorflow_is_loaded_in_it(each, monkeypatch):
    expected = dict.fromkeys(THREADS, "1") | {"CUDA_VISIBLE_DEVICES": "-1"}
    for name in expected:
        monkeypatch.setenv(name, "7")
    assert dict(zip(expected, each(found_when_loaded, expected), strict=True)) == expected
    assert {os.environ[name] for name in expected} == {"7"}


def test_what_workers_complain_of_goes_to_their_log(each, tmp_path, capfd):
    list(each(complain, ["too warm\n", "too dry\n"]))
    list(each(complain, ["too cold\n"]))
    assert (tmp_path / "workers.log").read_text("utf-8") == "too warm\ntoo dry\ntoo cold\n"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("function", "item", "error"),
    [(refuse, "the sizes are wrong", StudyError), (int, "the sizes are wrong", ValueError)],
)
def test_what_is_raised_in_a_worker_reaches_the_caller(each, function, item, error):
    with pytest.raises(error, match="the sizes are wrong"):
        list(each(function, [item]))


def test_what_was_done_before_a_worker_was_killed_is_kept(each, tmp_path):
    done = each(die_if, [False, True])
    assert next(done) is False
    with pytest.raises(StudyError) as error:
        next(done)
    assert str(error.value) == (
        "expected 1 workers to live, found one killed (out of memory?); what was finished is kept: "
        f"run again, with fewer workers, or see {tmp_path / 'workers.log'}"
    )


def test_a_worker_that_cannot_be_set_up_says_why_in_the_log(each, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_begin", begin_without_the_module)
    with pytest.raises(StudyError, match=r"see .*workers\.log"):
        list(each(int, [0]))
    assert f"import of {LOADS_TENSORFLOW} halted" in (tmp_path / "workers.log").read_text("utf-8")


def test_without_work_no_worker_is_started(each, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_begin", begin_without_the_module)
    assert list(each(int, [])) == []
    assert not (tmp_path / "workers.log").exists()
