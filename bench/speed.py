"""The same training with `model.fit` and with lanes, side by side: how many times faster?"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import keras
import numpy as np

from bench import lanes
from study import networks
from study.data import Samples
from study.seeds import seed
from study.simulate import FAULT, NO_FAULT, simulate
from study.space import EQUIVARIANT_STDDEV

SHAPES = (
    networks.Shape("standard", depth=2, width=16, activation="elu"),
    networks.Shape("equivariant", depth=8, width=4, activation="elu"),
)
ROWS = (100, 1000, 8000)
CASES = list(product(SHAPES, ROWS))
LANES = (1, 8, 30)
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


def measure(case: tuple[networks.Shape, int]) -> list[dict[str, Any]]:
    """One row for each number of lanes: this shape trained on so many rows, both ways."""
    shape, rows = case
    samples, validation = _samples("train", rows), _samples("validation", 1000)
    fit = time_fit(shape, samples, validation)
    return [
        _row(shape, rows, count, fit, time_lanes(shape, samples, validation, count))
        for count in LANES
    ]


def _samples(role: str, rows: int) -> Samples:
    rng = np.random.default_rng(seed("speed", role, rows))
    return simulate(rows, rng, offset=FAULT if role == "train" else NO_FAULT)


def _row(shape: networks.Shape, rows: int, count: int, fit: Timing, lane: Timing) -> dict[str, Any]:
    return {
        **asdict(shape),
        "rows": rows,
        "lanes": count,
        "fit_ms_per_epoch": 1e3 * fit.epoch,
        "fit_compilation_s": fit.compilation,
        "lane_us_per_epoch": 1e6 * lane.epoch,
        "lane_us_per_step": 1e6 * lane.epoch / -(-rows // BATCH),
        "lane_compilation_s": lane.compilation,
        "ratio": fit.epoch / lane.epoch,
        "ratio_with_compilation": fit.training(LONG, 1) / lane.training(LONG, count),
    }


def time_fit(shape: networks.Shape, samples: Samples, validation: Samples) -> Timing:
    """`model.fit`, the usual way: one network; the median epoch after a first one to warm up."""
    model = networks.build(shape)
    model.compile(keras.optimizers.Nadam(RATE), keras.losses.MeanSquaredError())
    clock = _EpochClock()
    model.fit(
        *_float32(samples),
        batch_size=BATCH,
        epochs=1 + FIT_EPOCHS,
        validation_data=_float32(validation),
        callbacks=[clock],
        verbose=0,
    )
    first, *others = np.diff(clock.times)
    return Timing(float(np.median(others)), float(first - np.median(others)))


class _EpochClock(keras.callbacks.Callback):
    """When the training began, and when each epoch ended, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.times.append(time.perf_counter())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.times.append(time.perf_counter())


def time_lanes(shape: networks.Shape, samples: Samples, validation: Samples, count: int) -> Timing:
    """The same with lanes: so many networks at once, validated after every epoch."""
    program = lanes.Program(shape, "nadam", BATCH)
    lanes.block.cache_clear()
    compilation = _seconds(program, shape, samples, validation, count, epochs=1)
    probe = _seconds(program, shape, samples, validation, count, epochs=4)
    epochs = max(4, int(4 * LANE_SECONDS / probe))
    seconds = _seconds(program, shape, samples, validation, count, epochs)
    return Timing(seconds / epochs / count, max(0.0, compilation - seconds / epochs))


def _seconds(
    program: lanes.Program,
    shape: networks.Shape,
    samples: Samples,
    validation: Samples,
    count: int,
    epochs: int,
) -> float:
    """Wall time of training so many lanes for so many epochs, from start to result."""
    work = [
        lanes.Lane(
            samples=samples,
            weights=networks.initial_weights(
                shape, np.random.default_rng(number), EQUIVARIANT_STDDEV
            ),
            learning_rate=RATE,
            loss="mse",
            order_seed=number,
            epochs=epochs,
            patience=epochs,
        )
        for number in range(count)
    ]
    begin = time.perf_counter()
    lanes.train(program, work, lanes.Training(validation, -(-len(samples.X) // BATCH)))
    return time.perf_counter() - begin


def _float32(samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    return samples.X.astype(np.float32), samples.Y.astype(np.float32)
