"""A Dask cluster as the place where blocks are carried out: by those workers that are as we are.

The data are a task's result and not scattered: when the workers that hold them die, the scheduler
has them made anew.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from threadpoolctl import threadpool_limits

from bench.blocks import Block, Context, carry_out
from bench.engine import each
from bench.provenance import provenance, unlike, versions
from bench.waves import Carry, Results
from study.errors import StudyError
from study.records import Record

PATIENCE = 10  # seconds for the scheduler to answer
ONE_BY_ONE = Lock()  # in a process, for blocks that Keras trains


@contextmanager
def cluster(scheduler: str, tell: Callable[[str], None]) -> Iterator[Carry]:
    """The cluster whose scheduler has this address, or wrote it to this file.

    tell: is given a line for each worker that joins, leaves or is refused. Raises StudyError where
    no scheduler answers or it is gone, and where all workers that are there were refused.
    """
    try:
        from distributed import Client
    except ImportError:
        raise StudyError(
            "--scheduler: expected Dask, found no package named distributed; run `.venv/bin/python "
            "-m pip install --requirement requirements-cluster.lock`"
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it logs is told in a line
    try:
        named = (
            scheduler if "://" in scheduler else json.loads(Path(scheduler).read_text())["address"]
        )
        client = Client(named, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StudyError(
            f"{scheduler}: expected a Dask scheduler's address, such as tcp://10.0.0.1:8786, or "
            f"the file that it wrote, found no answer ({error}); see docs/cluster.md"
        ) from None
    with client:
        tell(f"on the cluster of {scheduler} (workers: {len(client.nthreads())})")
        yield _Workers(scheduler, client, tell).carry


class _Workers(Executor):
    """The workers of a cluster that have our versions. Each of their threads has one block at most.

    A worker's death counts against all blocks that it has, and whoever joins steals those that
    wait: so none waits.
    """

    def __init__(self, scheduler: str, client: Any, tell: Callable[[str], None]):
        self._scheduler, self._client, self._tell = scheduler, client, tell
        self._executor = client.get_executor(pure=False)
        self._threads: dict[str, int] = {}  # of each worker, by its address
        self._refused: dict[str, str] = {}  # the others: why

    def carry(self, blocks: list[Block], context: Context) -> Results:
        """Blocks with their records or errors, as they are done."""
        shared = self._client.submit(Context, *vars(context).values(), pure=False)
        try:
            while blocks:
                work, again = [(block, shared) for block in blocks], []
                for (block, _), result in each(_there, work, self, self._room):
                    if isinstance(result, CancelledError):
                        raise result
                    if isinstance(result, Exception):
                        yield block, result
                    elif unlike(result[0]):  # others may get a block once all of ours have died
                        again.append(block)
                    else:
                        yield block, result[1]
                blocks = again
        except (OSError, CancelledError):
            raise StudyError(
                f"{self._scheduler}: expected an answer of the scheduler, found it gone; start it "
                "again and run the same command: finished blocks are kept"
            ) from None

    def submit(self, function: Callable[..., Any], /, *work: Any, **_: Any) -> Future[Any]:
        """Begin a block: on one of our workers, where there is one."""
        ours = {"workers": [*self._threads], "allow_other_workers": True} if self._threads else {}
        return self._executor.submit(function, *work, **ours)

    def _room(self) -> int:
        """How many blocks may be under way; one waits where there is no worker yet."""
        if self._client.status != "running":
            raise CancelledError
        there = self._client.nthreads()
        new = [one for one in there if one not in {**self._threads, **self._refused}]
        found = self._client.run(versions, workers=new, on_error="return") if new else {}
        self._refused |= {one: unlike(its) for one, its in found.items() if unlike(its)}
        ours = {one: threads for one, threads in there.items() if one not in self._refused}
        if there and not ours:
            first = next(iter(there))
            raise StudyError(f"worker {first} is refused: {self._refused[first]}")
        count = f"(threads: {sum(ours.values())})"
        for one in new:
            why = self._refused.get(one)
            self._tell(f"worker {one} " + (f"is refused: {why}" if why else f"joined {count}"))
        for one in [one for one in self._threads if one not in ours]:
            self._tell(f"worker {one} left {count}")
        self._threads = ours
        return max(1, sum(ours.values()))


def _there(work: tuple[Block, Context]) -> tuple[dict[str, str], list[Record]]:
    """Carry a block out in a worker's process: the versions there, and the records."""
    block, context = work
    alone = block.trainer(context.keys.trainer) == "keras"
    with threadpool_limits(1), ONE_BY_ONE if alone else nullcontext():
        return versions(), carry_out(block, replace(context, made=provenance()))
