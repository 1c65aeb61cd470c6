"""A sweep: every combination of a few hyperparameters, many times, as published studies do it.

The other design, `study.grid`, tunes each cell; a sweep tunes nothing. Epochs are counted over the
rows of the cell here, so that an augmented training takes eight times the steps on a square.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from study.architectures import architecture
from study.bag import SQUARE
from study.design import Cell, Proposals, Protocol, Request, Training
from study.records import Record
from study.space import Hyperparameters, Space

MODELS = ("equivariant", "standard")
OPTIMIZER, LOSS, ACTIVATION = "nadam", "mse", "elu"
FAILED_MSE = 0.1  # a training whose training error stays above has failed


@dataclass(frozen=True)
class Sweep:
    """How large a sweep is, and how each of its networks is trained."""

    sizes: tuple[int, ...]
    learning_rates: tuple[float, ...]
    depths: tuple[int, ...]
    standard_widths: tuple[int, ...]
    repeats: int
    batch_size: int
    epochs: int  # at most
    patience: int  # epochs without a better validation error before it stops
    equivariant_stddev: float  # of the equivariant networks' starting weights
    choose_by: str = "mse"

    def names(self) -> Iterator[Request]:
        for m, name, augmented in product(self.sizes, MODELS, (False, True)):
            cell = Cell(m, False, name, augmented)
            ranks = range(len(self._combinations(name)))
            for rank, repeat in product(ranks, range(1, self.repeats + 1)):
                yield Request(cell, repeat, "sweep", rank)

    def ready(self, records: Mapping[Request, Record], proposals: Proposals) -> Iterator[Training]:
        yield from (self._training(one) for one in self.names() if one not in records)

    def _combinations(self, name: str) -> list[tuple[int, int, float]]:
        """Every width, depth and learning rate of an architecture."""
        return list(product(self._widths(name), self.depths, self.learning_rates))

    def _training(self, request: Request) -> Training:
        width, depth, rate = self._combinations(request.cell.architecture)[request.rank]
        chosen = Hyperparameters(depth, width, ACTIVATION, self.batch_size, OPTIMIZER, rate, LOSS)
        return Training(request, chosen, request.rank, self.protocol_of(request))

    def protocol_of(self, request: Request) -> Protocol:
        """How a request is trained; it is validated after every epoch."""
        rows = request.cell.m * (SQUARE.group.order if request.cell.augmented else 1)
        epoch = -(-rows // self.batch_size)  # steps
        return Protocol(
            steps=self.epochs * epoch,
            gap=epoch,
            patience=self.patience * epoch,
            equivariant_stddev=self.equivariant_stddev,
        )

    def space(self, name: str) -> Space:
        """What an architecture is trained with."""
        widths, rates = self._widths(name), self.learning_rates
        return Space(
            self.depths, widths, (ACTIVATION,), (self.batch_size,), (OPTIMIZER,),
            (min(rates), max(rates)), (LOSS,),
        )  # fmt: skip

    def _widths(self, name: str) -> tuple[int, ...]:
        return self.standard_widths if name == "standard" else architecture(name).space.width
