"""Where work runs: worker processes of this machine, each with one core and its own TensorFlow."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bench.clock import spent_on
from study.errors import StudyError

In = TypeVar("In")
Out = TypeVar("Out")

ONE_THREAD = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


def each(
    function: Callable[[In], Out],
    work: Iterable[In],
    workers: int,
    folder: Path,
    kind: Callable[[In], Any],
) -> Iterator[Out]:
    """Yield function(item) for each item of work, in the order in which they are done.

    A worker goes on with items of the kind that it did last while there are any: what it has
    compiled for one serves the next.
    """
    waiting = list(work)
    busy: dict[Future[Out], tuple[ProcessPoolExecutor, Any]] = {}
    with pool(min(workers, len(waiting)), folder) as members:
        idle = deque((worker, None) for worker in members)
        while waiting or busy:
            while waiting and idle:
                worker, last = idle.popleft()
                item = _next(waiting, kind, last, [done for _, done in busy.values()])
                busy[worker.submit(function, item)] = (worker, kind(item))
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                yield future.result()
                idle.append(busy.pop(future))


@contextmanager
def pool(workers: int, folder: Path) -> Iterator[list[ProcessPoolExecutor]]:
    """So many workers, each a pool of one process that keeps what it has compiled.

    What the libraries write to standard error goes to workers.log in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "workers.log"
    context = multiprocessing.get_context("spawn")
    members = [ProcessPoolExecutor(1, context, _begin, (log,)) for _ in range(workers)]
    try:
        yield members
    except BrokenProcessPool:
        raise StudyError(
            f"expected {workers} workers to live, found one killed (out of memory?); what was "
            f"finished is kept: run again, with fewer workers, or see {log}"
        ) from None
    finally:
        for worker in members:
            worker.shutdown(cancel_futures=True)


def _next(waiting: list[In], kind: Callable[[In], Any], last: Any, others: Sequence[Any]) -> In:
    """Take from the waiting: the first of the worker's last kind, else of one nobody is at."""
    ranks = [(kind(item) != last, kind(item) in others) for item in waiting]
    return waiting.pop(ranks.index(min(ranks)))


def _begin(log: Path) -> None:
    """Set a worker up: all that TensorFlow reads when it is loaded must be set before."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), 2)
    tame_tensorflow()
    with spent_on("startup"):
        import bench.cells  # noqa: F401


def tame_tensorflow() -> None:
    """Let TensorFlow keep to the processor and say nothing: to be called before it is loaded."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    for library in ("absl", "tensorflow"):
        logging.getLogger(library).setLevel(logging.ERROR)
