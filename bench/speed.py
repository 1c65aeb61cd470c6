"""The same training by `model.fit`, by scikit-learn and by the loop: how many times faster is it?

All have the whole machine: `model.fit` and scikit-learn for one network, the loop for several side
by side. They take turns in several rounds, and ratios are taken within a round: what slows the
machine down for a while slows all of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.neural_network import MLPRegressor

from bench.stopwatch import Stopwatch
from study import lanes, places
from study.architectures import Shape
from study.bag import SQUARE
from study.files import write_whole
from study.lanes import BLOCK, Lane, Pairs
from study.quiet import keras_networks
from study.seeds import seed
from study.simulate import FAULT, NO_FAULT, simulate
from study.space import EQUIVARIANT_STDDEV

if TYPE_CHECKING:
    import keras

Seconds = NDArray[np.float64]

BATCH = 32
RATE = 1e-3
VALIDATION_ROWS = 1000
NETWORKS = 64  # side by side in the loop

ROUNDS = 5
FIT_EPOCHS = 4  # of `model.fit` in a round, besides a first one
SKLEARN_EPOCHS = 20  # in a round
LOOP_SECONDS = 0.75  # in a round, or up to twice as long


class Case(NamedTuple):
    """A network, and the number of rows that it is trained on."""

    shape: Shape
    rows: int

    @property
    def steps(self) -> int:
        """Optimiser steps of an epoch."""
        return -(-self.rows // BATCH)


SHAPES = (Shape("standard", 2, 16, "elu"), Shape("equivariant", 8, 4, "elu"))
CASES = [Case(shape, rows) for shape, rows in product(SHAPES, (100, 1000, 8000))]


def speed(options: argparse.Namespace) -> Generator[str, None, int]:
    """Measure, and write speed.csv, in lines to print; returns the exit code."""
    path, rows = options.out / "speed.csv", []
    places.check([path])
    for row in measure(options.workers):
        rows.append(row)
        yield (
            f"{row['architecture']}, {row['rows']} rows, an epoch: model.fit {row['fit_ms']:.0f} "
            f"ms, the loop {row['loop_us']:.1f} us, {row['ratio_fit']:.0f} times as fast"
        )
    options.out.mkdir(parents=True, exist_ok=True)
    yield f"wrote {write_whole(path, pd.DataFrame(rows).to_csv(index=False))}"
    return 0


def measure(threads: int) -> Iterator[dict[str, Any]]:
    """A row for each case; the loop trains in so many threads."""
    compilation = compilation_seconds()
    first_step_seconds()  # loads the loop, so that no turn has to
    with ThreadPoolExecutor(threads) as pool:
        for case in CASES:
            by_keras, by_sklearn = keras_model(case.shape), sklearn_model(case.shape)
            first = fit_seconds(by_keras, case, 1)[0]
            epochs = enough_epochs(case, pool)
            rounds = [
                (
                    np.median(fit_seconds(by_keras, case, 1 + FIT_EPOCHS)[1:]),
                    np.median(sklearn_seconds(by_sklearn, case, SKLEARN_EPOCHS)),
                    loop_seconds(case, epochs, pool) / (epochs * NETWORKS),
                )
                for _ in range(ROUNDS)
            ]
            yield {
                **_summary(case, *np.transpose(rounds)),
                "threads": threads,
                "fit_first_epoch_s": first,
                "loop_compilation_s": compilation,
            }


def _summary(case: Case, fit: Seconds, sklearn: Seconds, loop: Seconds) -> dict[str, Any]:
    """What a row says of the times of an epoch of one network in each round (rounds,)."""
    shape, ratios = case.shape, fit / loop
    return {
        "architecture": shape.architecture,
        "depth": shape.depth,
        "width": shape.width,
        "rows": case.rows,
        "networks": NETWORKS,
        "fit_ms": 1e3 * np.median(fit),
        "sklearn_ms": 1e3 * np.median(sklearn),
        "loop_us": 1e6 * np.median(loop),
        "ratio_fit": np.median(ratios),
        "ratio_fit_min": ratios.min(),
        "ratio_fit_max": ratios.max(),
        "ratio_sklearn": np.median(sklearn / loop),
    }


# Keras


def keras_model(shape: Shape) -> keras.Model:
    """A network to be trained as Keras does by default."""
    model = keras_networks().build(shape)
    import keras  # which it has loaded; no other command should wait for it

    model.compile(keras.optimizers.Nadam(RATE), keras.losses.MeanSquaredError())
    return model


def fit_seconds(model: keras.Model, case: Case, epochs: int) -> Seconds:
    """Seconds of each further epoch (epochs,) of `model.fit`, validation included."""
    from keras.callbacks import LambdaCallback

    times: list[float] = []
    clock = LambdaCallback(
        on_train_begin=lambda logs: times.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()),
    )
    model.fit(
        *samples("train", case.rows),
        batch_size=BATCH,
        epochs=epochs,
        validation_data=samples("validation", VALIDATION_ROWS),
        callbacks=[clock],
        verbose=0,
    )
    return np.diff(times)


# scikit-learn


def sklearn_model(shape: Shape) -> MLPRegressor | None:
    """The nearest that scikit-learn has: tanh for ELU, Adam for Nadam. No equivariant network."""
    if shape.architecture != "standard":
        return None
    return MLPRegressor(
        hidden_layer_sizes=(shape.width,) * shape.depth,
        activation="tanh",
        solver="adam",
        alpha=0.0,
        batch_size=BATCH,
        learning_rate_init=RATE,
    )


def sklearn_seconds(model: MLPRegressor | None, case: Case, epochs: int) -> Seconds:
    """Seconds of each further epoch (epochs,), and of predicting the validation rows after it.

    NaN without a model.
    """
    if model is None:
        return np.full(epochs, np.nan)
    X, Y = samples("train", case.rows)
    seconds = []
    for _ in range(epochs):
        with Stopwatch() as watch:
            model.partial_fit(X, Y)
            model.predict(samples("validation", VALIDATION_ROWS)[0])
        seconds.append(watch.seconds)
    return np.array(seconds)


# The loop


def loop_seconds(case: Case, epochs: int, pool: ThreadPoolExecutor) -> float:
    """Seconds for which all networks are trained, block by block, for so many epochs."""
    blocks = [
        [lane(case, number, epochs) for number in range(first, min(first + BLOCK, NETWORKS))]
        for first in range(0, NETWORKS, BLOCK)
    ]
    with Stopwatch() as watch:
        for _ in pool.map(lambda block: train(case, block), blocks):
            pass
    return watch.seconds


def enough_epochs(case: Case, pool: ThreadPoolExecutor) -> int:
    """Epochs that keep the loop busy for LOOP_SECONDS or up to twice as long."""
    epochs = 1
    while loop_seconds(case, epochs, pool) < LOOP_SECONDS:
        epochs *= 2
    return epochs


def compilation_seconds() -> float:
    """Seconds that compiling the loop takes, once a machine: here in a process without a cache."""
    program = "from bench.speed import first_step_seconds; print(first_step_seconds())"
    with tempfile.TemporaryDirectory() as cache_folder:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "NUMBA_CACHE_DIR": cache_folder},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return float(done.stdout)


def first_step_seconds() -> float:
    """Seconds of a block's first step: it is compiled, or read from the cache, before."""
    case = Case(SHAPES[0], BATCH)
    block = [lane(case, number, epochs=1) for number in range(BLOCK)]
    with Stopwatch() as watch:
        train(case, block)
    return watch.seconds


def train(case: Case, block: list[Lane]) -> None:
    """Train a block of the case's networks."""
    lanes.train(case.shape.ties, BATCH, block, SQUARE.group)


def lane(case: Case, number: int, epochs: int) -> Lane:
    """The network with this number, to be trained for so many epochs and validated after each."""
    rng = np.random.default_rng(number)
    return Lane(
        samples=samples("train", case.rows),
        validation=samples("validation", VALIDATION_ROWS),
        weights=case.shape.start(rng, EQUIVARIANT_STDDEV),
        activation=case.shape.activation,
        optimizer="nadam",
        loss="mse",
        learning_rate=RATE,
        seed=number,
        steps=epochs * case.steps,
        gap=case.steps,
    )


# What all train on


@cache
def samples(role: str, rows: int) -> Pairs:
    """Simulated samples, of which those for training have the sensor's fault; in float32."""
    rng = np.random.default_rng(seed("speed", role, rows))
    drawn = simulate(rows, rng, offset=FAULT if role == "train" else NO_FAULT)
    return drawn.X.astype(np.float32), drawn.Y.astype(np.float32)
