"""Sentences that follow from the effects, read aloud."""

import pandas as pd
import pytest

from report import effects, models, tables, verdicts
from report.models import EQUIVARIANT_RAW, MODELS, STANDARD_RAW
from tests.report.made_up import change, exact, make_results, of, without

SCORES = ["m", *models.MODEL, "draw", "validation_mse", "test_mse"]
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
    return verdicts.best_models(scores, effects.pairs(scores, study), study)


def helped(errors, draws=12):
    scores, study = noisy(errors, draws)
    said = verdicts.augmentation(effects.pairs(scores, study), study)
    return plain(said)


def plain(sentences):
    """The sentences with an ordinary minus and ordinary spaces."""
    return [
        text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-") for text in sentences
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
    warning = verdicts.power(effects.pairs(scores, study))
    assert "With 3 draws no difference can be called clear" in warning
    assert "is 0.250, before Holm's adjustment for 6 comparisons" in warning


def test_no_warning_where_there_are_draws_enough():
    scores, study = noisy({100: (0.02, 0.01, 0.004, 0.008)}, draws=12)
    assert verdicts.power(effects.pairs(scores, study)) == ""


def test_without_draws_the_words_claim_nothing():
    results = make_results(draws=0, corrections=["none"])
    scores = tables.scores(results.runs, results.study)
    pairs = effects.pairs(scores, results.study)
    said = " ".join(
        [
            verdicts.basis(results.study),
            *verdicts.best_models(scores, pairs, results.study),
            *verdicts.augmentation(pairs, results.study),
            *verdicts.symmetry(pairs, results.study),
        ]
    )
    assert "there are no statistics: no intervals and no p-values" in said
    assert "has the lowest test MSE" in said
    assert "lower error with augmentation at" in said
    assert not any(claim in said for claim in ("clearly", "helped", "worked best"))


def test_equal_errors_without_draws_are_called_equal():
    results = make_results(draws=0, m=[100], corrections=["none"])
    results = change(results, results.runs["m"] == 100, test_mse=0.0044)
    scores = tables.scores(results.runs, results.study)
    pairs = effects.pairs(scores, results.study)
    assert verdicts.best_models(scores, pairs, results.study) == [
        "At m = 100, **standard raw**, **standard augmented**, **equivariant raw** and "
        "**equivariant augmented** have the lowest test MSE, equal to four decimals."
    ]
    assert (
        "the same error with augmentation at m = 100"
        in verdicts.augmentation(pairs, results.study)[0]
    )


def test_sizes_that_cannot_be_answered_yet_say_why():
    results = make_results(draws=2, starts=1, corrections=["none"])
    rows = of(results, STANDARD_RAW, 100) & (results.runs["draw"] == 2)
    results = without(results, rows)
    scores = tables.scores(results.runs, results.study)
    pairing = effects.pairing(scores, results.study, results.study["m"])
    assert verdicts.waiting(scores, pairing, results.study) == [
        "At m = 100 there is nothing to compare yet: 1 of 2 draws has a score from all four models."
    ]
    assert verdicts.left_out(pairing) == [
        "**m = 100: 1 of 2 draws left out of the comparisons** for want of a score from all four "
        "models (draws without a score: standard raw 1)."
    ]


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
    assert shared in verdicts.sharing(study)
    assert same in verdicts.same_rows(study)
    assert bool(same) == bool(verdicts.same_rows(study))


def corrected(before, after, draws=12):
    """The leads before and after the correction, and the correction's effect, of these errors."""
    study = {"m": [100], "draws": draws, "test_rows": 9}
    ratios = [dict(zip(MODELS, errors, strict=True)) for errors in (before, after)]
    scores = pd.concat(
        [exact(ratio, draws, corrected=bool(place)) for place, ratio in enumerate(ratios)]
    )
    leads = [
        effects.versus(
            effects.pairs(scores[scores["corrected"] == flag], study), EQUIVARIANT_RAW, STANDARD_RAW
        )
        for flag in (False, True)
    ]
    return *leads, effects.correction(scores, study), study


def test_what_the_correction_is_worth_is_told_for_each_model():
    *_, effect, study = corrected((0.02, 0.01, 0.005, 0.004), (0.005, 0.02, 0.005, 0.004))
    assert plain(verdicts.correction(effect, study)) == [
        "**Standard raw:** the correction helped at m = 100 (test MSE -75.0 %).",
        "**Standard augmented:** the correction hurt at m = 100 (test MSE +100.0 %).",
        "**Equivariant raw:** no clear difference at m = 100 (test MSE 0.0 %).",
        "**Equivariant augmented:** no clear difference at m = 100 (test MSE 0.0 %).",
    ]


@pytest.mark.parametrize(
    ("after", "left", "shift"),
    [
        ((0.01, 0.01, 0.005, 0.005), "a clear lead is left", "The correction makes it smaller"),
        ((0.005, 0.005, 0.005, 0.005), "no clear lead is left", "The correction makes it smaller"),
        ((0.08, 0.01, 0.005, 0.004), "a clear lead is left", "The correction makes it larger"),
        ((0.02, 0.01, 0.005, 0.004), "a clear lead is left", "No clear change"),
    ],
)
def test_what_the_correction_leaves_of_the_lead(after, left, shift):
    said = plain(verdicts.lead(*corrected((0.02, 0.01, 0.005, 0.004), after)))
    change = 100 * (after[2] / after[0] - 1)
    told = f"{change:.1f}" if change else "0.0"
    assert said == [
        f"**The equivariant lead:** {left} at m = 100 (equivariant raw against standard raw: test "
        f"MSE -75.0 % on the data as they are, {told} % after the correction).",
        f"**Does the correction change that lead?** {shift} at m = 100.",
    ]


def test_where_there_was_no_lead_none_is_explained_away():
    (said, _) = verdicts.lead(*corrected((0.005,) * 4, (0.005,) * 4))
    assert "there is no clear lead with or without the correction at m = 100" in said
    (said, _) = verdicts.lead(*corrected((0.005,) * 4, (0.02, 0.01, 0.005, 0.004)))
    assert "there is a clear lead after the correction only at m = 100" in said


def test_without_draws_no_lead_is_called_clear():
    before, after, effect, _ = corrected((0.02, 0.01, 0.005, 0.004), (0.01, 0.01, 0.005, 0.004))
    study = {"m": [100], "draws": 0, "test_rows": 9}
    (said,) = verdicts.lead(before.assign(clear=False), after.assign(clear=False), effect, study)
    assert "a lead is left at m = 100" in said
    assert "clear" not in said


def test_nothing_is_said_of_a_lead_before_there_is_anything_to_compare():
    before, after, effect, study = corrected((0.02, 0.01, 0.005, 0.004), (0.01,) * 4)
    assert verdicts.lead(before.assign(draws=0), after, effect, study) == [verdicts.NOTHING_YET]


def test_what_is_done_about_the_fault():
    both, fitted, none = (
        verdicts.fault({"corrections": used}) for used in (["none", "fitted"], ["fitted"], ["none"])
    )
    assert both.startswith("Training data are used in two ways.")
    assert fitted.startswith("All training data are corrected first")
    assert none == ""


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([0.0050, 0.0042], "The lowest error in the table is 5.0 % above it."),
        (
            [0.0039],
            "The lowest error in the table is 2.5 % below it, which is 0.5 of its standard errors.",
        ),
        (
            [0.0036],
            "The lowest error in the table is 10.0 % below it, which is 2.0 of its standard errors."
            " **Have the networks seen the rows that they are scored on?**",
        ),
        ([], ""),
    ],
)
def test_the_distance_to_the_noise_floor(errors, said):
    assert (
        verdicts.floor_distance(errors, {"noise_floor": {"mse": 0.0040, "error": 0.0002}}) == said
    )
    assert verdicts.floor_distance(errors, {"noise_floor": None}) == ""
