"""The grid: tuned cells of {architectures} x {raw, augmented} x {corrections} x m, and conditions.

A repetition is complete: it has its own samples, its own tuning, starting weights and orders. The
cells of a repetition share its samples and validation rows, and the cells of an architecture its
proposals and starting weights too, so that they are paired. Tuning has two stages: proposals, which
are trained for a part of the steps, and the best of these in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from study.conditions import CONDITIONS, Condition
from study.design import (
    GAP,
    Cell,
    Drawing,
    Proposals,
    Protocol,
    Request,
    Stage,
    Training,
    after,
    best_first,
)
from study.records import Record
from study.space import NONE

SHARE = 9  # a proposal is trained for this part of a full training's steps; so many are a finalist


@dataclass(frozen=True)
class Tuning:
    """How a repetition is tuned: so many proposals, the best of them in full, further starts."""

    proposals: int
    finalists: int
    starts: int = 0


@dataclass(frozen=True)
class Grid:
    """Tuned cells: every architecture, raw and augmented, at each size; conditions beside them."""

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
    validation_rows: int | Literal["m"] = 1000
    choose_by: str = "mse"

    def names(self) -> Iterator[Request]:
        for cell in self.cells():
            for repetition in self.repetitions_of(cell):
                for requests in self._requests(cell, repetition).values():
                    yield from requests

    def cells(self) -> Iterator[Cell]:
        """The cells of the grid, then those of its conditions."""
        models = list(product(self.architectures, (False, True)))
        for place in product(self.sizes, self.corrections):
            yield from (Cell(*place, *model) for model in models)
        for name in self.conditions:
            condition = CONDITIONS[name]
            for m, corrected in product(self.condition_sizes, self.corrections):
                if condition.small_validation and m == self.validation_rows:
                    continue  # that is the grid itself
                for model in condition.models or models:
                    yield Cell(m, corrected, *model, condition=name)

    def repetitions_of(self, cell: Cell) -> Iterator[int]:
        """The repetitions that a cell has."""
        if not cell.condition and cell.m in self.exercise_sizes:
            yield 0
        count = self.condition_repetitions if cell.condition else self.repetitions
        yield from range(1, count + 1)

    def tuning_of(self, cell: Cell, repetition: int) -> Tuning:
        """How a repetition of a tuned cell is tuned."""
        if proposals := CONDITIONS[cell.condition].proposals:
            return Tuning(proposals, max(1, proposals // SHARE))
        return self.tuning if repetition else self.exercise

    def ready(self, records: Mapping[Request, Record], proposals: Proposals) -> Iterator[Training]:
        for cell in self.cells():
            for repetition in self.repetitions_of(cell):
                requests = self._requests(cell, repetition)
                if not all(one in records for stage in requests.values() for one in stage):
                    yield from self._next(cell, repetition, requests, records, proposals)

    def _requests(self, cell: Cell, repetition: int) -> dict[Stage, list[Request]]:
        """The requests of a cell's repetition, by stage."""
        condition = CONDITIONS[cell.condition]
        if condition.way == "fitted":
            counts: dict[Stage, int] = {"fitted": 1}
        elif condition.way == "follows":
            counts = {"full": 1}
        else:
            tuning = self.tuning_of(cell, repetition)
            own = 0 if condition.shared else tuning.proposals
            counts = {"proposal": own, "full": tuning.finalists, "start": tuning.starts}
        return {
            stage: [Request(cell, repetition, stage, rank) for rank in range(count)]
            for stage, count in counts.items()
        }

    def _next(
        self,
        cell: Cell,
        repetition: int,
        requests: Mapping[Stage, list[Request]],
        records: Mapping[Request, Record],
        proposals: Proposals,
    ) -> Iterator[Training]:
        """The trainings of the first stage of a cell's repetition that is not complete."""
        condition = CONDITIONS[cell.condition]
        if condition.way == "fitted":
            yield from (Training(one, NONE, 0, self.protocol_of(one)) for one in requests["fitted"])
        elif condition.way == "follows":
            chosen = self._requests(_source(cell, condition), repetition)["full"]
            yield from self._after(requests["full"], self._best(records, chosen)[:1])
        elif not (best := self._best(records, self._proposed(cell, repetition, requests))):
            yield from self._propose(cell, repetition, requests["proposal"], proposals)
        elif not (winners := self._best(records, requests["full"])):
            yield from self._after(requests["full"], best)
        else:
            yield from self._after(requests["start"], winners[:1] * len(requests["start"]))

    def _after(self, requests: Sequence[Request], records: Sequence[Record]) -> Iterator[Training]:
        """Trainings with the hyperparameters of records, as far as there are any."""
        for request, record in zip(requests, records, strict=False):
            yield after(request, record, self.protocol_of(request))

    def _propose(
        self, cell: Cell, repetition: int, requests: Sequence[Request], proposals: Proposals
    ) -> Iterator[Training]:
        """The short trainings of a repetition's own proposals, once they are drawn."""
        draw = CONDITIONS[cell.condition].draw("proposals")
        drawing = Drawing(cell.architecture, repetition, draw)
        drawn = proposals(drawing, len(requests)) if requests else None
        for request, chosen in zip(requests, drawn or (), strict=False):
            yield Training(request, chosen, request.rank, self.protocol_of(request))

    def _proposed(
        self, cell: Cell, repetition: int, requests: Mapping[Stage, list[Request]]
    ) -> list[Request]:
        """The requests of the proposals that a repetition chooses among."""
        condition = CONDITIONS[cell.condition]
        if not condition.shared:
            return requests["proposal"]
        grid = self._requests(replace(cell, condition=""), repetition)
        return grid["proposal"][: condition.proposals]

    def _best(self, records: Mapping[Request, Record], requests: Sequence[Request]) -> list[Record]:
        """The records of requests, the best first; nothing where one of them is not there."""
        if not all(request in records for request in requests):
            return []
        return best_first(records, requests, self.choose_by)

    def protocol_of(self, request: Request) -> Protocol:
        """How a request is trained: proposals briefly, the others with the complete schedule."""
        cell = request.cell
        condition = CONDITIONS[cell.condition]
        small = condition.small_validation or self.validation_rows == "m"
        rows = cell.m if small else int(self.validation_rows)
        steps = round(condition.times * self.steps)
        if request.stage == "fitted":
            return Protocol(steps=0, validation_rows=rows)
        if request.stage == "proposal":
            return Protocol(steps=short(steps), validation_rows=rows)
        return Protocol(steps=steps, schedule="cosine", validation_rows=rows)


def _source(cell: Cell, condition: Condition) -> Cell:
    """The cell of the grid whose hyperparameters this one takes over."""
    return replace(cell.of(condition.follows or cell.model), condition="")


def short(steps: int) -> int:
    """The steps of a proposal: a ninth of a full training's, rounded to a multiple of GAP."""
    return max(GAP, GAP * round(steps / SHARE / GAP))
