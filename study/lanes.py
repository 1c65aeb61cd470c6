"""Networks of one shape, trained side by side and asked for positions: the loop's Python face.

`train` seats lanes in blocks of 32, or 16 where no more are left, and lets the loop run in slices
of a second, so that an interrupt is answered. Lanes that have ended leave their seats to others.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from study import kernel
from study.kernel import Block, Copies, Memory, Rows, Wiring
from study.space import HUBER_DELTA
from study.symmetry import Group
from study.ties import Ties

Floats = NDArray[np.floating]
Pairs = tuple[Floats, Floats]  # flows X (n, N) and positions Y (n, 2)
Status = Literal["finished", "diverged"]

BLOCK, TAIL = 32, 16  # lanes
SLICE = 1.0  # seconds that the loop runs, roughly, before Python can answer an interrupt
FIRST_STEPS = 1  # of a training's first slice; the largest networks take a second for a few
MOST_SYMMETRIES = 1 << kernel.SYMMETRY_BITS
MOST_ROWS = 1 << (31 - kernel.SYMMETRY_BITS)
FOREVER = 2**62  # steps
FLAT = ("theta", "momentum", "velocity", "best")  # arrays that the loop reads flat

ACTIVATIONS = {"elu": kernel.ELU, "tanh": kernel.TANH}
OPTIMIZERS = {"nadam": kernel.NADAM, "adam": kernel.ADAM, "sgd": kernel.SGD}
# Slope and bound of each loss's derivative by one coordinate's error; it is a mean over two.
LOSSES = {"mse": (1.0, 3e38), "mae": (1e30, 0.5), "huber": (0.5, HUBER_DELTA / 2)}


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One network to train, and all that its numbers depend on besides the ties and batch size."""

    samples: Pairs
    validation: Pairs
    weights: Floats  # (parameters,): those it starts with
    activation: str
    optimizer: str
    loss: str
    learning_rate: float
    seed: int  # of the order of its rows
    steps: int  # of the optimiser, at most
    copies: bool = False  # whether it is shown all copies of each row
    schedule: str = "constant"
    gap: int = 50  # steps between validations; the last step has one, too
    patience: int | None = None  # steps without a better validation error before it ends


@dataclass(frozen=True)
class Trained:
    """What a lane came to: the weights of its best validation; none where it diverged."""

    status: Status
    weights: Floats | None  # (parameters,)
    error: float  # mean squared error on the validation rows; infinite where it diverged
    best_step: int
    steps: int
    curve: Floats  # (validations,): the error at each of them


class Halted(Exception):  # noqa: N818 - it is no error
    """Training was told to stop."""


class Seated(NamedTuple):
    """A lane in training: its number, and its column of each of a block's arrays."""

    number: int
    column: Block


def _schedules() -> dict[str, Floats]:
    """The learning rate's factors (INTERVALS,) in the parts of a training.

    "cosine" is constant for the first half, then half a cosine down to 0. Rounded, since cosines
    differ between machines in their last bit.
    """
    falling = np.maximum(2 * np.arange(kernel.INTERVALS) / kernel.INTERVALS - 1, 0)
    cosine = np.round((1 + np.cos(np.pi * falling)) / 2, 6)
    return {"constant": np.ones_like(cosine), "cosine": cosine}


SCHEDULES = _schedules()


def wire(ties: Ties) -> tuple[Wiring, NDArray[np.integer]]:
    """Ties as the loop reads them, and which parameter (parameters,) stands where in the loop.

    Layers are padded to multiples of four units, the last one of two. Parameters are numbered by
    the first entry that they are in, biases last. Where that makes parameter k alone matrix entry
    k, as in a standard network, no ties are left: the matrices are the parameters themselves.
    """
    sizes = [_padded(size, 4) for size in ties.sizes[:-1]] + [_padded(ties.sizes[-1], 2)]
    places, biases, entries, unit = [], [], 0, 0
    for (I, J), (wide, high) in zip(pairwise(ties.sizes), pairwise(sizes), strict=True):
        places.append(entries + (np.arange(J)[:, None] * wide + np.arange(I)).ravel())
        biases.append(np.pad(ties.bias[unit : unit + J], (0, high - J), constant_values=-1))
        entries += wide * high
        unit += J
    entry, bias = np.concatenate(places)[ties.entry], np.concatenate(biases)
    by_entry = np.argsort(entry, kind="stable")
    met = np.concatenate([ties.parameter[by_entry], bias[bias >= 0], np.arange(ties.parameters)])
    numbering = met[np.sort(np.unique(met, return_index=True)[1])]
    place = np.argsort(numbering)
    parameter, coefficient = place[ties.parameter[by_entry]], ties.coefficient[by_entry]
    each = np.arange(entries)
    own = np.array_equal(entry[by_entry], each) and np.array_equal(parameter, each)
    kept = by_entry[:0] if own and (coefficient == 1).all() else by_entry
    wiring = Wiring(
        sizes=np.array(sizes, np.uint64),
        entries=np.uint64(entries),
        parameters=np.uint64(ties.parameters),
        entry=entry[kept].astype(np.uint64),
        parameter=place[ties.parameter[kept]].astype(np.uint64),
        coefficient=ties.coefficient[kept].astype(np.float32),
        grouped=np.argsort(place[ties.parameter[kept]], kind="stable").astype(np.uint64),
        bias=np.where(bias < 0, -1, place[bias]).astype(np.int64),
    )
    return wiring, numbering


def never() -> bool:
    """Training goes on."""
    return False


def train(
    ties: Ties,
    batch: int,
    lanes: Sequence[Lane],
    group: Group,
    halt: Callable[[], bool] = never,
) -> list[Trained]:
    """Train every lane; what each came to stands in the order of the lanes.

    batch: rows of a mini-batch; group: the symmetries that make the copies of a row; halt: asked
    about once a second whether to raise Halted. Raises ValueError for what the loop, which checks
    no bounds, could not take.
    """
    _check(ties, batch, lanes, group)
    if not lanes:
        return []
    if not kernel.keeps_denormals(np.finfo(np.float32).smallest_normal):
        raise RuntimeError("expected numbers below 1e-38 to be kept, found them set to 0")
    (wiring, numbering), copies = wire(ties), _copies(group)
    rows, first = _gather(lanes)
    waiting = deque(enumerate(lanes))
    seated: list[Seated] = []
    results: dict[int, Trained] = {}
    place = np.argsort(numbering)  # of each parameter in the loop
    while waiting or seated:
        free = min(len(waiting), BLOCK - len(seated))
        fresh = [waiting.popleft() for _ in range(free)]
        seated += [
            Seated(number, _begin(lane, first, len(group.matrices), numbering))
            for number, lane in fresh
        ]
        few = len(seated) - 1 if waiting else TAIL if len(seated) > TAIL else 0
        seated = _run(seated, wiring, rows, copies, batch, few, halt)
        running = [one.column.lanes["status"] == kernel.RUNNING for one in seated]
        results |= {
            one.number: _result(one.column, place)
            for one, runs in zip(seated, running, strict=True)
            if not runs
        }
        seated = list(compress(seated, running))
    return [results[number] for number in range(len(lanes))]


def _check(ties: Ties, batch: int, lanes: Sequence[Lane], group: Group) -> None:
    """Refuse what would send the loop past the end of an array."""
    for number, lane in enumerate(lanes):
        X, Y = lane.samples
        asked = {
            "a batch of 1 row or more": batch >= 1,
            "steps and gap of 1 or more": min(lane.steps, lane.gap) >= 1,
            f"{ties.parameters} starting weights": lane.weights.shape == (ties.parameters,),
            f"1 to {MOST_ROWS} training rows": 1 <= len(X) <= MOST_ROWS,
            "a position for every row": len(X) == len(Y)
            and len(lane.validation[0]) == len(lane.validation[1]) > 0,
            f"{ties.sizes[0]} flows a row": {X.shape[1], lane.validation[0].shape[1]}
            == {ties.sizes[0]},
            f"{MOST_SYMMETRIES} symmetries at most": len(group.matrices) <= MOST_SYMMETRIES,
        }
        for words, holds in asked.items():
            if not holds:
                raise ValueError(f"lane {number}: expected {words}")


def batches(lane: Lane, batch: int, group: Group) -> NDArray[np.int64]:
    """Rows and symmetries (2, steps, batch) of the copies in a lane's batches."""
    order = _order(len(lane.samples[0]), len(group.matrices) if lane.copies else 1)
    record = np.zeros(1, kernel.LANE)
    record["total"], record["random"] = len(order), lane.seed
    return kernel.draw_batches(record, order[:, None], batch, lane.steps)


def predict(ties: Ties, activation: str, weights: Floats, X: Floats) -> NDArray[np.float32]:
    """Positions (k, n, 2) that networks with weights (k, parameters) give to flows X (n, N)."""
    return np.stack(predict_each(ties, [activation] * len(weights), weights, [X] * len(weights)))


def predict_each(
    ties: Ties, activations: Sequence[str], weights: Floats, flows: Sequence[Floats]
) -> list[NDArray[np.float32]]:
    """Positions (n, 2) that each of k networks gives to flows (n, N) of its own.

    Networks may differ in their activations (k) and weights (k, parameters).
    """
    wiring, numbering = wire(ties)
    sets = {id(X): X for X in flows}
    ends = np.cumsum([0, *map(len, sets.values())])
    begins = dict(zip(sets, ends.tolist(), strict=False))
    X = _pad_flows(np.concatenate(list(sets.values()))).ravel()
    size = max(4, -(-sum(map(len, flows)) // BLOCK))  # so that few networks fill a block, too
    jobs = [(k, row) for k, rows in enumerate(flows) for row in range(0, len(rows), size)]
    found = [np.empty((len(rows), 2), np.float32) for rows in flows]
    for seated in (jobs[k : k + BLOCK] for k in range(0, len(jobs), BLOCK)):
        networks, rows = map(list, zip(*seated, *[seated[0]] * (BLOCK - len(seated)), strict=True))
        tanhs = np.array([ACTIVATIONS[activations[k]] == kernel.TANH for k in networks], np.float32)
        columns = weights[np.ix_(networks, numbering)].astype(np.float32)
        theta = _side_by_side(list(columns)).ravel()
        memory = _memory(wiring, theta, size, BLOCK)
        first = np.array(
            [begins[id(flows[k])] + row for k, row in zip(networks, rows, strict=True)], np.uint64
        )
        left = [len(flows[k]) - row for k, row in zip(networks, rows, strict=True)]
        count = np.minimum(left, size).astype(np.uint64)
        kernel.predict(
            memory.predicted, memory, theta, wiring, X, first, count, tanhs, _kinds(tanhs),
            _seats(BLOCK),
        )  # fmt: skip
        predicted = memory.predicted.reshape(-1, 2, BLOCK)
        for seat, (k, row) in enumerate(seated):
            mine = found[k][row : row + size]
            mine[:] = predicted[: len(mine), :, seat]
    return found


def _run(
    seated: Sequence[Seated],
    wiring: Wiring,
    rows: Rows,
    copies: Copies,
    batch: int,
    few: int,
    halt: Callable[[], bool],
) -> list[Seated]:
    """Train these lanes until no more than `few` of them run."""
    L = BLOCK if len(seated) > TAIL else TAIL
    columns = [one.column for one in seated]
    columns += [_empty(columns[0])] * (L - len(seated))
    block = Block._make(_side_by_side(parts) for parts in zip(*columns, strict=True))
    flat = block._replace(**{name: getattr(block, name).ravel() for name in FLAT})
    lanes = block.lanes
    memory = _memory(wiring, flat.theta, int(lanes["validation_count"].max()), L)
    kinds = _kinds(lanes["tanh"][: len(seated)])
    schedules = np.array(list(SCHEDULES.values()))
    steps = FIRST_STEPS
    while np.sum(lanes["status"] == kernel.RUNNING) > few:
        begin = time.perf_counter()
        kernel.advance(
            flat, memory, wiring, rows, copies, schedules, np.uint64(batch), steps, kinds, few,
            _seats(L),
        )  # fmt: skip
        if halt():
            raise Halted
        steps = max(1, int(steps * min(SLICE / (time.perf_counter() - begin), 10.0)))
    return [
        one._replace(column=Block._make(array[..., seat].copy() for array in block))
        for seat, one in enumerate(seated)
    ]


def _kinds(tanhs: NDArray[np.float32]) -> int:
    """Which activations there are, as the loop reads it."""
    return kernel.ELU * bool((tanhs == 0).any()) + kernel.TANH * bool((tanhs == 1).any())


def _seats(L: int) -> kernel.Seats:
    """A tuple whose length tells the compiler the number of lanes."""
    return (np.uint64(0),) * L


def _empty(like: Block) -> Block:
    """The column of an empty seat: a lane of one row that has ended."""
    column = Block._make(np.zeros_like(array) for array in like)
    for name in ("count", "total", "validation_count", "gap"):
        column.lanes[name] = 1
    column.lanes["status"] = kernel.FINISHED
    return column


def _result(column: Block, place: NDArray[np.integer]) -> Trained:
    lane = column.lanes
    steps = int(lane["step"])
    curve = column.curve[: -(-steps // int(lane["gap"]))]
    if lane["status"] == kernel.DIVERGED:
        return Trained("diverged", None, np.inf, 0, steps, curve)
    best_error, best_step = float(lane["best_error"]), int(lane["best_step"])
    return Trained("finished", column.best[place], best_error, best_step, steps, curve)


def _begin(
    lane: Lane, first: dict[int, int], symmetries: int, numbering: NDArray[np.integer]
) -> Block:
    """The column of a lane at its start."""
    order = _order(len(lane.samples[0]), symmetries if lane.copies else 1)
    slope, bound = LOSSES[lane.loss]
    weights = lane.weights[numbering].astype(np.float32)
    known = {
        "first": first[id(lane.samples)],
        "count": len(lane.samples[0]),
        "total": len(order),
        "validation_first": first[id(lane.validation)],
        "validation_count": len(lane.validation[0]),
        "tanh": ACTIVATIONS[lane.activation] == kernel.TANH,
        "slope": slope,
        "bound": bound,
        "optimizer": OPTIMIZERS[lane.optimizer],
        "rate": lane.learning_rate,
        "schedule": list(SCHEDULES).index(lane.schedule),
        "budget": lane.steps,
        "gap": lane.gap,
        "patience": FOREVER if lane.patience is None else lane.patience,
        "random": lane.seed,
        "status": kernel.RUNNING,
        "best_error": np.inf,
        **dict.fromkeys(("beta_1_power", "beta_2_power", "nadam_power", "nadam_product"), 1),
    }
    record = np.zeros((), kernel.LANE)
    for name, value in known.items():
        record[name] = value
    return Block(
        lanes=record,
        theta=weights,
        momentum=np.zeros_like(weights),
        velocity=np.zeros_like(weights),
        best=weights,
        order=order,
        curve=np.zeros(-(-lane.steps // lane.gap)),
    )


def _order(rows: int, symmetries: int) -> NDArray[np.int32]:
    """The entries (rows * symmetries,) of an order before it is shuffled."""
    row, symmetry = np.divmod(np.arange(rows * symmetries), symmetries)
    return (row << kernel.SYMMETRY_BITS | symmetry).astype(np.int32)


def _gather(lanes: Iterable[Lane]) -> tuple[Rows, dict[int, int]]:
    """The samples of all lanes as rows, and where each set of samples, by its id, begins."""
    sets = {id(pairs): pairs for lane in lanes for pairs in (lane.samples, lane.validation)}
    ends = np.cumsum([0, *(len(X) for X, _ in sets.values())]).tolist()
    X = np.concatenate([_pad_flows(X) for X, _ in sets.values()])
    Y = np.concatenate([Y.astype(np.float32) for _, Y in sets.values()])
    return Rows(X.ravel(), Y.ravel()), dict(zip(sets, ends[:-1], strict=True))


def _copies(group: Group) -> Copies:
    """Symmetries as the loop reads them; the padding stays where it is."""
    order, flows = group.permutations.shape
    padding = np.broadcast_to(np.arange(flows, _padded(flows, 4)), (order, -flows % 4))
    padded = np.hstack([group.permutations, padding]).astype(np.uint64)
    return Copies(padded.ravel(), group.matrices.astype(np.float32).ravel())


def _padded(units: int, multiple: int) -> int:
    return units + -units % multiple


def _pad_flows(X: Floats) -> NDArray[np.float32]:
    """Flows (n, N) with zeros behind them, to a multiple of four."""
    return np.pad(X.astype(np.float32), ((0, 0), (0, -X.shape[1] % 4)))


def _memory(wiring: Wiring, theta: NDArray[np.float32], rows: int, L: int) -> Memory:
    """Memory for a block of L lanes with parameters theta, to predict so many rows.

    Without ties, the matrices are the parameters themselves.
    """
    entries, widest = int(wiring.entries) * L, int(wiring.sizes.max())
    tile = widest * 4 * L
    gradient = _aligned_zeros(len(theta))
    tied = len(wiring.entry) > 0
    return Memory(
        W=_aligned_zeros(entries) if tied else theta[:entries],
        G=_aligned_zeros(entries) if tied else gradient[:entries],
        biases=_aligned_zeros(len(wiring.bias) * L),
        gradient=gradient,
        sums=_aligned_zeros(L, np.float64),
        a=_aligned_zeros((len(wiring.sizes) - 1) * tile),
        z=_aligned_zeros(tile),
        dz=_aligned_zeros(tile),
        da=_aligned_zeros(tile),
        target=_aligned_zeros(2 * 4 * L),
        predicted=_aligned_zeros(_padded(rows, 4) * 2 * L),
        pace=_aligned_zeros(5 * L),
    )


def _side_by_side(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Columns as one array, the lane on the last axis; short ones are filled up with zeros."""
    if columns[0].ndim:
        longest = max(map(len, columns))
        columns = [np.pad(column, (0, longest - len(column))) for column in columns]
    shape = (*columns[0].shape, len(columns))
    return np.stack(columns, axis=-1, out=_aligned_zeros(shape, columns[0].dtype))


def _aligned_zeros(shape: int | tuple[int, ...], dtype: DTypeLike = np.float32) -> np.ndarray:
    """Zeros that begin at a multiple of 64 bytes, so that no vector lies across two cache lines.

    NumPy's begin at a multiple of 16, and then the standard network's backward pass takes 1.6
    times as long.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64, np.uint8)
    begin = -memory.ctypes.data % 64
    return memory[begin : begin + size].view(dtype).reshape(shape)
