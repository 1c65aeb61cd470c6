"""Running a study: wave after wave, trainings are carried out in blocks and kept as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from bench.blocks import Block, Context, carry_out, pack
from bench.engine import each
from bench.proposals import drawn
from bench.provenance import provenance
from bench.studies import Study
from study import about
from study.about import About
from study.design import Request, settle
from study.floor import Floor, floor
from study.grid import Grid
from study.records import Record
from study.store import Store


class Step(NamedTuple):
    """Where a running study stands after a block."""

    wave: int
    block: Block
    records: list[Record]  # none where it failed
    error: Exception | None
    left: float  # seconds of work in this wave, roughly, on one core


Show = Callable[[Step], None]


class Result(NamedTuple):
    """What a study has come to, and the requests of blocks that raised an error."""

    records: dict[Request, Record]
    failed: list[Request]
    seats: int  # lanes of all blocks that were carried out
    lanes: int  # those that had a training


def carry_out_waves(study: Study, workers: int, show: Show) -> Result:
    """Carry out what a study lacks, on so many threads."""
    halted = threading.Event()
    with Store(study.store) as store, _threads(workers, halted) as executor:
        return _waves(study, store, executor, workers + 1, halted, show)


def _waves(
    study: Study,
    store: Store,
    executor: Executor,
    at_once: int,
    halted: threading.Event,
    show: Show,
) -> Result:
    """Carry out waves until one is empty."""
    facts, stored = store.facts(), {record.key: record for record in store.records()}
    told = _about(study, facts.get(about.NAME))
    store.say(about.NAME, told.plain())
    proposals = drawn(study.preset, study.keys.root_seed, facts, store.say)
    context = Context(study.data, study.keys, provenance())
    records: dict[Request, Record] = {}
    failed: list[Request] = []
    wave = seats = lanes = 0
    while True:
        records, todo = settle(study.design, stored, proposals, study.keys, failed, records)
        if not todo:
            break
        blocks = pack(todo)
        wave, left = wave + 1, sum(block.cost for block in blocks)
        results = _carried_out(blocks, context, executor, at_once, halted)
        for done, (block, result) in enumerate(results, 1):
            left = left - block.cost if done < len(blocks) else 0.0  # else a rounding error
            seats, lanes = seats + block.seats, lanes + len(block.trainings)
            if isinstance(result, Exception):
                failed += [training.request for training in block.trainings]
                show(Step(wave, block, [], result, left))
                continue
            store.add(result)
            stored |= {record.key: record for record in result}
            show(Step(wave, block, result, None, left))
    store.say(about.NAME, replace(told, failed=len(failed)).plain())
    return Result(records, failed, seats, lanes)


def _carried_out(
    blocks: list[Block],
    context: Context,
    executor: Executor,
    at_once: int,
    halted: threading.Event,
) -> Iterator[tuple[Block, list[Record] | Exception]]:
    """Blocks with their records, as they are done; Keras trains in this thread, one at a time."""
    work = partial(carry_out, context=context, halt=halted.is_set)
    by_keras = [block for block in blocks if block.trainer(context.keys.trainer) == "keras"]
    yield from each(work, (block for block in blocks if block not in by_keras), executor, at_once)
    for block in by_keras:
        try:
            result: list[Record] | Exception = work(block)
        except Exception as error:  # noqa: BLE001 - whatever it is, the study goes on
            result = error
        yield block, result


@contextmanager
def _threads(workers: int, halted: threading.Event) -> Iterator[Executor]:
    """Threads that stop within a second or two when the block of this context is left."""
    executor = ThreadPoolExecutor(workers)
    try:
        yield executor
    finally:
        halted.set()
        executor.shutdown(cancel_futures=True)


def _about(study: Study, known: dict[str, Any] | None) -> About:
    """What the study says of itself; known: what it said before, of which the floor is kept."""
    data, design = study.data, study.design
    rows, samples = ("test", data.test) if data.test else ("validation", data.validation)
    best = _known_floor(known) or floor(samples, simulated=study.simulated)
    tuning = design.tuning if isinstance(design, Grid) else None
    return About(
        preset=study.preset.name,
        trainer=study.keys.trainer,
        root_seed=study.keys.root_seed,
        data_folder=str(data.folder),
        data_checksum=data.checksum,
        simulated=study.simulated,
        train_files=tuple(data.train),
        validation_files=tuple(data.validations),
        test_rows=len(data.test.X) if data.test else 0,
        planned=len(study.names),
        failed=0,
        steps=design.steps if isinstance(design, Grid) else 0,
        proposals=tuning.proposals if tuning else 0,
        finalists=tuning.finalists if tuning else 0,
        validation_rows=str(getattr(design, "validation_rows", len(data.validation.X))),
        choose_by=design.choose_by,
        space=_space(study),
        floor_mse=best.mse if best else None,
        floor_error=best.error if best else None,
        floor_source=best.how if best else "",
        floor_rows=rows,
    )


def _known_floor(known: dict[str, Any] | None) -> Floor | None:
    """The noise floor that a study told before: its data have not changed since then."""
    said = About.of(known) if known else None
    if said is None or said.floor_mse is None or said.floor_error is None:
        return None
    return Floor(said.floor_mse, said.floor_error, said.floor_source)


def _space(study: Study) -> tuple[tuple[str, str, str], ...]:
    """What each architecture's tuner could choose from, in words."""
    if not isinstance(study.design, Grid):
        return ()
    return tuple(
        (name, *line)
        for name in study.design.architectures
        for line in study.preset.space(name).described()
    )
