"""Running a study: wave after wave, trainings are carried out in blocks and kept as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from itertools import compress
from operator import not_
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from bench.blocks import Block, Context, carry_out, pack
from bench.engine import ThisThread, each
from bench.facts import about_study
from bench.proposals import drawn
from bench.provenance import provenance
from bench.studies import Study
from study.about import NAME
from study.design import Request, settle
from study.records import Record
from study.store import Store


class Step(NamedTuple):
    """Where a running study stands after a block."""

    missing: int  # trainings when the run began
    wave: int
    block: Block
    records: list[Record]  # none where it failed
    error: Exception | None
    left: float  # seconds of work in this wave, roughly, on one core


Show = Callable[[Step], None]
# Blocks with their records, or the error that one raised, as they are done; what carries blocks out
# to that end; and the place where it does so, which is left when the study ends.
Results = Iterator[tuple[Block, list[Record] | Exception]]
Carry = Callable[[list[Block], Context], Results]
Place = AbstractContextManager[Carry]


def silent(step: Step) -> None:
    """Show nothing."""


class Result(NamedTuple):
    """What a study has come to, and the requests of blocks that raised an error."""

    records: dict[Request, Record]
    failed: set[Request]
    error: Exception | None  # the first that a block raised
    seats: int  # lanes of all blocks that were carried out
    lanes: int  # those that had a training


def carry_out_waves(
    study: Study, place: int | Place, show: Show = silent, *, fail_fast: bool = False
) -> Result:
    """Carry out what a study lacks, for who holds its lock.

    place: where; a number is that of threads here.

    fail_fast: stop at the first block that raises an error.
    """
    with threads(place) if isinstance(place, int) else place as carry, Store(study.store) as store:
        return _waves(study, store, carry, show, fail_fast)


def _waves(study: Study, store: Store, carry: Carry, show: Show, fail_fast: bool) -> Result:
    """Carry out waves until one is empty, or a block failed and that is enough."""
    facts, stored = store.facts(), {record.key: record for record in store.records()}
    told = about_study(study, facts.get(NAME))
    store.say(NAME, told.plain())
    proposals = drawn(study.preset, study.keys.root_seed, facts, store.say)
    context = Context(study.data, study.keys, provenance())
    records: dict[Request, Record] = {}
    failed: set[Request] = set()
    first: Exception | None = None
    missing = wave = seats = lanes = 0
    while True:
        records, todo = settle(
            study.design, stored, proposals, study.keys, failed, records, study.shard
        )
        enough = not todo or (fail_fast and first is not None)
        if not wave or enough:
            store.count([record.key for record in records.values()])
        if enough:
            break
        missing = missing or told.planned - len(records)
        blocks = pack(todo)
        wave, left = wave + 1, sum(block.cost for block in blocks)
        for done, (block, result) in enumerate(carry(blocks, context), 1):
            left = left - block.cost if done < len(blocks) else 0.0  # else a rounding error
            seats, lanes = seats + block.seats, lanes + len(block.trainings)
            if isinstance(result, Exception):
                failed |= {training.request for training in block.trainings}
                first = first or result
                show(Step(missing, wave, block, [], result, left))
                if fail_fast:
                    break
                continue
            store.add(result)
            stored |= {record.key: record for record in result}
            show(Step(missing, wave, block, result, None, left))
    store.say(NAME, replace(told, failed=len(failed)).plain())
    return Result(records, failed, first, seats, lanes)


@contextmanager
def threads(workers: int) -> Iterator[Carry]:
    """So many threads, which stop within a second or two after the block of this context is left.

    Nobody waits for that, since nothing of theirs counts then. Each does its own linear algebra: if
    that had threads too, they would wait for one another. Keras trains in the thread that asks, one
    block at a time.
    """
    executor, halted = ThreadPoolExecutor(workers), threading.Event()

    def carry(blocks: list[Block], context: Context) -> Results:
        work = partial(carry_out, context=context, halt=halted.is_set)
        by_keras = [block.trainer(context.keys.trainer) == "keras" for block in blocks]
        by_loop = map(not_, by_keras)
        yield from each(work, compress(blocks, by_loop), executor, lambda: workers + 1)
        yield from each(work, compress(blocks, by_keras), ThisThread(), lambda: 1)

    try:
        with threadpool_limits(1):
            yield carry
    finally:
        halted.set()
        executor.shutdown(wait=False, cancel_futures=True)
