"""Baselines are fitted to a repetition's samples and scored as networks are."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bench.baselines import fitted
from bench.scores import Outcome
from study import forward, samples
from study.conditions import BASELINES
from study.data import Data
from study.design import Cell, Protocol, Request, Training
from study.space import NONE


def training(name: str, augmented: bool = False, corrected: bool = False, repetition: int = 1):
    cell = Cell(20, corrected, name, augmented, "baselines")
    return Training(Request(cell, repetition, "fitted", 0), NONE, 0, Protocol(0))


@pytest.fixture
def fit(data) -> Callable[..., Outcome]:
    """Fit a baseline to data."""

    def fit(*names: object, on: Data = data, **others: object) -> Outcome:
        one = training(*names, **others)
        return fitted(one, samples.shown(on, one, root_seed=1))

    return fit


def test_the_scores_are_those_of_the_least_squares_of_the_repetition(fit, data):
    seen = samples.shown(data, training("least_squares"), 1)
    X, Y = seen.train
    W = np.linalg.solve(X.T @ X, X.T @ Y)
    for rows in (seen.validation, seen.test):
        assert rows is not None
    outcome = fit("least_squares")
    assert outcome.test_mse == pytest.approx(np.mean((data.test.X @ W - data.test.Y) ** 2))
    off = seen.validation.X @ W - seen.validation.Y
    assert outcome.validation_mse == pytest.approx(np.mean(off**2))
    assert (outcome.status, outcome.reason, outcome.parameters) == ("sound", "", 8)
    assert (outcome.weights, outcome.curve, outcome.orbit_mse) == (None, None, None)


def test_repetitions_differ(fit):
    assert len({fit("least_squares", repetition=r).test_mse for r in (0, 1, 2)}) == 3


@pytest.mark.parametrize(("name", "augmented"), BASELINES)
def test_every_baseline_can_be_fitted(fit, name, augmented):
    outcome = fit(name, augmented, corrected=True)
    assert outcome.validation_mse < (0.5 if name == "zero" else 0.1)
    assert outcome.test_distance_mm > 0


def test_the_middle_of_the_bag_has_no_spread_and_is_no_failure(fit):
    outcome = fit("zero")
    assert (outcome.status, outcome.output_spread, outcome.parameters) == ("sound", 0, 0)


def test_copies_make_another_gaussian_process(fit):
    assert fit("gaussian_process", True).test_mse < fit("gaussian_process", False).test_mse


def test_a_correction_helps_what_inverts_the_forward_model(fit):
    faulty, corrected = (fit("inverse_model", corrected=one) for one in (False, True))
    assert corrected.test_mse < faulty.test_mse
    assert corrected.parameters == forward.PARAMETERS


def test_without_a_test_file_there_are_halves_to_choose_by_and_to_score_by(fit, data):
    """Repetition 0 is of the files themselves: nothing scores it."""
    without = replace(data, test=None, checksum="without")
    assert fit("least_squares", on=without).test_mse is not None
    assert fit("least_squares", on=without, repetition=0).test_mse is None
