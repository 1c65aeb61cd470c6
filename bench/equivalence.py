"""Does Keras' own training come to what the loop's records say?

Its numbers can't be equal to the bit. Over the first steps the loop must be about as near to exact
arithmetic as Keras is in float32. What the networks predict is compared, not their weights: where a
weight's gradient is 0 but for rounding, Adam divides by its size, and the weight moves by whole
steps that change nothing. Later a last bit grows into another network, and only the ends of many
trainings can be compared, on average.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from bench.blocks import lane_of, shape_of
from bench.plan import describe, describe_cell
from bench.studies import Study
from bench.trainers import TRAINERS, reference
from study import lanes
from study.architectures import Shape
from study.bag import SQUARE
from study.design import Cell, Request, Training, after
from study.lanes import Floats, Lane, Trained
from study.quiet import keras_networks
from study.records import Record
from study.samples import shown

FIRST = 200  # steps
STARTS = 4  # that differ in their last bit
FACTOR, SLACK = 3, 1e-6  # the loop's distance from exact arithmetic, against that of Keras
CELL = 20  # trainings of a cell whose ends are compared
MARGIN = 0.05  # of the geometric mean of their errors' ratios
LEVEL = 0.90  # of an interval that must lie within the margin: two one-sided tests at 5 %
FEWEST = 6  # trainings of which a mean is told with an interval


@dataclass(frozen=True)
class Parity:
    """How far two trainings are from Keras in float64 after FIRST steps.

    That is the root mean square difference of the positions that the networks predict for the
    validation rows, in units of the position. by_keras: the largest distance of Keras in float32,
    from this start and some that differ in their last bits.
    """

    request: Request
    by_loop: float
    by_keras: float

    @property
    def holds(self) -> bool:
        """Whether the loop is as near to exact arithmetic as Keras is, roughly."""
        return self.by_loop <= FACTOR * self.by_keras + SLACK


@dataclass(frozen=True)
class Ends:
    """The validation errors at the ends of a cell's trainings by Keras, relative to the records'.

    low and high bound the geometric mean of these ratios; not numbers where trainings are few.
    """

    cell: Cell
    count: int
    mean: float
    low: float
    high: float

    @property
    def equal(self) -> bool:
        """Whether the mean was shown to be 1, but for the margin."""
        return self.low > 1 / (1 + MARGIN) and self.high < 1 + MARGIN

    @property
    def differs(self) -> bool:
        """Whether it was shown to be something else."""
        return self.low > 1 + MARGIN or self.high < 1 / (1 + MARGIN)


def compare(
    study: Study, records: Mapping[Request, Record], chosen: Mapping[Request, Record]
) -> Generator[str, None, int]:
    """Hold a study against Keras' own training, in lines to print; returns the exit code.

    chosen: those of its records whose first steps are compared.
    """
    yield f"{study.name}: {FIRST} steps of {len(chosen)} trainings, in the loop and in Keras"
    far = []
    for one in first_steps(study, chosen):
        if not one.holds:
            far.append(one)
            yield (
                f"  {describe(one.request)}: {one.by_loop:.1e} from float64 in the loop, at most "
                f"{one.by_keras:.1e} in Keras"
            )
    yield f"{len(chosen) - len(far)} of them are about as near to float64 in the loop as in Keras"
    yield f"training {CELL} networks of each cell by Keras: validation MSE relative to the loop's"
    late = []
    for cell in ends(study, records):
        late.append(cell)
        yield f"  {describe_cell(cell.cell)}: {_told(cell)}"
    equal, different = (sum(getattr(one, name) for one in late) for name in ("equal", "differs"))
    yield f"of {len(late)} cells, {equal} are equal within {MARGIN:.0%}, {different} are different"
    return 4 if far or different else 0


def _told(cell: Ends) -> str:
    """How a cell's trainings by Keras end."""
    few = not math.isfinite(cell.low)
    interval = "" if few else f" [{cell.low:.3f}, {cell.high:.3f}]"
    verdict = "equal" if cell.equal else "DIFFERENT" if cell.differs else "not shown either way"
    return f"{cell.mean:.3f}{interval} in {cell.count} trainings, {'too few' if few else verdict}"


def first_steps(study: Study, chosen: Mapping[Request, Record]) -> Iterator[Parity]:
    """The first steps of these trainings, by the loop and by Keras in both precisions."""
    for request, record in chosen.items():
        training, shape, lane = _prepared(study, request, record)
        steps = min(FIRST, lane.steps)
        brief = replace(lane, steps=steps, gap=steps)
        batch = training.hyperparameters.batch_size
        (exact,) = _by_keras(shape, batch, [brief], "float64")
        rounded = _by_keras(shape, batch, [brief, *_other_starts(brief)], "float32")
        (by_loop,) = lanes.train(shape.ties, batch, [brief], SQUARE.group)
        truth = _positions(shape, exact, lane)
        far = [_distance(_positions(shape, one, lane), truth) for one in (by_loop, *rounded)]
        yield Parity(request, far[0], max(far[1:]))


def _other_starts(lane: Lane) -> Iterator[Lane]:
    """The lane with starting weights that differ in the last bit of some."""
    rng = np.random.default_rng(lane.seed)
    for _ in range(STARTS):
        shift = rng.integers(-1, 2, lane.weights.shape) * np.finfo(np.float32).eps
        yield replace(lane, weights=lane.weights * (1 + shift))


def ends(study: Study, records: Mapping[Request, Record]) -> Iterator[Ends]:
    """The ends of up to CELL full trainings of each cell, trained by Keras."""
    cells = defaultdict(list)
    for request, record in sorted(records.items()):
        if request.stage == "full" and record.status == "sound" and not request.cell.condition:
            cells[request.cell].append((request, record))
    for cell, mine in cells.items():
        yield _ends(cell, [_ratio(study, *one) for one in mine[:CELL]])


def _ends(cell: Cell, ratios: Sequence[float]) -> Ends:
    """The geometric mean of ratios, with its interval; those that are not finite do not count."""
    logs = np.log([one for one in ratios if 0 < one < math.inf])
    mean = float(logs.mean()) if len(logs) else math.nan
    half = math.nan
    if len(logs) >= FEWEST:
        quantile = float(stdtrit(len(logs) - 1, (1 + LEVEL) / 2))
        half = quantile * float(logs.std(ddof=1)) / math.sqrt(len(logs))
    return Ends(cell, len(logs), *(math.exp(mean + shift) for shift in (0.0, -half, half)))


def _ratio(study: Study, request: Request, record: Record) -> float:
    """A training's validation error by Keras, relative to its record's."""
    training, shape, lane = _prepared(study, request, record)
    batch = training.hyperparameters.batch_size
    (trained,) = TRAINERS["keras"].train([shape], batch, [lane], lanes.never)
    return trained.error / (record.validation_mse or math.nan)


def _prepared(study: Study, request: Request, record: Record) -> tuple[Training, Shape, Lane]:
    """A record's training again, as the loop takes it."""
    training = after(request, record, study.design.protocol_of(request))
    root_seed = study.keys.root_seed
    seen = shown(study.data, training, root_seed)
    return training, shape_of(training), lane_of(training, seen, root_seed, TRAINERS["loop"])


def _by_keras(shape: Shape, batch: int, work: Sequence[Lane], dtype: str) -> list[Trained]:
    """Lanes of a shape as Keras trains them."""
    model = keras_networks().build(shape, dtype)
    trained: list[Trained] = reference().train(model, batch, work, SQUARE.group)
    return trained


def _positions(shape: Shape, trained: Trained, lane: Lane) -> Floats | None:
    """What a network predicts for a lane's validation rows (n, 2); none where it diverged."""
    if trained.weights is None:
        return None
    model = keras_networks().with_weights(shape, trained.weights, "float64")
    return np.asarray(model(lane.validation[0]))


def _distance(one: Floats | None, exact: Floats | None) -> float:
    """The root mean square difference of positions; infinite where one alone diverged."""
    if one is None or exact is None:
        return 0.0 if one is exact else math.inf
    return float(np.sqrt(np.square(one - exact).mean()))
