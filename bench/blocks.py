"""Blocks: some tens of trainings of one shape, carried out together and recorded.

A block is a function of its trainings and its context: it finds its samples and draws its starting
weights and batches itself, so that it can run anywhere.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import threadpool_limits

from bench.baselines import fitted
from bench.costs import cost
from bench.outcomes import judge
from bench.provenance import Provenance, provenance, unlike
from bench.scores import Outcome
from bench.trainers import TRAINERS, Halt, Trainer, name_for
from study.architectures import Shape
from study.conditions import Luck
from study.data import Data
from study.design import Keys, Training
from study.errors import StudyError
from study.lanes import BLOCK, TAIL, Lane, never
from study.records import Record
from study.samples import Shown, shown
from study.seeds import seed

ONE_BY_ONE = Lock()  # for the blocks of a process that Keras trains


@dataclass(frozen=True)
class Block:
    """Trainings of one shape and batch size, or of one baseline."""

    trainings: tuple[Training, ...]

    @property
    def seats(self) -> int:
        """The lanes that the loop has for it."""
        return TAIL if len(self.trainings) <= TAIL else BLOCK

    @property
    def cost(self) -> float:
        """Seconds that it takes, roughly."""
        return sum(map(cost, self.trainings))

    def trainer(self, asked: str) -> str:
        """Which trainer carries it out."""
        first = self.trainings[0].request
        return asked if first.stage == "fitted" else name_for(asked, first.cell.architecture)


@dataclass(frozen=True)
class Context:
    """What the blocks of a study have in common."""

    data: Data
    keys: Keys
    made: Provenance


def pack(wave: Iterable[Training]) -> list[Block]:
    """The trainings of a wave as blocks, the longest first: nobody waits for a long last one.

    Those of one activation stand together: the loop takes a quarter longer where it has both.
    """
    alike = defaultdict(list)
    for training in sorted(wave, key=lambda one: one.hyperparameters.activation):
        alike[_kind(training)].append(training)
    blocks = [
        Block(tuple(trainings[first : first + BLOCK]))
        for trainings in alike.values()
        for first in range(0, len(trainings), BLOCK)
    ]
    return sorted(blocks, key=lambda block: -block.cost)


def _kind(training: Training) -> tuple[str | int, ...]:
    """What the trainings of a block have in common."""
    cell, chosen = training.request.cell, training.hyperparameters
    if training.request.stage == "fitted":
        return cell.architecture, cell.augmented, cell.m
    return cell.architecture, chosen.depth, chosen.width, chosen.batch_size


def carry_out(block: Block, context: Context, halt: Halt = never) -> list[Record]:
    """Carry a block out: the records of its trainings, in their order."""
    begin = time.perf_counter()
    trainer = block.trainer(context.keys.trainer)
    seen = [shown(context.data, one, context.keys.root_seed) for one in block.trainings]
    if block.trainings[0].request.stage == "fitted":
        found = [fitted(one, mine) for one, mine in zip(block.trainings, seen, strict=True)]
    else:
        found = _trained(block.trainings, seen, context.keys.root_seed, TRAINERS[trainer], halt)
    share = (time.perf_counter() - begin) / len(found)
    return [
        Record(
            key=context.keys.key(one),
            **_names(one, mine),
            **vars(outcome),
            **vars(context.made),
            trainer=trainer,
            seconds=share,
        )
        for one, mine, outcome in zip(block.trainings, seen, found, strict=True)
    ]


def carry_out_elsewhere(work: tuple[Block, Context, dict[str, str]]) -> list[Record]:
    """Carry a block out in a process that others started, for one that has these versions.

    Raises StudyError where it has other ones. The records tell where they were made.
    """
    block, context, asked = work
    if why := unlike(asked):
        raise StudyError(why)
    alone = block.trainer(context.keys.trainer) == "keras"
    with ONE_BY_ONE if alone else nullcontext():
        return carry_out(block, replace(context, made=_settled()))


@cache
def _settled() -> Provenance:
    """What makes numbers in this process, whose linear algebra has one thread from now on.

    Once, since both take some milliseconds.
    """
    threadpool_limits(1)
    return provenance()


def _trained(
    trainings: Sequence[Training],
    seen: Sequence[Shown],
    root_seed: int,
    trainer: Trainer,
    halt: Halt,
) -> list[Outcome]:
    """Train networks of one architecture, depth, width and batch size, and score them."""
    shapes = [shape_of(training) for training in trainings]
    work = [
        lane_of(training, mine, root_seed, trainer)
        for training, mine in zip(trainings, seen, strict=True)
    ]
    batch = trainings[0].hyperparameters.batch_size
    trained = trainer.train(shapes, batch, work, halt)
    return judge(trainings, shapes, seen, trained, trainer.predict)


def shape_of(training: Training) -> Shape:
    """The shape of its network."""
    chosen = training.hyperparameters
    name = training.request.cell.architecture
    return Shape(name, chosen.depth, chosen.width, chosen.activation)


def lane_of(training: Training, seen: Shown, root_seed: int, trainer: Trainer) -> Lane:
    """A training as the loop takes it."""
    chosen, protocol = training.hyperparameters, training.protocol

    def stream(name: Luck) -> int:
        return seed(name, root_seed, *training.stream, training.draw(name))

    return Lane(
        samples=seen.train,
        validation=seen.validation,
        weights=trainer.start(shape_of(training), stream("weights"), protocol.equivariant_stddev),
        activation=chosen.activation,
        optimizer=chosen.optimizer,
        loss=chosen.loss,
        learning_rate=chosen.learning_rate,
        seed=stream("orders"),
        steps=protocol.steps,
        copies=training.request.cell.augmented,
        schedule=protocol.schedule,
        gap=protocol.gap,
        patience=protocol.patience,
    )


def _names(training: Training, seen: Shown) -> dict[str, Any]:
    """What a record says of a training beforehand."""
    fault = seen.fault
    return {
        **training.named,
        "validation_rows": len(seen.validation.X),
        "offset_sensor": 1 + fault.sensor if fault and fault.found else None,
        "offset": fault.offset if fault else None,
        "offset_error": fault.error if fault else None,
    }
