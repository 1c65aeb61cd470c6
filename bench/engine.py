"""Where blocks run: on any executor, as many at a time as it has room for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from typing import Any, TypeVar

# Seconds until an interrupt is noticed that came just as the waiting began: it wakes nobody then.
NOTICED = 1.0
In = TypeVar("In")
Out = TypeVar("Out")


class ThisThread(Executor):
    """An executor that carries work out where it is submitted."""

    def submit(self, function: Callable[..., Out], /, *args: Any, **kwargs: Any) -> Future[Out]:
        """Carry out function(*args, **kwargs) at once."""
        future: Future[Out] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


def each(
    function: Callable[[In], Out], work: Iterable[In], executor: Executor, room: Callable[[], int]
) -> Iterator[tuple[In, Out | Exception]]:
    """Each item of work with function(item), or the error that it raised, as they are done.

    Items start in their order: what has not started when the caller stops is not begun. room: how
    many may be under way, 1 or more; it is asked again whenever something may have changed.
    """
    waiting = iter(work)
    busy: dict[Future[Out], In] = {}
    try:
        while True:
            for item in islice(waiting, max(0, room() - len(busy))):
                busy[executor.submit(function, item)] = item
            if not busy:
                return
            for future in wait(busy, NOTICED, FIRST_COMPLETED).done:
                yield busy.pop(future), _result(future)
    finally:
        for future in busy:
            future.cancel()


def _result(future: Future[Any]) -> Any:
    """What a future came to; an error that is no fault of its work, such as an exit, is raised."""
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - whatever it is, the study goes on
        return error
