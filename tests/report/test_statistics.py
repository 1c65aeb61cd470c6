"""Numbers small enough to check by hand, then SciPy as an oracle, then what they promise."""

import numpy as np
import pytest
from scipy import stats

from report import statistics


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_interval_of_three_values_by_hand():
    mean, low, high = statistics.t_interval([1.0, 2.0, 3.0])

    # Student's t with 2 degrees of freedom leaves 2.5 % above 4.3027; standard error 1/sqrt(3)
    assert mean == pytest.approx(2)
    assert high - mean == pytest.approx(4.3027 / np.sqrt(3), rel=1e-4)
    assert mean - low == pytest.approx(high - mean)


def test_interval_agrees_with_scipy_column_by_column():
    values = rng().normal(size=(9, 4))
    interval = statistics.t_interval(values, level=0.9)
    expected = stats.t.interval(0.9, 8, values.mean(axis=0), stats.sem(values))
    np.testing.assert_allclose((interval.low, interval.high), expected)


def test_interval_of_equal_values_has_no_width():
    assert statistics.t_interval([0.5, 0.5, 0.5]) == pytest.approx((0.5, 0.5, 0.5))


def test_one_draw_has_a_mean_but_no_interval_and_none_has_neither():
    one = statistics.t_interval([[2.0, 3.0]])
    np.testing.assert_array_equal(one.mean, [2, 3])
    assert np.isnan([one.low, one.high]).all()
    assert np.isnan(statistics.t_interval(np.empty((0, 2)))).all()


def test_interval_covers_the_truth_as_often_as_it_says():
    samples = rng(3).normal(loc=0.3, size=(5, 4000))
    interval = statistics.t_interval(samples)
    covered = np.mean((interval.low < 0.3) & (interval.high > 0.3))
    assert covered == pytest.approx(0.95, abs=0.012)


def test_geometric_mean_of_one_and_a_hundred_is_ten():
    assert statistics.geometric_interval([1.0, 100.0]).mean == pytest.approx(10)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1.0, 1.0, 1.0], 2 / 8),  # only +++ and --- are as extreme
        ([1.0, -1.0], 1.0),  # the sum is 0: nothing is less extreme
        ([3.0, 1.0], 2 / 4),  # sums 4, 2, -2, -4
        ([1.0, 2.0, -3.0], 1.0),
        ([0.0, 0.0, 0.0], 1.0),
        ([0.1, 0.2, 0.3, 0.7], 2 / 16),  # sums that are equal but for rounding count
    ],
)
def test_sign_flips_by_hand(differences, p):
    assert statistics.sign_flip_p(differences, rng()) == p


def test_exact_sign_flips_agree_with_scipy():
    differences = rng(1).normal(loc=0.4, size=10)
    oracle = stats.permutation_test((differences,), np.mean, permutation_type="samples")
    assert statistics.sign_flip_p(differences, rng()) == pytest.approx(oracle.pvalue)


def test_random_sign_flips_come_close_to_the_exact_ones(monkeypatch):
    differences = rng(2).normal(loc=0.3, size=(12, 3))
    exact = statistics.sign_flip_p(differences, rng())
    monkeypatch.setattr(statistics, "EXACT_FLIPS", 1)
    np.testing.assert_allclose(statistics.sign_flip_p(differences, rng()), exact, atol=0.005)


def test_random_sign_flips_are_never_zero_and_depend_on_the_seed_only():
    sure = np.ones(30)
    assert statistics.sign_flip_p(sure, rng()) == 1 / (statistics.RANDOM_FLIPS + 1)

    unsure = rng(4).normal(size=30)
    first, again, other = (float(statistics.sign_flip_p(unsure, rng(n))) for n in (1, 1, 2))
    assert first == again != other


def test_one_draw_tests_nothing():
    assert np.isnan(statistics.sign_flip_p([[1.0, 2.0]], rng())).all()


def test_sign_flips_reject_true_null_hypotheses_no_more_often_than_they_say():
    p = statistics.sign_flip_p(rng(5).normal(size=(8, 2000)), rng())
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("draws", [2, 3, 10, 16, 17, 30])
def test_smallest_p_is_what_equal_differences_give(draws):
    expected = statistics.sign_flip_p(np.ones(draws), rng())
    assert statistics.smallest_p(draws) == pytest.approx(expected, abs=2e-4)


def test_holm_by_hand():
    np.testing.assert_allclose(statistics.holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(statistics.holm([0.5, 0.9]), [1, 1])


def test_holm_passes_over_what_was_not_tested():
    np.testing.assert_allclose(statistics.holm([np.nan, 0.02, 0.01]), [np.nan, 0.02, 0.02])
    assert np.isnan(statistics.holm([np.nan])).all()


def test_holm_makes_no_family_more_significant_and_keeps_its_order():
    p = rng(6).uniform(size=20)
    adjusted = statistics.holm(p)
    assert (adjusted >= p).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


def test_factorial_contrasts_take_apart_what_they_were_put_together_from():
    architecture, augmentation, interaction = -0.8, -0.3, 0.4
    logs = [  # standard raw, standard augmented, equivariant raw, equivariant augmented
        -architecture / 2 - augmentation / 2 + interaction / 4,
        -architecture / 2 + augmentation / 2 - interaction / 4,
        architecture / 2 - augmentation / 2 - interaction / 4,
        architecture / 2 + augmentation / 2 + interaction / 4,
    ]
    effects = {name: np.dot(weights, logs) for name, weights in statistics.FACTORIAL.items()}
    expected = {
        "architecture": architecture,
        "augmentation": augmentation,
        "interaction": interaction,
    }
    assert effects == pytest.approx(expected)


def test_interaction_is_the_ratio_of_augmentations_two_effects():
    logs = np.log([0.020, 0.005, 0.006, 0.003])  # a quarter for standard, a half for equivariant
    ratio = statistics.percent(np.dot(statistics.FACTORIAL["interaction"], logs))
    assert ratio == pytest.approx(100)  # a half is twice a quarter


def test_percent_of_log_ratios():
    np.testing.assert_allclose(statistics.percent(np.log([0.5, 1, 3])), [-50, 0, 200], atol=1e-12)


def test_quartiles_of_a_few_values():
    assert statistics.quartiles([3, 1, 2, 4, 5]) == (2, 3, 4)
    assert statistics.quartiles([4, 1, 2, 8]) == (1.5, 3, 6)
    assert statistics.quartiles([7]) == (7, 7, 7)
    assert statistics.quartiles([1, 2, np.inf, np.inf]) == (1.5, np.inf, np.inf)
