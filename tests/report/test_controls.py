"""What the controls say: agreement, absence, the best baseline."""

import numpy as np
import pytest

from report import controls
from report.blocks import Table
from report.findings import Findings
from report.models import EQUIVARIANT_RAW, IDENTITY_CHECK, MODELS, STANDARD_RAW, WIDE, WRONG_GROUP
from tests.report.made_up import change, diverge, make_results, of, without


def shifted(by: float, draws: int = 12, wobble: float = 0.01):
    """A study in which equivariant augmented, checked, is off equivariant raw by this log ratio."""
    results = make_results(m=[100], corrections=["none"], controls=["identity_check"], draws=draws)
    noise = wobble * np.array([1, -1] * draws)[:draws]
    for draw in range(1, draws + 1):
        rows = {
            model: of(results, model, 100) & (results.runs["draw"] == draw)
            for model in (EQUIVARIANT_RAW, IDENTITY_CHECK)
        }
        error = results.runs.loc[rows[EQUIVARIANT_RAW], "test_mse"].item()
        off = error * np.exp(by + noise[draw - 1])
        results = change(results, rows[IDENTITY_CHECK], test_mse=off)
    return Findings(results)


def identity(found):
    (said,) = controls.identity(found.parts[0])
    return said.split(":** ")[1].replace("\N{MINUS SIGN}", "-")


def test_equal_networks_agree():
    assert identity(shifted(0.0)) == (
        "at m = 100 they agree within noise (95 % interval of the change -0.7 to +0.7 %, includes "
        "zero)."
    )
    assert controls.disagreement(shifted(0.0)) == []


def test_networks_that_differ_by_a_tenth_do_not_agree():
    found = shifted(0.1)
    assert identity(found) == (
        "at m = 100 **they do NOT agree** (95 % interval of the change +9.8 to +11.3 %, excludes "
        "zero)."
    )
    (shout,) = controls.disagreement(found)
    assert shout.loud
    assert "do NOT agree" in shout.text


def test_a_difference_that_too_few_draws_can_make_clear_is_not_called_one():
    said = identity(shifted(0.1, draws=3))
    assert "differ by a little more than noise makes likely" in said
    assert "not clearly after Holm's adjustment" in said


def test_without_draws_the_identity_check_cannot_tell():
    results = make_results(draws=0, m=[100], corrections=["none"])
    said = identity(Findings(results))
    assert "the errors differ by" in said
    assert "no draws tell the noise" in said


def test_each_control_is_answered_at_its_sizes():
    said = controls.sentences(Findings(make_results(control_sizes=[100])).parts[0])
    assert any(text.startswith("**The wrong symmetry or none (wrong group") for text in said)
    assert not any("every m" in text or "m = 1000" in text for text in said)


def test_a_study_without_a_control_says_nothing_of_it():
    found = Findings(make_results(controls=["baselines"]))
    said = controls.sentences(found.parts[0])
    assert len(said) == 1
    assert said[0].startswith("**The best baseline by test MSE:** at m = 100 inverse model with")


def test_a_study_without_controls_has_no_section():
    assert controls.sections(Findings(make_results(controls=[], control_sizes=[]))) == []


def test_controls_without_scores_are_shouted():
    results = make_results(corrections=["none"])
    lost = of(results, WIDE, 100) | of(results, WIDE, 1000)
    results = without(results, lost)
    results = diverge(results, of(results, WRONG_GROUP, 100) & (results.runs["draw"] < 3))
    found = Findings(results)
    (section,) = controls.sections(found)
    shouts = [block.text for block in section.blocks if getattr(block, "loud", False)]
    assert shouts == [
        "**At m = 100, equivariant_wide raw has no score to compare.**",
        "**m = 100: 2 of 12 draws left out of the comparisons** for want of a score from all of "
        "the models below (draws without a score: wrong group raw 2).",
        "**At m = 1000, equivariant_wide raw has no score to compare.**",
    ]
    assert any("nothing to compare yet" in text for text in controls.sentences(found.parts[0]))


@pytest.mark.parametrize("draws", [0, 12])
def test_every_control_and_baseline_stands_beside_the_four_models(draws):
    found = Findings(make_results(draws=draws, m=[100]))
    (section,) = controls.sections(found)
    tables = [block for block in section.blocks if isinstance(block, Table)]
    errors = tables[0].rows
    assert len(errors) == len(MODELS) + 12
    assert list(errors[0]) == [
        "m",
        "model",
        "test MSE, as they are",
        "parameters, as they are",
        "test MSE, corrected",
        "parameters, corrected",
    ]
    assert errors[0]["model"] == STANDARD_RAW.label
    assert errors[-1]["parameters, corrected"] == "\N{EN DASH}"  # it keeps its samples
    assert len(tables) == (3 if draws else 1)
