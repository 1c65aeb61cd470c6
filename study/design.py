"""Designs: which trainings a study has, and which of them can be carried out next.

A study is a function from records to what is next. `names` lists every request beforehand, without
hyperparameters; `ready` gives the next wave of trainings: those whose hyperparameters follow from
the records that are there. Whoever runs a study carries out waves until one is empty. To plan, to
resume and to verify are the same two questions, so that nothing else is kept of a study's state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple
from typing import Protocol as Interface

from study.conditions import CONDITIONS, Luck, Model
from study.errors import StudyError
from study.records import Record, Stage
from study.seeds import seed
from study.space import EQUIVARIANT_STDDEV, HYPERPARAMETERS, Hyperparameters
from study.version import NUMBERS

TRAINED_IN_FULL: tuple[Stage, ...] = ("full", "start")
GAP = 50  # steps between validations


@dataclass(frozen=True, order=True)
class Cell:
    """What a repetition is of: a model, the data that it sees, and what is done otherwise."""

    m: int
    corrected: bool
    architecture: str
    augmented: bool
    condition: str = ""  # of CONDITIONS; "" in the grid proper

    @property
    def model(self) -> Model:
        """Its model."""
        return self.architecture, self.augmented

    def of(self, model: Model) -> Cell:
        """The cell of another model, all else alike."""
        return replace(self, architecture=model[0], augmented=model[1])


@dataclass(frozen=True, order=True)
class Request:
    """The name of a training.

    Stages: "proposal", a short training of proposal number rank; "full", of the rank-th best of
    these; "start", a further start of the best full one's hyperparameters; "fitted", a baseline;
    "sweep", combination number rank of a sweep.
    """

    cell: Cell
    repetition: int
    stage: Stage
    rank: int


@dataclass(frozen=True)
class Protocol:
    """How a training is done, whatever its hyperparameters."""

    steps: int  # of the optimiser, at most
    schedule: str = "constant"  # of the learning rate
    gap: int = GAP
    patience: int | None = None  # steps without a better validation error before it ends
    validation_rows: int = 1000
    equivariant_stddev: float = EQUIVARIANT_STDDEV


@dataclass(frozen=True)
class Training:
    """A request whose hyperparameters are known.

    Starting weights and order are those of the proposal's number, since the luck of a start is
    part of what was chosen; a further start has streams of its own.
    """

    request: Request
    hyperparameters: Hyperparameters
    proposal: int
    protocol: Protocol

    def draw(self, luck: Luck) -> int:
        """Which draw of a source of luck it has: 0, but where its condition draws it anew."""
        return CONDITIONS[self.request.cell.condition].draw(luck)

    @property
    def samples_of(self) -> int:
        """The repetition whose samples it sees: all trainings of a sweep see the same."""
        return 1 if self.request.stage == "sweep" else self.request.repetition

    @property
    def stream(self) -> tuple[str | int, ...]:
        """The names that its starting weights and its order depend on."""
        request = self.request
        follows = CONDITIONS[request.cell.condition].follows
        architecture = follows[0] if follows else request.cell.architecture
        start = request.rank + 1 if request.stage == "start" else 0
        return architecture, request.repetition, self.proposal, start

    @property
    def named(self) -> dict[str, Any]:
        """What its record says of it."""
        request = self.request
        return {
            **vars(request.cell),
            "repetition": request.repetition,
            "stage": request.stage,
            "rank": request.rank,
            "proposal": self.proposal,
            **vars(self.hyperparameters),
            "steps": self.protocol.steps,
            "schedule": self.protocol.schedule,
        }


class Drawing(NamedTuple):
    """Which list of proposals: an architecture's in a repetition, or a further draw of it."""

    architecture: str
    repetition: int
    draw: int = 0


# What proposes hyperparameters: the first n of a list that is fixed by its drawing. None where
# they are not drawn yet.
Proposals = Callable[[Drawing, int], Sequence[Hyperparameters] | None]


class Design(Interface):
    """What every design can say."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers m of training samples."""

    @property
    def choose_by(self) -> str:
        """The validation error that chooses: "mse" or "mae"."""

    def names(self) -> Iterator[Request]:
        """Every request of the study, in a fixed order."""

    def ready(self, records: Mapping[Request, Record], proposals: Proposals) -> Iterator[Training]:
        """The trainings that can be carried out now."""

    def protocol_of(self, request: Request) -> Protocol:
        """How a request is trained."""


@dataclass(frozen=True)
class Keys:
    """What a record's key holds besides the training: whose numbers they are.

    The same training on other data, by another trainer, of another root seed or another version of
    the numbers has another key.
    """

    data: str  # checksum
    trainer: str
    root_seed: int

    def key(self, training: Training) -> str:
        """What names a training's record: all that its numbers depend on, as 16 digits."""
        one = training.request
        parts = (one.cell, training.hyperparameters, training.protocol)
        names = (one.repetition, one.stage, one.rank, training.proposal)
        values = [value for part in parts for value in vars(part).values()]
        return f"{seed(NUMBERS, self.data, self.trainer, self.root_seed, *names, *values):016x}"


@dataclass(frozen=True)
class Shard:
    """A part of a study that can be carried out alone: some repetitions, whole, of every cell.

    Those whose number leaves this one when it is divided by `of`.
    """

    number: int = 0
    of: int = 1

    def __contains__(self, repetition: int) -> bool:
        return repetition % self.of == self.number


WHOLE = Shard()


class State(NamedTuple):
    """Where a study stands: the records of its requests, and what is next."""

    records: dict[Request, Record]
    wave: list[Training]


def settle(
    design: Design,
    stored: Mapping[str, Record],
    proposals: Proposals,
    keys: Keys,
    without: Collection[Request] = (),
    records: Mapping[Request, Record] | None = None,
    shard: Shard = WHOLE,
) -> State:
    """Where a study stands, by the records that are stored under their keys.

    A record counts where the training that the design asks for now has its key. So one that was
    made with hyperparameters which other proposals have beaten since then is left aside. `without`:
    what failed to be carried out; records: those that are known to count; shard: the part of the
    study that is asked for.
    """

    def mine(drawing: Drawing, n: int) -> Sequence[Hyperparameters] | None:
        return proposals(drawing, n) if drawing.repetition in shard else None

    records = dict(records or {})
    while True:
        wave = [
            one
            for one in design.ready(records, mine)
            if one.request.repetition in shard
            and one.request not in records
            and one.request not in without
        ]
        found = {
            one.request: _checked(stored[key], one)
            for one in wave
            if (key := keys.key(one)) in stored
        }
        if not found:
            return State(records, wave)
        records |= found


def _checked(record: Record, training: Training) -> Record:
    """The record, where it is this training's, as its key says."""
    expected = training.named
    found = _values(tuple(expected))(record)
    if found == tuple(expected.values()):
        return record
    name = next(name for name in expected if getattr(record, name) != expected[name])
    raise StudyError(
        f"table records, key {record.key}, column {name}: expected {expected[name]}, found "
        f"{getattr(record, name)}; delete the row to have it made anew"
    )


@cache
def _values(names: tuple[str, ...]) -> Callable[[Record], tuple[Any, ...]]:
    """What reads the values of these names off a record."""
    return attrgetter(*names)


def hyperparameters(record: Record) -> Hyperparameters:
    """The hyperparameters of a record."""
    return Hyperparameters(**{name: getattr(record, name) for name in HYPERPARAMETERS})


def best_first(
    records: Mapping[Request, Record], requests: Sequence[Request], choose_by: str
) -> list[Record]:
    """The records of requests by validation error, those that failed last."""

    def place(record: Record) -> tuple[bool, float]:
        return record.status != "sound", deciding_error(record, choose_by)

    return sorted((records[request] for request in requests), key=place)


def deciding_error(record: Record, choose_by: str) -> float:
    """The validation error by which winners are chosen; infinite where a record has none."""
    error = record.validation_mse if choose_by == "mse" else record.validation_mae
    return float("inf") if error is None else error


def winners(
    records: Mapping[Request, Record], choose_by: str
) -> dict[tuple[Cell, int], Record | None]:
    """Each repetition's best training in full; None where none of them is sound."""
    found: dict[tuple[Cell, int], list[Request]] = {}
    for request in records:
        if request.stage in TRAINED_IN_FULL:
            found.setdefault((request.cell, request.repetition), []).append(request)
    best = {name: best_first(records, sorted(mine), choose_by)[0] for name, mine in found.items()}
    return {name: one if one.status == "sound" else None for name, one in best.items()}


def after(request: Request, record: Record, protocol: Protocol) -> Training:
    """A training with a record's hyperparameters and the streams of its proposal."""
    return Training(request, hyperparameters(record), record.proposal, protocol)
