"""The same training with `model.fit` and with lanes, one after the other: how many times faster?

Both have the whole machine. Lanes are shared out among the workers, as a study shares out its
cells; one network's `model.fit` has no work for a second core. Loads no TensorFlow; its workers do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from study.data import Samples
from study.seeds import seed
from study.simulate import FAULT, NO_FAULT, simulate
from study.space import EQUIVARIANT_STDDEV

if TYPE_CHECKING:
    from study.networks import Shape


class Case(NamedTuple):
    """A network, and the number of rows that it is trained on."""

    architecture: str
    depth: int
    width: int
    activation: str
    rows: int

    @property
    def shape(self) -> Shape:
        from study.networks import Shape

        return Shape(self.architecture, self.depth, self.width, self.activation)


NETWORKS = (("standard", 2, 16, "elu"), ("equivariant", 8, 4, "elu"))
CASES = [Case(*network, rows) for network, rows in product(NETWORKS, (100, 1000, 8000))]
LANES = (1, 8, 30)
BLOCK = 8  # `bench.lanes.LANES`, which go through one program together
VALIDATION_ROWS = 1000
BATCH = 32
RATE = 1e-3
LONG = 1000  # epochs of the training that compilation is counted into
FIT_EPOCHS = 5
LANE_SECONDS = 3.0  # lanes are timed over as many epochs as take about this long


@dataclass(frozen=True)
class Timing:
    """Seconds of an epoch of one network, its validation included, and of compiling."""

    epoch: float
    compilation: float

    def training(self, epochs: int, networks: int) -> float:
        """Seconds for a whole training of one of so many networks that share the compilation."""
        return self.epoch * epochs + self.compilation / networks


def measure(workers: Sequence[Executor]) -> Iterator[list[dict[str, Any]]]:
    """For each case, one row for each number of lanes, trained both ways."""
    for started in [worker.submit(int) for worker in workers]:
        started.result()
    for case in CASES:
        fit = Timing(*workers[0].submit(time_fit, case).result())
        yield [_row(case, count, fit, time_lanes(case, count, workers)) for count in LANES]


def _row(case: Case, count: int, fit: Timing, lane: Timing) -> dict[str, Any]:
    return {
        **case._asdict(),
        "lanes": count,
        "fit_ms_per_epoch": 1e3 * fit.epoch,
        "fit_compilation_s": fit.compilation,
        "lane_us_per_epoch": 1e6 * lane.epoch,
        "lane_us_per_step": 1e6 * lane.epoch / -(-case.rows // BATCH),
        "lane_compilation_s": lane.compilation,
        "ratio": fit.epoch / lane.epoch,
        "ratio_with_compilation": fit.training(LONG, 1) / lane.training(LONG, count),
    }


def time_lanes(case: Case, count: int, workers: Sequence[Executor]) -> Timing:
    """Train so many lanes at once, validated after every epoch."""
    shares = _shares(count, len(workers))

    def seconds(epochs: int, *, anew: bool = False) -> float:
        """Wall time of training all lanes for so many epochs, from start to result."""
        begin = time.perf_counter()
        busy = [
            worker.submit(train_lanes, case, share, epochs, anew)
            for worker, share in zip(workers, shares, strict=False)
        ]
        for future in busy:
            future.result()
        return time.perf_counter() - begin

    compilation = seconds(1, anew=True)
    epochs = max(4, int(4 * LANE_SECONDS / seconds(4)))
    epochs = max(4, int(epochs * LANE_SECONDS / seconds(epochs)))
    epoch = seconds(epochs) / epochs
    return Timing(epoch / count, max(0.0, compilation - epoch))


def _shares(count: int, workers: int) -> list[range]:
    """The numbers of the lanes that each worker trains; a worker more than blocks gets none."""
    parts = min(workers, -(-count // BLOCK))
    ends = [count * part // parts for part in range(parts + 1)]
    return [range(first, end) for first, end in pairwise(ends)]


# What runs in a worker


def time_fit(case: Case) -> tuple[float, float]:
    """Seconds of an epoch of `model.fit` (the median after a first one), and what that first took.

    One network, compiled with Keras' defaults, validated after every epoch.
    """
    import keras

    from study import networks

    model = networks.build(case.shape)
    model.compile(keras.optimizers.Nadam(RATE), keras.losses.MeanSquaredError())
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: times.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()),
    )
    samples, validation = _samples("train", case.rows), _samples("validation", VALIDATION_ROWS)
    model.fit(
        *_float32(samples),
        batch_size=BATCH,
        epochs=1 + FIT_EPOCHS,
        validation_data=_float32(validation),
        callbacks=[clock],
        verbose=0,
    )
    first, *others = np.diff(times)
    epoch = float(np.median(others))
    return epoch, float(first) - epoch


def train_lanes(case: Case, numbers: range, epochs: int, anew: bool) -> None:
    """Train the lanes with these numbers for so many epochs; `anew`: with all compilation."""
    from bench import lanes
    from study import networks

    if anew:
        lanes.block.cache_clear()
    start = partial(networks.initial_weights, case.shape, stddev=EQUIVARIANT_STDDEV)
    samples, validation = _samples("train", case.rows), _samples("validation", VALIDATION_ROWS)
    work = [
        lanes.Lane(
            samples=samples,
            weights=start(np.random.default_rng(number)),
            learning_rate=RATE,
            loss="mse",
            order_seed=number,
            epochs=epochs,
            patience=epochs,
        )
        for number in numbers
    ]
    training = lanes.Training(validation, -(-case.rows // BATCH))
    lanes.train(lanes.Program(case.shape, "nadam", BATCH), work, training)


def _samples(role: str, rows: int) -> Samples:
    rng = np.random.default_rng(seed("speed", role, rows))
    return simulate(rows, rng, offset=FAULT if role == "train" else NO_FAULT)


def _float32(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    return samples.X.astype(np.float32), samples.Y.astype(np.float32)
