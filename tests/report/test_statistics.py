"""Numbers small enough to check by hand, then SciPy as an oracle, then what they promise."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from report import statistics
from report.statistics import Interval


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_interval_of_three_values_by_hand():
    mean, low, high = statistics.t_interval([1.0, 2.0, 3.0])

    # Student's t with 2 degrees of freedom leaves 2.5 % above 4.3027; standard error 1/sqrt(3)
    assert mean == pytest.approx(2)
    assert high - mean == pytest.approx(4.3027 / np.sqrt(3), rel=1e-4)
    assert mean - low == pytest.approx(high - mean)


def test_interval_agrees_with_scipy():
    values = rng().normal(size=9)
    _, *ends = statistics.t_interval(values.tolist())
    assert ends == pytest.approx(stats.t.interval(0.95, 8, values.mean(), stats.sem(values)))


def test_an_interval_holds_what_lies_between_its_ends():
    held = [Interval(2.0, 1.0, 3.0).holds(value) for value in (0.9, 1.0, 2.5, 3.1)]
    assert held == [False, True, True, False]
    assert not Interval(2.0, np.nan, np.nan).holds(2.0)


def test_interval_of_equal_values_has_no_width():
    assert statistics.t_interval([0.5, 0.5, 0.5]) == pytest.approx((0.5, 0.5, 0.5))


def test_one_value_has_a_mean_but_no_interval_and_none_has_neither():
    mean, *ends = statistics.t_interval([2.0])
    assert mean == 2
    assert np.isnan(ends).all()
    assert np.isnan(statistics.t_interval([])).all()


def test_interval_covers_the_truth_as_often_as_it_says():
    samples = rng(3).normal(loc=0.3, size=(4000, 5))
    intervals = [statistics.t_interval(row) for row in samples.tolist()]
    covered = np.mean([one.low < 0.3 < one.high for one in intervals])
    assert covered == pytest.approx(0.95, abs=0.012)


def test_a_higher_level_makes_a_wider_interval_about_the_same_mean():
    _, low, _ = statistics.t_interval([1.0, 2.0, 3.0], 0.99)
    # Student's t with 2 degrees of freedom leaves 0.5 % above 9.9248
    assert 2 - low == pytest.approx(9.9248 / np.sqrt(3), rel=1e-4)


def test_shared_rows_widen_the_interval_as_nadeau_and_bengio_have_it():
    """A tenth shared, three values: the variance 1/3 + 0.1/0.9 in place of 1/3."""
    alone, shared = (statistics.t_interval([1.0, 2.0, 3.0], shared=part) for part in (0.0, 0.1))
    wider = (shared.high - shared.mean) / (alone.high - alone.mean)
    assert wider == pytest.approx(np.sqrt((1 / 3 + 0.1 / 0.9) / (1 / 3)))


def test_where_all_rows_are_shared_there_is_no_interval():
    mean, *ends = statistics.t_interval([1.0, 2.0, 3.0], shared=1.0)
    assert mean == 2
    assert np.isnan(ends).all()


def test_the_correction_for_shared_rows_restores_the_coverage():
    """Correlated values of an equicorrelated normal: half of the variance is common to all."""
    draws = rng(8)
    common, own = draws.normal(size=(4000, 1)), draws.normal(size=(4000, 10))
    rows = (np.sqrt(0.5) * (common + own)).tolist()
    covered = [
        np.mean(
            [
                one.low < 0 < one.high
                for one in (statistics.t_interval(row, shared=s) for row in rows)
            ]
        )
        for s in (0.0, 0.5)
    ]
    assert covered[0] < 0.6
    assert covered[1] == pytest.approx(0.95, abs=0.012)


def test_a_family_of_intervals_shares_its_level():
    assert statistics.bonferroni(0.95, 50) == pytest.approx(0.999)
    assert statistics.bonferroni(0.95, 0) == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("ends", "n", "told"),
    [
        ((-0.3, -0.1), 30, "lower"),
        ((0.1, 0.3), 30, "higher"),
        ((-0.02, 0.03), 30, "equal"),  # log 1.05 is 0.0488
        ((-0.05, 0.03), 30, "open"),  # one end is beyond the margin
        ((-0.03, -0.01), 30, "lower"),  # within the margin, but not zero
        ((-0.3, -0.1), 5, "too few"),
        ((np.nan, np.nan), 30, "too few"),
    ],
)
def test_the_verdict_is_read_off_the_interval(ends, n, told):
    assert statistics.verdict(Interval(float(np.mean(ends)), *ends), n, margin=5) == told


def test_a_change_within_the_margin_is_so_on_both_sides():
    assert statistics.within(Interval(0.0, -0.048, 0.048), 5)
    assert not statistics.within(Interval(0.0, -0.049, 0.0), 5)
    assert not statistics.within(Interval(0.0, 0.0, 0.049), 5)


def test_what_thirty_pairs_find_agrees_with_statsmodels():
    for n, level in ((30, 0.95), (12, 0.999)):
        effect = TTestPower().solve_power(nobs=n, alpha=1 - level, power=0.8)
        assert statistics.detectable(1.0, n, level) == pytest.approx(effect, rel=1e-4)


@pytest.mark.parametrize(("n", "level"), [(30, 0.9998), (1000, 0.9998), (6, 0.99)])
def test_what_is_detectable_is_found_four_times_in_five(n, level):
    """At such levels statsmodels is two per cent off; the noncentral t itself says so."""
    away = statistics.detectable(1.0, n, level) * np.sqrt(n)
    critical = stats.t.ppf((1 + level) / 2, n - 1)
    assert stats.nct.sf(critical, n - 1, away) == pytest.approx(0.8, abs=1e-6)


def test_the_repetitions_needed_find_what_they_promise():
    pairs = statistics.needed(1.0, 0.25)
    assert pairs == np.ceil(TTestPower().solve_power(effect_size=0.25, alpha=0.05, power=0.8))
    assert (
        statistics.detectable(1.0, int(pairs)) <= 0.25 < statistics.detectable(1.0, int(pairs) - 1)
    )
    assert statistics.needed(1.0, 1e-6) == np.inf
    assert statistics.needed(1e-3, 10.0) == statistics.FEWEST


def test_geometric_mean_of_one_and_a_hundred_is_ten():
    assert statistics.geometric_interval([1.0, 100.0], 0.0).mean == pytest.approx(10)


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
    assert statistics.sign_flip_p(differences) == p


def test_exact_sign_flips_agree_with_scipy():
    differences = rng(1).normal(loc=0.4, size=10)
    oracle = stats.permutation_test((differences,), np.mean, permutation_type="samples")
    assert statistics.sign_flip_p(differences.tolist()) == pytest.approx(oracle.pvalue)


def test_random_sign_flips_come_close_to_the_exact_ones(monkeypatch):
    """So that 17 differences, which have random flips, can be checked, all 2^17 are tried."""
    differences = rng(2).normal(loc=0.3, size=17).tolist()
    few = statistics.sign_flip_p(differences)
    monkeypatch.setattr(statistics, "EXACT_FLIPS", 2**17)
    statistics._signs.cache_clear()
    exact = statistics.sign_flip_p(differences)
    statistics._signs.cache_clear()
    assert few != exact
    assert few == pytest.approx(exact, abs=0.005)


def test_random_sign_flips_are_never_zero_and_the_same_again():
    assert statistics.sign_flip_p([1.0] * 30) == 1 / (statistics.RANDOM_FLIPS + 1)
    unsure = rng(4).normal(size=30).tolist()
    first = statistics.sign_flip_p(unsure)
    statistics._signs.cache_clear()
    assert statistics.sign_flip_p(unsure) == first


def test_one_value_tests_nothing():
    assert np.isnan(statistics.sign_flip_p([1.0]))


def test_holms_adjustment_by_hand():
    nan = float("nan")
    # 3 x 0.01; then 2 x 0.02, 1 x 0.03, none below the one before
    np.testing.assert_allclose(statistics.holm([0.03, 0.01, nan, 0.02]), [0.04, 0.03, nan, 0.04])
    assert statistics.holm([0.6, 0.7]) == [1.0, 1.0]
    assert statistics.holm([]) == []
