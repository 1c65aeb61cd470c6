"""Sentences that follow from the numbers, read aloud."""

import pandas as pd
import pytest

from report import tables, words
from report.tables import EQUIVARIANT_RAW, MODELS, STANDARD_AUGMENTED, STANDARD_RAW
from tests.report.made_up import change, diverge, make_results, of, without

SCORES = ["m", *tables.MODEL, "draw", "validation_mse", "test_mse"]
WOBBLE = (0.98, 1.01, 1.0, 1.02, 0.97, 1.01, 0.99, 1.03, 0.98, 1.02, 1.0, 0.99)


def noisy(errors: dict[int, tuple[float, ...]], draws: int = 12) -> tuple[pd.DataFrame, dict]:
    """Scores by m for the four models, with a noise that all twelve draws even out; their study."""
    rows = [
        (m, *model, draw + 1, *[error * WOBBLE[(draw + place) % 12]] * 2)
        for m, four in errors.items()
        for place, (model, error) in enumerate(zip(MODELS, four, strict=True))
        for draw in range(draws)
    ]
    return pd.DataFrame(rows, columns=SCORES), {"m": list(errors), "draws": draws, "test_rows": 9}


def best(errors, draws=12):
    scores, study = noisy(errors, draws)
    return words.best_models(scores, tables.pairs(scores, study), study)


def helped(errors, draws=12):
    scores, study = noisy(errors, draws)
    said = words.augmentation(tables.pairs(scores, study), study)
    return [
        sentence.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
        for sentence in said
    ]


def test_one_model_that_is_clearly_best():
    assert best({100: (0.02, 0.01, 0.004, 0.008)}) == [
        "At m = 100, **equivariant raw** worked best, clearly before standard raw, standard "
        "augmented and equivariant augmented."
    ]


def test_two_models_that_share_the_first_place():
    assert best({100: (0.02, 0.01, 0.004, 0.004)}) == [
        "At m = 100, **equivariant raw** and **equivariant augmented** worked best, with no clear "
        "difference between them; standard raw and standard augmented are clearly worse "
        "than the best of them."
    ]


def test_three_models_that_share_the_first_place():
    assert best({100: (0.02, 0.004, 0.004, 0.004)}) == [
        "At m = 100, **standard augmented**, **equivariant raw** and **equivariant augmented** "
        "worked best, with no clear difference between the best of them and the others; standard "
        "raw is clearly worse than the best of them."
    ]


def test_no_model_is_called_best_among_equals():
    assert best({100: (0.004, 0.004, 0.004, 0.004)}) == ["No clear difference at m = 100."]


def test_sizes_with_the_same_answer_share_a_sentence():
    three = (0.02, 0.01, 0.004, 0.008)
    assert best({25: three, 100: (0.004,) * 4, 1000: three}) == [
        "At m = 25 and 1000, **equivariant raw** worked best, clearly before standard raw, "
        "standard augmented and equivariant augmented.",
        "No clear difference at m = 100.",
    ]
    assert best({25: three, 50: three})[0].startswith("At every m, **equivariant raw**")


def test_where_augmentation_helped_hurt_or_made_no_clear_difference():
    assert helped({25: (0.02, 0.01, 0.004, 0.004), 50: (0.01, 0.02, 0.004, 0.004)}) == [
        "**Standard network:** augmentation helped at m = 25 (test MSE -50.0 %); augmentation hurt "
        "at m = 50 (test MSE +100.0 %).",
        "**Equivariant network:** no clear difference at any m (test MSE 0.0 % and 0.0 %).",
    ]


def test_a_large_difference_over_too_few_draws_is_not_called_clear():
    scores, study = noisy({100: (0.02, 0.01, 0.004, 0.008)}, draws=3)
    assert best({100: (0.02, 0.01, 0.004, 0.008)}, draws=3) == ["No clear difference at m = 100."]
    warning = words.power(tables.pairing(scores, study))
    assert "With 3 draws no difference can be called clear" in warning
    assert "is 0.250, before the correction for 6 comparisons" in warning


def test_no_warning_where_there_are_draws_enough():
    scores, study = noisy({100: (0.02, 0.01, 0.004, 0.008)}, draws=12)
    assert words.power(tables.pairing(scores, study)) == ""


def test_without_draws_the_words_claim_nothing():
    results = make_results(draws=0)
    scores = tables.scores(results.runs, results.study)
    pairs = tables.pairs(scores, results.study)
    said = " ".join(
        [
            words.basis(results.study),
            *words.best_models(scores, pairs, results.study),
            *words.augmentation(pairs, results.study),
            *words.symmetry(pairs, results.study),
        ]
    )
    assert "there are no statistics: no intervals and no p-values" in said
    assert "has the lowest test MSE" in said
    assert "lower error with augmentation at" in said
    assert not any(claim in said for claim in ("clearly", "helped", "worked best"))


def test_equal_errors_without_draws_are_called_equal():
    results = make_results(draws=0, m=[100])
    results = change(results, results.runs["m"] == 100, test_mse=0.0044)
    scores = tables.scores(results.runs, results.study)
    pairs = tables.pairs(scores, results.study)
    assert words.best_models(scores, pairs, results.study) == [
        "At m = 100, **standard raw**, **standard augmented**, **equivariant raw** and "
        "**equivariant augmented** have the lowest test MSE, equal to four decimals."
    ]
    assert (
        "the same error with augmentation at m = 100" in words.augmentation(pairs, results.study)[0]
    )


def test_sizes_that_cannot_be_answered_yet_say_why():
    results = make_results(draws=2, starts=1)
    rows = of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 2)
    results = without(results, rows)
    scores = tables.scores(results.runs, results.study)
    pairing = tables.pairing(scores, results.study)
    assert words.waiting(scores, pairing, results.study) == [
        "At m = 100 there is nothing to compare yet: 1 of 2 draws has a score from all four models."
    ]
    assert words.left_out(pairing) == [
        "**m = 100: 1 of 2 draws left out of the comparisons** for want of a score from all four "
        "models (draws without a score: standard raw 1)."
    ]


def test_a_whole_study_is_not_shouted_about():
    results = make_results()
    count = tables.completeness(results.runs, results.study)
    assert words.shout(count) == ""
    assert words.presence(count) == (
        "112 of 112 planned runs and 48 of 48 planned tuning trials are there."
    )
    assert words.wholeness(count) == (
        "None ended dead or diverged. Each of the 8 cells has 14 runs and 6 tuning trials."
    )


def test_what_is_missing_or_failed_is_shouted_with_its_number():
    results = make_results()
    results = diverge(results, of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 3))
    results = change(results, of(results, EQUIVARIANT_RAW, 100), status="dead")
    results = without(results, of(results, STANDARD_AUGMENTED, 100) & (results.runs["draw"] == 1))
    results = diverge(results, (results.runs["role"] == "trial") & (results.runs["trial"] == 2))
    count = tables.completeness(results.runs, results.study)
    assert words.shout(count) == (
        "**Missing or failed:** 1 of 112 planned runs is missing, 14 runs ended dead, 1 run "
        "diverged and 16 tuning trials diverged."
    )
    cells = count.loc["run"].apply(words.cell_count, axis=1)
    assert cells[(100, *STANDARD_RAW)] == "13 / 14 **(1 diverged)**"
    assert cells[(1000, *STANDARD_RAW)] == "14 / 14"


@pytest.mark.parametrize(
    ("pool", "m", "shared", "same"),
    [
        (10_000, [100, 1000], "1 % (m = 100) and 10 % (m = 1000)", ""),
        (1000, [100, 1000], "10 % (m = 100) of", "At m = 1000 all draws hold the same rows"),
        (100, [100], "", "At m = 100 all draws hold the same rows"),
    ],
)
def test_draws_that_share_their_rows_say_so(pool, m, shared, same):
    study = {"pool": pool, "m": m, "draws": 5}
    assert shared in words.sharing(study)
    assert same in words.same_rows(study)
    assert bool(same) == bool(words.same_rows(study))


def test_overhead_is_compilation_start_up_and_input_and_output_where_they_were_timed():
    seconds = pd.Series({"compilation": 20.0, "training": 70.0, "io": 10.0, "total": 62.5})
    assert words.overhead(seconds, 2) == (
        "Compilation, start-up and input/output together took 30.0 % of the workers' "
        "1 min 40 s. 2 workers had work for 72.0 % of the 1 min 2 s by the clock."
    )
    assert words.overhead(seconds.drop("total"), None).endswith("workers' 1 min 40 s.")
    assert "took 0.0 %" in words.overhead(pd.Series({"training": 1.0}), None)
