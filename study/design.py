"""Designs: which trainings a study has, and which of them can be carried out next.

A study is a function from records to what is next. `names` lists every request beforehand, without
hyperparameters; `ready` gives the next wave of trainings: those whose hyperparameters follow from
the records that are there. Whoever runs a study carries out waves until one is empty. To plan, to
resume and to verify are the same two questions, so that nothing else is kept of a study's state.

A repetition is complete: it has its own samples, its own tuning, starting weights and orders. The
four cells of a repetition share its samples and validation rows, and the cells of an architecture
its proposals and starting weights too, so that they are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal, Protocol

from study.records import Record
from study.space import Hyperparameters

Stage = Literal["proposal", "full", "start"]
STAGES: tuple[Stage, ...] = ("proposal", "full", "start")
# What proposes hyperparameters: the first n of a list that is fixed by architecture and repetition.
Proposals = Callable[[str, int, int], Sequence[Hyperparameters]]

SHARE = 9  # a proposal is trained for this part of a full training's steps
GAP = 50  # steps between validations; proposals take a multiple of it


@dataclass(frozen=True, order=True)
class Cell:
    """What a repetition is of: a model, the data that it sees, and what is done otherwise."""

    m: int
    corrected: bool
    architecture: str
    augmented: bool
    condition: str = ""  # of CONDITIONS; "" in the grid proper


@dataclass(frozen=True)
class Condition:
    """A control: how some cells are trained otherwise, with the hyperparameters that they chose."""

    varied: tuple[tuple[str, bool], ...]  # architecture and augmentation of each such cell
    architecture: str = ""  # that is trained instead, if any
    augmented: bool | None = None  # what it sees instead, if anything
    times: int = 1  # the steps of the cell that it varies


CONDITIONS: Mapping[str, Condition] = {
    "": Condition(()),
    "wrong_symmetry": Condition((("equivariant", False),), architecture="wrong_group"),
    "identity": Condition((("equivariant", False),), augmented=True),
    "matched_epochs": Condition((("standard", True), ("equivariant", True)), times=8),
}


@dataclass(frozen=True, order=True)
class Request:
    """The name of a training.

    Stages: "proposal", a short training of proposal number rank; "full", of the rank-th best of
    these; "start", a further start of the best full one's hyperparameters.
    """

    cell: Cell
    repetition: int
    stage: Stage
    rank: int


@dataclass(frozen=True)
class Training:
    """A request whose hyperparameters are known.

    Starting weights and order are those of the proposal's number, since the luck of a start is
    part of what was chosen; a further start has streams of its own.
    """

    request: Request
    hyperparameters: Hyperparameters
    proposal: int
    steps: int
    schedule: str

    @property
    def architecture(self) -> str:
        """The architecture that is trained: a condition may have one of its own."""
        cell = self.request.cell
        return CONDITIONS[cell.condition].architecture or cell.architecture

    @property
    def copies(self) -> bool:
        """Whether it sees all copies of its samples."""
        cell, instead = self.request.cell, CONDITIONS[self.request.cell.condition].augmented
        return cell.augmented if instead is None else instead

    @property
    def stream(self) -> tuple[str | int, ...]:
        """The names that its starting weights and order depend on besides the stream's own."""
        request = self.request
        start = request.rank + 1 if request.stage == "start" else 0
        return request.cell.architecture, request.repetition, self.proposal, start


@dataclass(frozen=True)
class Tuning:
    """How a repetition is tuned: so many proposals, the best of them in full, further starts."""

    proposals: int
    finalists: int
    starts: int = 0


class Design(Protocol):
    """What every design can say."""

    def names(self) -> Iterator[Request]:
        """Every request of the study, in a fixed order."""

    def ready(
        self,
        records: Mapping[Request, Record],
        proposals: Proposals,
        without: Collection[Request] = (),
    ) -> list[Training]:
        """The trainings that can be carried out now; `without` what failed to be."""


@dataclass(frozen=True)
class Grid:
    """Tuned cells: every architecture, raw and augmented, at each size; controls beside them."""

    architectures: tuple[str, ...]
    corrections: tuple[bool, ...]
    sizes: tuple[int, ...]
    repetitions: int  # beside repetition 0
    exercise_sizes: tuple[int, ...]  # those with a training file of their own: repetition 0
    tuning: Tuning
    exercise: Tuning  # of repetition 0
    steps: int  # of a full training
    conditions: tuple[str, ...] = ()
    condition_sizes: tuple[int, ...] = ()
    condition_repetitions: int = 0

    def names(self) -> Iterator[Request]:
        for cell in self.cells():
            for repetition in self._repetitions(cell):
                yield from self._requests(cell, repetition)

    def cells(self) -> Iterator[Cell]:
        """The cells of the grid, then their controls."""
        grid = [
            Cell(*names)
            for names in product(self.sizes, self.corrections, self.architectures, (False, True))
        ]
        yield from grid
        for name, cell in product(self.conditions, grid):
            varied = (cell.architecture, cell.augmented) in CONDITIONS[name].varied
            if varied and cell.m in self.condition_sizes:
                yield replace(cell, condition=name)

    def _repetitions(self, cell: Cell) -> Iterator[int]:
        if cell.condition:
            yield from range(1, self.condition_repetitions + 1)
            return
        if cell.m in self.exercise_sizes:
            yield 0
        yield from range(1, self.repetitions + 1)

    def _requests(self, cell: Cell, repetition: int) -> Iterator[Request]:
        tuning = self.plan(repetition)
        counts = (tuning.proposals, tuning.finalists, tuning.starts)
        for stage, count in zip(STAGES, (0, 1, 0) if cell.condition else counts, strict=True):
            yield from (Request(cell, repetition, stage, rank) for rank in range(count))

    def plan(self, repetition: int) -> Tuning:
        """How this repetition is tuned."""
        return self.tuning if repetition else self.exercise

    def ready(
        self,
        records: Mapping[Request, Record],
        proposals: Proposals,
        without: Collection[Request] = (),
    ) -> list[Training]:
        return [
            training
            for cell in self.cells()
            for repetition in self._repetitions(cell)
            for training in self._next(cell, repetition, records, proposals)
            if training.request not in records and training.request not in without
        ]

    def _next(
        self,
        cell: Cell,
        repetition: int,
        records: Mapping[Request, Record],
        proposals: Proposals,
    ) -> Iterator[Training]:
        """The trainings of the first stage of a cell's repetition that is not complete."""
        requests = list(self._requests(cell, repetition))
        if all(request in records for request in requests):
            return
        if cell.condition:
            yield from self._control(requests[0], records)
            return
        stages = {stage: [r for r in requests if r.stage == stage] for stage in STAGES}
        if not all(request in records for request in stages["proposal"]):
            drawn = proposals(cell.architecture, repetition, len(stages["proposal"]))
            for request, chosen in zip(stages["proposal"], drawn, strict=True):
                yield Training(request, chosen, request.rank, short(self.steps), "constant")
            return
        tried = _best_first(records, stages["proposal"])
        if not all(request in records for request in stages["full"]):
            for request, record in zip(stages["full"], tried, strict=False):
                yield self._full(request, record)
            return
        best = _best_first(records, stages["full"])[0]
        for request in stages["start"]:
            yield self._full(request, best)

    def _control(self, request: Request, records: Mapping[Request, Record]) -> Iterator[Training]:
        """A control's training, once the cell that it varies has its best one."""
        varied = replace(request.cell, condition="")
        full = [r for r in self._requests(varied, request.repetition) if r.stage == "full"]
        if all(one in records for one in full):
            times = CONDITIONS[request.cell.condition].times
            yield self._full(request, _best_first(records, full)[0], times)

    def _full(self, request: Request, record: Record, times: int = 1) -> Training:
        """A training of the complete schedule with a record's hyperparameters and proposal."""
        steps = times * self.steps
        return Training(request, hyperparameters(record), record.proposal, steps, "cosine")


def short(steps: int) -> int:
    """The steps of a proposal: a ninth of a full training's, rounded to a multiple of GAP."""
    return max(GAP, GAP * round(steps / SHARE / GAP))


def hyperparameters(record: Record) -> Hyperparameters:
    """The hyperparameters of a record."""
    return Hyperparameters(
        depth=record.depth,
        width=record.width,
        activation=record.activation,
        batch_size=record.batch_size,
        optimizer=record.optimizer,
        learning_rate=record.learning_rate,
        loss=record.loss,
    )


def _best_first(records: Mapping[Request, Record], requests: Sequence[Request]) -> list[Record]:
    """The records of requests by validation error, those that failed last."""
    found = [records[request] for request in requests]

    def rank(record: Record) -> tuple[bool, float]:
        error = record.validation_mse
        return record.status != "sound", float("inf") if error is None else error

    return sorted(found, key=rank)


def winner(records: Mapping[Request, Record], cell: Cell, repetition: int) -> Record | None:
    """A repetition's best full training or further start by validation; None if none is sound."""
    mine = [
        request
        for request in records
        if (request.cell, request.repetition) == (cell, repetition) and request.stage != "proposal"
    ]
    best = _best_first(records, sorted(mine))[:1]
    return best[0] if best and best[0].status == "sound" else None
