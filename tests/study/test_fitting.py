"""The forward model fitted to samples, with the offset of a sensor or without."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from study import forward
from study.data import Samples
from study.fitting import Fit, fit
from study.forward import FITTED, ForwardModel
from study.simulate import FAULT, NOISE, simulate
from tests.study.bags import OTHERS

OTHER = ForwardModel(scale=1.1, softening=0.5, decay=1.2, background=0.1)


def positions(n: int = 200, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (n, 2))


def linearised(samples: Samples, found: Fit, sensor: int) -> tuple[np.ndarray, np.ndarray]:
    """Residuals (4 n,) of a fit, and their derivatives (4 n, 5), exact by complex steps."""

    def residuals(parameters: np.ndarray) -> np.ndarray:
        flows = ForwardModel(*parameters[:4]).flows(samples.Y)
        return (samples.X - forward.offset(flows, sensor, parameters[4])).ravel()

    at = np.array([*found.model.parameters, found.offset])
    slopes = [residuals(at + step).imag / 1e-20 for step in 1e-20j * np.eye(5)]
    return residuals(at), np.transpose(slopes)


def offset_is_off_by(samples: Samples, found: Fit, sensor: int) -> float:
    """How far one more Gauss-Newton step would move the offset."""
    residuals, slopes = linearised(samples, found, sensor)
    return abs(np.linalg.lstsq(slopes, residuals)[0][-1])


def test_a_fit_finds_the_model_that_made_the_flows():
    Y = positions(50)
    found = fit(Samples(OTHER.flows(Y), Y))
    assert_allclose(found.model.parameters, OTHER.parameters, rtol=1e-4)
    assert found.squares < 1e-10
    assert found.freedom == 3 * 50 - 4
    assert (found.offset, found.offset_error) == (0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_flows_that_are_equal_everywhere_can_be_fitted(seed):
    """As if the ports were far away: the residuals, and with them all slopes, become zero."""
    samples = Samples(np.full((10, 4), 0.25), positions(10, seed))
    assert fit(samples).squares == pytest.approx(0, abs=1e-12)
    assert fit(samples, 2).offset == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("sensor", range(4))
@pytest.mark.parametrize("size", [0.05, -0.03])
def test_a_fit_finds_the_offset_beside_the_model(sensor, size):
    Y = positions(50)
    found = fit(Samples(forward.offset(FITTED.flows(Y), sensor, size), Y), sensor)
    assert found.offset == pytest.approx(size, abs=1e-6)


@pytest.mark.parametrize("m", [25, 100, 1000])
@pytest.mark.parametrize("start", [FITTED, OTHER], ids=["bag", "other"])
def test_an_offset_is_found_to_ten_decimals(m, start):
    """Wherever the search began: what is rounded to four decimals is the same on every machine."""
    samples = simulate(m, np.random.default_rng(m), offset=FAULT)
    found = fit(samples, 3, start)
    assert offset_is_off_by(samples, found, 3) < 1e-10
    assert found.offset == pytest.approx(fit(samples, 3).offset, abs=1e-10)


@pytest.mark.parametrize("m", [100, 1000])
@pytest.mark.parametrize("start", [FITTED, OTHER], ids=["bag", "other"])
def test_the_offset_of_the_real_data_is_found_to_ten_decimals(real, m, start):
    samples = real.train[m]
    assert offset_is_off_by(samples, fit(samples, 3, start), 3) < 1e-10


def test_an_offsets_standard_error_is_that_of_least_squares():
    samples = simulate(100, np.random.default_rng(1), offset=FAULT)
    found = fit(samples, 3)
    residuals, slopes = linearised(samples, found, 3)
    covariance = np.linalg.inv(slopes.T @ slopes) * np.square(residuals).sum() / (300 - 5)
    assert found.offset_error == pytest.approx(np.sqrt(covariance[-1, -1]), rel=1e-6)


def test_the_noise_is_that_of_the_simulation():
    found = fit(simulate(2000, np.random.default_rng(1)))
    assert found.noise == pytest.approx(NOISE, rel=0.05)


@pytest.mark.parametrize("bag", OTHERS.values(), ids=OTHERS)
def test_any_bags_model_and_offset_are_found(bag):
    """Flows without noise, of another model than the search begins with; residuals vanish."""
    Y = np.random.default_rng(1).uniform(bag.low, bag.high, (60, 2))
    flows = replace(OTHER, bag=bag).flows(Y)
    start = replace(FITTED, bag=bag)
    found = fit(Samples(flows, Y), start=start)
    assert_allclose(found.model.flows(Y), flows, rtol=0, atol=1e-6)
    assert found.model.bag is bag
    assert found.freedom == (bag.flows - 1) * 60 - 4
    last = bag.flows - 1
    with_offset = fit(Samples(forward.offset(flows, last, 0.04), Y), last, start)
    assert with_offset.offset == pytest.approx(0.04, abs=1e-5)
    assert with_offset.freedom == found.freedom - 1
