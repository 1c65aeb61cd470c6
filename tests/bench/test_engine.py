"""Work on an executor: its order, its errors, how much of it at once, and its end."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from bench import engine
from bench.engine import each


class AtOnce(Executor):
    """An executor by hand: what it is given is done before it returns."""

    def submit(self, function: Callable, item: object) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(item))
        except ArithmeticError as error:
            future.set_exception(error)
        return future


class FirstAlone(Executor):
    """An executor by hand that does what it is given first, and begins nothing else."""

    def __init__(self) -> None:
        self.futures: list[Future] = []

    def submit(self, function: Callable, item: object) -> Future:
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.futures[0].set_result(function(item))
        return self.futures[-1]


class Counting(ThreadPoolExecutor):
    """One thread, and the most items that it was given before their results were taken."""

    waiting = most = 0

    def submit(self, *arguments):
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        return super().submit(*arguments)


def two() -> int:
    return 2


def square(number: int) -> int:
    return number**2


def invert(number: int) -> float:
    return 1 / number


@pytest.fixture(params=[1, 2, "by hand"])
def executor(request):
    with AtOnce() if request.param == "by hand" else ThreadPoolExecutor(request.param) as one:
        yield one


def test_all_work_is_done_each_with_its_item(executor):
    assert sorted(each(square, range(6), executor, two)) == [(n, n**2) for n in range(6)]


def test_no_work_is_no_result(executor):
    assert list(each(square, [], executor, two)) == []


def test_an_error_is_a_value_and_does_not_stop_the_rest(executor):
    found = dict(each(invert, [2, 0, 4], executor, two))
    assert (found[2], found[4]) == (0.5, 0.25)
    assert isinstance(found[0], ZeroDivisionError)


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_items_begin_in_their_order_so_many_at_once(at_once):
    begun: list[int] = []
    with Counting(1) as executor:
        for _ in each(begun.append, range(9), executor, lambda: at_once):
            executor.waiting -= 1
    assert begun == list(range(9))
    assert executor.most == at_once


def test_work_is_taken_as_it_is_needed():
    """A generator of work is not asked for more than is begun."""
    asked: list[int] = []

    def work():
        for number in range(9):
            asked.append(number)
            yield number

    results = each(square, work(), AtOnce(), lambda: 3)
    next(results)
    assert asked == [0, 1, 2]
    results.close()


def test_who_stops_early_leaves_the_rest_undone():
    executor = FirstAlone()
    results = each(square, range(9), executor, lambda: 3)
    assert next(results) == (0, 0)
    results.close()
    assert [future.cancelled() for future in executor.futures] == [False, True, True]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_exit_is_no_value(stop):
    """What is no error of the work itself ends all of it."""

    def task(number: int) -> None:
        raise stop

    with ThreadPoolExecutor(1) as executor, pytest.raises(stop):
        list(each(task, range(3), executor, two))


def test_a_wait_in_which_nothing_is_done_starts_nothing_more(monkeypatch):
    """Waiting ends now and then, so that an interrupt is noticed; two at once stay two."""
    started, real = [], engine.wait
    answers = iter([True, False, True, False])

    def wait(busy, *arguments):
        assert len(busy) <= 2
        return real([], 0) if next(answers, False) else real(busy, *arguments)

    monkeypatch.setattr(engine, "wait", wait)
    with ThreadPoolExecutor(1) as executor:
        found = list(each(started.append, range(4), executor, two))
    assert sorted(item for item, _ in found) == started == [0, 1, 2, 3]


def test_room_may_change_while_work_is_under_way(monkeypatch):
    """By hand: where three have begun and there is room for one, two must be done first."""
    monkeypatch.setattr(engine, "NOTICED", 0)
    executor, rooms, begun = FirstAlone(), iter([3]), []

    def room() -> int:
        begun.append(len(executor.futures))
        for future in [one for one in executor.futures if not one.done()][:1]:
            future.set_result(None)
        return next(rooms, 1)

    assert [item for item, _ in each(square, range(4), executor, room)] == [0, 1, 2, 3]
    assert begun[:5] == [0, 3, 3, 3, 4]
