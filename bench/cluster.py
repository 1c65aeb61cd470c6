"""A Dask cluster as the place where blocks are carried out, by workers that are as we are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from typing import Any

from bench.blocks import Block, Context, carry_out_elsewhere
from bench.engine import each
from bench.provenance import unlike, versions
from bench.scheduler import connect
from bench.waves import Carry, Place, Results
from study.errors import StudyError


def place(workers: int, scheduler: str | None, tell: Callable[[str], None]) -> int | Place:
    """Where a study is carried out: in so many threads here, or on the cluster of a scheduler."""
    return cluster(scheduler, tell) if scheduler else workers


@contextmanager
def cluster(scheduler: str, tell: Callable[[str], None]) -> Iterator[Carry]:
    """The cluster whose scheduler has this address, or wrote it to this file.

    tell: takes a line for each worker that joins, leaves or is refused. Raises StudyError where no
    scheduler answers, when it is gone, and where all workers that are there are refused.
    """
    client = connect(scheduler)

    def carry(blocks: list[Block], context: Context) -> Results:
        try:
            workers.room()
            # The data are a task's result, which is made anew where the workers that hold it die;
            # scattered data would be lost.
            shared = client.submit(Context, *vars(context).values(), pure=False, **workers.ours)
            work = ((block, shared, versions()) for block in blocks)
            for (block, *_), result in each(carry_out_elsewhere, work, workers, workers.room):
                if isinstance(result, CancelledError):
                    raise result
                yield block, result
        except (OSError, CancelledError):
            raise StudyError(
                f"{scheduler}: expected an answer of the scheduler, found it gone; start it again "
                "and run the same command: finished blocks are kept"
            ) from None

    with client:
        tell(f"on the cluster of {scheduler} (workers: {len(client.nthreads())})")
        workers = _Workers(client, tell)
        yield carry


class _Workers(Executor):
    """The workers of a cluster that have our versions.

    One block waits at each, so that it need not wait for us when another is done; no more, since
    a worker's death counts against every block that it has.
    """

    def __init__(self, client: Any, tell: Callable[[str], None]):
        self._client, self._tell = client, tell
        self._threads: dict[str, int] = {}  # of each, by its address
        self._refused: dict[str, str] = {}  # the others: why

    def submit(self, function: Callable[..., Any], /, *work: Any, **_: Any) -> Future[Any]:
        """Begin a block."""
        return self._client.get_executor(pure=False, **self.ours).submit(function, *work)

    @property
    def ours(self) -> dict[str, Any]:
        """Where a task may run; where all of our workers have died, whoever joins may have it."""
        return {"workers": [*self._threads], "allow_other_workers": True} if self._threads else {}

    def room(self) -> int:
        """How many blocks may be under way; one waits where there is no worker yet."""
        if self._client.status != "running":
            raise CancelledError
        there = self._client.nthreads()
        new = [one for one in there if one not in {**self._threads, **self._refused}]
        found = self._client.run(versions, workers=new, on_error="return") if new else {}
        for one, its in found.items():
            if not isinstance(its, OSError) and (why := unlike(its)):  # else it left meanwhile
                self._refused[one] = f"worker {one} is refused: {why}"
        known = {*self._threads, *(one for one in found if found[one] == versions())}
        ours = {one: threads for one, threads in there.items() if one in known}
        if not ours and (wrong := self._refused.keys() & there.keys()):
            raise StudyError(self._refused[wrong.pop()])
        lines = [self._refused[one] for one in new if one in self._refused]
        lines += [f"worker {one} joined: {len(ours)} in all" for one in ours.keys() & {*new}]
        lines += [f"worker {one} left: {len(ours)} in all" for one in self._threads.keys() - ours]
        for line in lines:
            self._tell(line)
        self._threads = ours
        return max(1, sum(ours.values()) + len(ours))
