"""Figures: what is drawn, and that equal findings give equal bytes."""

import subprocess
import sys
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from report import figures, findings
from report.findings import gather
from study.architectures import ARCHITECTURES
from tests.conftest import ROOT
from tests.report.made_up import ABOUT, STANDARD_RAW, budget, full, grid

LINES = findings.lines(gather(grid(), ABOUT))
BUDGETS = findings.budgets(gather(budget(), replace(ABOUT, proposals=81, finalists=9)))


def legend(figure: Figure) -> list[str]:
    (shown,) = figure.legends
    return [text.get_text() for text in shown.get_texts()]


def test_errors_are_drawn_against_m_with_a_panel_for_each_correction():
    figure = figures.error_curves(LINES, 0.004, "test")
    assert [ax.get_title() for ax in figure.axes] == ["uncorrected data", "corrected data"]
    assert {(ax.get_xscale(), ax.get_yscale()) for ax in figure.axes} == {("log", "log")}
    assert figure.axes[0].get_ylabel() == "test MSE"
    assert legend(figure) == [
        "standard raw",
        "standard augmented",
        "equivariant raw",
        "equivariant augmented",
        "noise floor",
    ]


def test_a_curve_has_its_architectures_colour_and_its_means():
    (ax, _) = figures.error_curves(LINES, None, "test").axes
    raw, augmented, *_ = ax.containers
    assert raw.lines[0].get_color() == ARCHITECTURES["standard"].colour
    assert (raw.lines[0].get_linestyle(), augmented.lines[0].get_linestyle()) == ("-", "--")
    means = [line.estimates[STANDARD_RAW].interval.mean for line in LINES if not line.corrected]
    assert list(raw.lines[0].get_ydata()) == means


def test_one_repetition_is_drawn_without_an_interval():
    one = findings.lines(gather([full(STANDARD_RAW)], ABOUT))
    assert "nan" not in figures.svg(figures.error_curves(one, None, "test"), "error")


def test_budgets_are_drawn_against_steps_with_a_line_for_each_way_to_spend_them():
    figure = figures.budget_curves(BUDGETS)
    (ax,) = figure.axes
    assert ax.get_title() == "m = 25, uncorrected data"
    proposals, steps, *_ = ax.containers
    assert list(proposals.lines[0].get_xdata()) == [13_300, 19_900, 59_700, 179_100]
    assert list(steps.lines[0].get_xdata()) == [15_600, 29_850, 119_400]
    assert len(legend(figure)) == 4


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_equal_findings_give_equal_bytes_in_another_process(hash_seed):
    program = (
        "import sys; from tests.report import test_figures as t; "
        "sys.stdout.write(t.figures.svg(t.figures.error_curves(t.LINES, 0.004, 'test'), 'error'))"
    )
    drawn = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert drawn == figures.svg(figures.error_curves(LINES, 0.004, "test"), "error")
    assert drawn.startswith("<svg")
    assert 'id="error-' in drawn
