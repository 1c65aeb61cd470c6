"""Calibrating a network's search radius so that it holds the leak with 90 % probability.

Split conformal prediction: calibrated on rows that neither trained nor chose the network, the
radius holds 90 % of new leaks, whatever the network and however wrong the forward model. How it
differs between centre, edges and corners is learnt from leaks that the forward model imagines.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from study import fitting
from study.calibration import COVERAGE, REGIONS, Calibration, region
from study.data import Data, Samples
from study.errors import StudyError
from study.forward import Floats
from study.inverse import nearest
from study.seeds import seed
from study.simulate import simulate
from study.symmetry import Predictor

FEWEST = 20  # rows that can calibrate a radius
# The forward model leaves 0.011 a flow of rows in the right convention, 0.025 where a sensor reads
# 0.05 too high, and 0.13 or more in a wrong one.
MOST_NOISE = 0.06
IMAGINED = 20_000
ROUNDS = 40
# A radius should hold nine leaks of ten among those that are in a region, and among those whose
# flows point there. Both cannot be had: noise makes leaks elsewhere look as if in a corner.
BY_TRUTH = 0.8


def halves(samples: Samples) -> tuple[Samples, Samples]:
    """Rows that calibrate, and rows that measure the coverage: halves of a file, by a seed."""
    order = np.random.default_rng(seed("calibration")).permutation(len(samples.X))
    first, second = np.array_split(order, 2)
    return (
        Samples(samples.X[first], samples.Y[first]),
        Samples(samples.X[second], samples.Y[second]),
    )


def calibrating(data: Data) -> tuple[Samples, str]:
    """The rows of a study's data that calibrate its networks, and which they are (of SOURCES).

    Half of the test file, or the validation rows where there is none, or too small a one.
    """
    if data.test and len(data.test.X) >= 2 * FEWEST:
        return halves(data.test)[0], "test"
    return data.validation, "validation"


def calibrator(samples: Samples, source: str, checksum: str) -> Callable[[Predictor], Calibration]:
    """What calibrates networks on these rows. Raises StudyError where they can't."""
    if len(samples.X) < FEWEST:
        raise StudyError(
            f"expected at least {FEWEST} rows to calibrate the search radius, found "
            f"{len(samples.X)}; give a file with more of them"
        )
    fit = fitting.fit(samples)
    if not 0 < fit.noise < MOST_NOISE:
        raise StudyError(
            f"expected rows of single leaks with noise, of which the bag's model leaves about 0.01 "
            f"a flow, found {fit.noise:.3g}; are the sensors in order, and does y count upwards?"
        )
    rng = np.random.default_rng(seed("imagined leaks"))
    imagined = simulate(IMAGINED, rng, model=fit.model, noise=fit.noise)

    def calibrate(network: Predictor) -> Calibration:
        one = Calibration(
            radii=(1.0,) * len(REGIONS),
            forward=fit.model.parameters,
            noise=fit.noise,
            rows=len(samples.X),
            source=source,
            checksum=checksum,
        )
        errors, seeming = _seen(one, network, samples)
        if not np.isfinite(errors).all():
            raise StudyError(
                "expected a network that gives a position for every row, found one that gives none "
                "(not a number); train it again, or name another"
            )
        shaped = replace(one, radii=_shape(*_seen(one, network, imagined), region(imagined.Y)))
        scores = np.sort(errors / np.array(shaped.radii)[seeming])
        rank = math.ceil((len(scores) + 1) * COVERAGE)  # of a new leak's score, in 9 of 10 cases
        return replace(shaped, radii=tuple((scores[rank - 1] * np.array(shaped.radii)).tolist()))

    return calibrate


def holds(calibration: Calibration, network: Predictor, samples: Samples) -> np.ndarray:
    """Whether the radius (n,) around each of the network's answers holds the leak."""
    errors, seeming = _seen(calibration, network, samples)
    held: np.ndarray = errors <= np.array(calibration.radii)[seeming]
    return held


def _seen(one: Calibration, network: Predictor, samples: Samples) -> tuple[Floats, np.ndarray]:
    """The network's errors (n,), in units of y, and the region (n,) to which the flows point."""
    predicted = network(samples.X)
    seeming = nearest(one.model, samples.X, predicted)
    return np.hypot(*(predicted - samples.Y).T), region(seeming)


def _shape(errors: Floats, seeming: np.ndarray, true: np.ndarray) -> tuple[float, ...]:
    """The radius for each region to which flows point.

    errors, seeming, true (n,): errors, regions to which the flows point, and regions of the leaks.
    In each round the radius of a region grows with the share of leaks that are not held there.
    """
    radii = np.full(len(REGIONS), np.quantile(errors, COVERAGE))
    for _ in range(ROUNDS):
        held = errors <= radii[seeming]
        shares = [
            BY_TRUTH * held[true == k].mean() + (1 - BY_TRUTH) * held[seeming == k].mean()
            for k in range(len(REGIONS))
        ]
        radii = radii * np.exp(COVERAGE - np.array(shares))
    return tuple(radii.tolist())
