"""Studies that take no time: a tiny grid whose trainings come to errors that are made up."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

from study.design import Cell, Design, Drawing, Keys, Proposals, Request, Training, settle
from study.grid import Grid, Tuning
from study.records import Record
from study.space import Hyperparameters
from tests.study.test_records import SOUND

# Four cells at each of two sizes; repetition 0 at the larger one.
GRID = Grid(
    architectures=("standard", "equivariant"),
    corrections=(True,),
    sizes=(25, 100),
    repetitions=2,
    exercise_sizes=(100,),
    tuning=Tuning(proposals=4, finalists=2),
    exercise=Tuning(proposals=5, finalists=3, starts=2),
    steps=900,
    conditions=("wrong_symmetry", "identity", "matched_epochs"),
    condition_sizes=(25,),
    condition_repetitions=1,
)
RAW = Cell(m=25, corrected=True, architecture="equivariant", augmented=False)
KEYS = Keys(data="0" * 64, trainer="loop", root_seed=1)

Errors = Callable[[Training], float | None]


def proposals(drawing: Drawing, n: int) -> list[Hyperparameters]:
    """Hyperparameters that tell which drawing they are of, and which of it, by their rate."""
    names = ("standard", "equivariant", "equivariant_wide")
    first = 1 + names.index(drawing.architecture) + drawing.repetition / 10 + 100 * drawing.draw
    return [Hyperparameters(2, 4, "elu", 16, "adam", first + k / 1000, "mse") for k in range(n)]


def usual(training: Training) -> float:
    """An error that falls with the proposal's number."""
    return 1 / (1 + training.proposal)


def recorded(training: Training, errors: Errors = usual, keys: Keys = KEYS) -> Record:
    """A record of the training; diverged where its error is none. Its mae orders the other way."""
    cell, error = training.request.cell, errors(training)
    return replace(
        SOUND,
        key=keys.key(training),
        **asdict(cell),
        repetition=training.request.repetition,
        stage=training.request.stage,
        rank=training.request.rank,
        proposal=training.proposal,
        **asdict(training.hyperparameters),
        steps=training.protocol.steps,
        schedule=training.protocol.schedule,
        validation_rows=training.protocol.validation_rows,
        status="diverged" if error is None else "sound",
        validation_mse=error,
        validation_mae=None if error is None else 1 - error,
    )


def carried_out(
    design: Design,
    errors: Errors = usual,
    stored: Mapping[str, Record] | None = None,
    without: frozenset[Request] = frozenset(),
    proposals: Proposals = proposals,
    keys: Keys = KEYS,
) -> tuple[list[list[Training]], dict[Request, Record]]:
    """All waves of a study, carried out, and its records."""
    stored, waves = dict(stored or {}), []
    while True:
        state = settle(design, stored, proposals, keys, without)
        if not state.wave:
            return waves, state.records
        waves.append(state.wave)
        stored |= {keys.key(one): recorded(one, errors, keys) for one in state.wave}


def trainings(design: Design, errors: Errors = usual) -> dict[Request, Training]:
    """All trainings of a study by their requests."""
    return {one.request: one for wave in carried_out(design, errors)[0] for one in wave}
