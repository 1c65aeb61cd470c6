"""The forward model: its flows, their slopes, and fits of it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from study import forward
from study.bag import SQUARE
from study.data import Samples
from study.fitting import Fit, fit
from study.forward import FITTED, ForwardModel, normalised
from study.simulate import FAULT, NOISE, simulate

OTHER = ForwardModel(scale=1.1, softening=0.5, decay=1.2, background=0.1)


def positions(n: int = 200, seed: int = 1, reach: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-reach, reach, (n, 2))


# The model


def test_the_flows_by_hand():
    """Ports at the corners of the square of side 2, w = 1 / (d^2 + 1): 1/3, 1/3, 1/3, 1/3 ..."""
    model = ForwardModel(scale=1.0, softening=1.0, decay=1.0, background=0.0)
    assert_allclose(model.flows(np.zeros(2)), [0.25] * 4)
    # From the corner (1, 1), squared distances are 4, 0, 4, 8: w = 1/5, 1, 1/5, 1/9.
    w = np.array([1 / 5, 1, 1 / 5, 1 / 9])
    assert_allclose(model.flows(np.array([1.0, 1.0])), w / w.sum())


def test_moved_leaks_have_moved_flows():
    Y = positions()
    flows, moved = SQUARE.group.copies(FITTED.flows(Y), Y)
    assert_allclose(FITTED.flows(moved), flows, rtol=0, atol=1e-15)


@pytest.mark.parametrize("model", [FITTED, OTHER], ids=["bag", "other"])
def test_slopes_are_derivatives(model):
    Y, h = positions(20), 1e-6
    flows, slopes = model.flows_and_slopes(Y)
    assert_allclose(flows.T, model.flows(Y), rtol=1e-12)
    for slope, step in zip(slopes, h * np.eye(2), strict=True):
        difference = (model.flows(Y + step) - model.flows(Y - step)) / (2 * h)
        assert_allclose(slope.T, difference, atol=1e-8)


@pytest.mark.parametrize("model", [FITTED, OTHER], ids=["bag", "other"])
def test_parameter_slopes_are_derivatives_by_logarithms(model):
    Y, h, logs = positions(20), 1e-6, np.log(model.parameters)

    def flows(step: np.ndarray) -> np.ndarray:
        return ForwardModel(*np.exp(logs + step)).flows(Y)

    for slope, step in zip(model.parameter_slopes(Y), h * np.eye(4), strict=True):
        assert_allclose(slope, (flows(step) - flows(-step)) / (2 * h), atol=1e-8)


def test_an_offset_by_hand():
    assert_allclose(
        forward.offset(np.array([0.1, 0.2, 0.3, 0.4]), 3, 0.25), [0.08, 0.16, 0.24, 0.52]
    )


@pytest.mark.parametrize(
    "layout", [np.ascontiguousarray, np.asfortranarray], ids=["rows", "columns"]
)
def test_flows_are_normalised_by_a_sum_from_left_to_right(layout):
    """Any other order, as a vector unit's, gives other last bits to a quarter of these rows."""
    flows = np.random.default_rng(3).random((500, 4))
    expected = [
        [x / (((row[0] + row[1]) + row[2]) + row[3]) for x in row] for row in flows.tolist()
    ]
    assert normalised(layout(flows)).tolist() == expected
    assert [normalised(row).tolist() for row in flows] == expected


# Fits


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
