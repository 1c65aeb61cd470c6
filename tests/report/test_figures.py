"""Figures: what is drawn where, that it can be seen, and that equal input gives equal bytes."""

import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from math import inf, isclose, log, log1p, nan, sqrt

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from report import figures, looks, network_figures, repetition_figures
from report.compute import Curve
from report.contrasts import Contrast
from report.exchange import Exchange
from report.findings import Estimate, Offset, estimate
from report.methods import Method
from report.networks import Diagonal, Map
from report.statistics import Interval, t_interval
from report.tuning import Lead
from study.architectures import ARCHITECTURES
from study.design import Cell
from tests.conftest import ROOT

RAW, AUGMENTED = ("standard", False), ("standard", True)
EQUIVARIANT, BOTH = ("equivariant", False), ("equivariant", True)
MODELS = (RAW, AUGMENTED, EQUIVARIANT, BOTH)
FLOOR = Interval(0.004, 0.0038, 0.0042)


def exact(m: int, errors: dict, n: int = 6) -> dict[Cell, Estimate]:
    """Models with equal repetitions, whose intervals are not known."""
    return {
        Cell(m, True, *one): Estimate((error,) * n, Interval(error, nan, nan))
        for one, error in errors.items()
    }


def grid() -> dict[Cell, Estimate]:
    """Errors that fall from 0.02, close to one another at m = 100; a tenth up and down."""
    parts = {RAW: 1.0, AUGMENTED: 0.52, EQUIVARIANT: 0.5, BOTH: 0.5}
    errors = {
        Cell(m, corrected, *one): 0.02 * part * share
        for corrected in (False, True)
        for m, share in ((25, 1.0), (100, 0.6))
        for one, part in parts.items()
    }
    return {cell: estimate([0.9 * one, one, 1.1 * one], 0.0) for cell, one in errors.items()}


def contrast(m: int, ratios: list[float], model=EQUIVARIANT, reference=RAW, **changes) -> Contrast:
    cell, other = (Cell(m, True, *one) for one in (model, reference))
    told = dict(enumerate(ratios, 1))
    made = {"name": "", "cell": cell, "reference": other, "log_ratios": told, "level": 0.95}
    made["margin"] = 5.0
    return Contrast(**{**made, "interval": t_interval(ratios), **changes})


def curves() -> list[Curve]:
    steps = np.array([50.0, 100.0, 200.0])
    return [
        Curve(Cell(100, True, *one), 3, steps, 0.02 / steps + 0.01 * place, 0.001 * (1 + place))
        for place, one in enumerate(MODELS)
    ]


def leads() -> list[Lead]:
    budgets = [("", 81, 10_000), ("first_27", 27, 10_000), ("double_steps", 27, 20_000)]
    ratios = [-0.5, -0.4, -0.3]
    return [
        Lead(proposals, 3, steps, contrast(100, ratios, reference=reference, cell=cell))
        for reference in (AUGMENTED, RAW)
        for name, proposals, steps in budgets
        for cell in [Cell(100, True, *EQUIVARIANT, name)]
    ]


def methods() -> dict[tuple[int, bool], list[Method]]:
    listed = [
        (("gaussian_process", True), "baselines", False, 0.005, None),
        (EQUIVARIANT, "", False, 0.006, 25.0),
        (RAW, "", True, 0.007, 626.0),
        (("wrong_group", False), "wrong_symmetry", False, 0.2, 25.0),
    ]
    told = [
        Method(
            Cell(100, True, *model, condition),
            averaged,
            estimate([error], 0.0),
            parameters,
            None,
            None,
        )
        for model, condition, averaged, error, parameters in listed
    ]
    return {(100, True): told, (1000, True): told}


OFFSETS = [
    Offset(25, 1, 4, 0.06, 0.01),
    Offset(25, 2, 2, -0.03, 0.01),
    Offset(25, 3, None, 0.01, 0.01),
]
RATES = [
    Exchange(Cell(m, True, *EQUIVARIANT), Cell(m, True, *model), *worth)
    for model in (RAW, AUGMENTED)
    for m, worth in ((25, (100.0, 50.0, inf)), (50, (0.0, 0.0, 60.0)), (100, (inf, 70.0, inf)))
]
DIAGONALS = [Diagonal(Cell(100, True, *one), np.ones((2, 5))) for one in MODELS]
SIDES = np.array([[-2.0], [0.0], [2.0]]) - np.linspace(-30, 30, 10)  # drawn to the middle
MAPS = [
    Map(Cell(m, True, *one), 3, np.arange(4.0).reshape(2, 2) + m, (1.0, 2.0, 3.0), SIDES)
    for one in MODELS
    for m in (25, 100)
]
NULL = [contrast(m, [-0.02, 0.0, 0.03], BOTH, EQUIVARIANT) for m in (25, 100)]

DRAWN: dict[str, Callable[[], Figure]] = {
    "error": lambda: figures.error_curves(grid(), FLOOR, "test"),
    "exchange": lambda: figures.exchange_rates(RATES),
    "forest": lambda: figures.forest([*NULL, contrast(25, [-0.6, -0.5, -0.4])]),
    "compute": lambda: figures.compute(curves(), [(NULL[0], NULL[1])], leads()),
    "budget": lambda: figures.budget_curves(leads()),
    "methods": lambda: figures.methods(methods(), FLOOR),
    "null": lambda: repetition_figures.null_check(NULL),
    "offsets": lambda: repetition_figures.offsets(OFFSETS, (4, 0.05)),
    "spread": lambda: repetition_figures.spread(grid()),
    "diagonals": lambda: network_figures.diagonals(DIAGONALS),
    "learning": lambda: network_figures.learning_curves(curves()),
    "maps": lambda: network_figures.error_maps(MAPS),
    "residuals": lambda: network_figures.residuals(MAPS),
}


@cache
def drawn(name: str) -> Figure:
    return DRAWN[name]()


@cache
def text_of(name: str) -> str:
    return looks.svg(drawn(name), name)


def texts(ax: Axes) -> list[str]:
    return [one.get_text() for one in ax.texts if one.get_text()]


def arrow(ax: Axes) -> Annotation | None:
    """The arrow from one point to another."""
    return next(
        (one for one in ax.texts if isinstance(one, Annotation) and not one.get_text()), None
    )


def contrast_to_white(colour: str) -> float:
    """The WCAG's ratio of luminances."""
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05)


# What is seen and read


@pytest.mark.parametrize("name", DRAWN)
def test_marks_reach_3_to_1_against_white_and_texts_reach_4_5_to_1(name):
    colours = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", text_of(name))) - {looks.PAPER}
    assert colours
    assert all(contrast_to_white(one) >= 3 for one in colours), colours
    words = [one for one in drawn(name).findobj(Text) if one.get_text().strip()]
    assert all(contrast_to_white(to_hex(one.get_color())) >= 4.5 for one in words)


@pytest.mark.parametrize("name", DRAWN)
def test_colours_are_plain_and_nothing_is_translucent(name):
    assert "opacity" not in text_of(name)
    assert "nan" not in text_of(name)
    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", text_of(name))) <= {
        "none", *re.findall(r"#[0-9a-f]{6}", text_of(name))
    }  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_words_are_large_enough_inside_the_figure_and_on_no_others(name):
    figure = drawn(name)
    figure.draw_without_rendering()
    words = [one for one in figure.findobj(Text) if one.get_text().strip() and one.get_visible()]
    assert all(one.get_fontsize() >= 9 for one in words)
    assert figure.get_figwidth() <= 7.5
    labels = [one for ax in figure.axes for one in ax.texts if one.get_text()]
    boxes = [Text.get_window_extent(one) for one in labels]
    assert not any(
        one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place]
    )
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)


SAMPLES, CHANGED, SQUARES = "training samples m", "change of the error (%)", "MSE in (750 mm)²"
AXES = {
    "error": {SAMPLES, f"test {SQUARES}", "root mean square distance (mm)"},
    "exchange": {SAMPLES, "standard samples per equivariant sample"},
    "forest": {CHANGED},
    "compute": {
        "optimiser steps", "seconds of training on one core", f"validation {SQUARES}", CHANGED,
        "thousand steps; proposals vary", "thousand steps; steps vary",
    },
    "budget": {"thousand steps; proposals vary", "thousand steps; steps vary", CHANGED},
    "methods": {SQUARES},
    "null": {SAMPLES, CHANGED},
    "offsets": {SAMPLES, "estimated offset (share of the total flow)"},
    "spread": {SAMPLES, SQUARES},
    "diagonals": {
        "share of the flow at one end of the diagonal (%)", "deviation from the diagonal (mm)"
    },
    "learning": {"optimiser steps", f"validation {SQUARES}"},
    "residuals": {"true coordinate (mm)", "answer less truth (mm)"},
    "maps": {
        "y₁ (mm)", "y₂ (mm)", "root mean square distance (mm)", "m = 25\ncorrected",
        "m = 100\ncorrected",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_axes_have_names_and_units(name):
    figure = drawn(name)
    places = [figure, *figure.subfigs]
    names = {word for one in places for word in (one.get_supxlabel(), one.get_supylabel())}
    names |= {word for ax in figure.axes for word in (ax.get_xlabel(), ax.get_ylabel())}
    assert names - {""} == AXES[name]


def test_every_registered_colour_can_colour_words():
    assert all(contrast_to_white(one.colour) >= 4.5 for one in ARCHITECTURES.values())


def test_places_move_as_little_as_it_takes_to_be_apart():
    assert np.allclose(looks.apart([0.9, 0.1], 0.2), [0.9, 0.1])
    assert np.allclose(looks.apart([0.5, 0.5, 0.1], 0.2), [0.4, 0.6, 0.1])
    assert np.allclose(looks.apart([1.0, 1.0, 1.0], 0.1), [0.8, 0.9, 1.0])


def test_a_logarithmic_axis_has_few_plain_ticks():
    axis = Figure().subplots().yaxis
    looks.plain_log(axis, 0.0038, 0.021)
    assert [axis.get_major_formatter()(tick) for tick in axis.get_majorticklocs()] == [
        "0.004", "0.006", "0.008", "0.01", "0.015", "0.02"
    ]  # fmt: skip


def test_log_ratios_are_ticked_as_changes_in_per_cent():
    axis = Figure().subplots().xaxis
    looks.percent_axis(axis, log(0.45), log(2.1))
    ticks = sorted(axis.get_majorticklocs())
    assert [axis.get_major_formatter()(tick) for tick in ticks] == [
        "−50", "−40", "−20", "0", "+20", "+50", "+100"  # noqa: RUF001
    ]  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_ids_start_with_the_figures_name(name):
    found = re.findall(r'\bid="([^"]+)"|href="#([^"]+)"|url\(#([^)]+)\)', text_of(name))
    assert found
    assert all("".join(one).startswith(f"{name}-") for one in found)


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_equal_input_gives_equal_bytes_in_another_process(hash_seed):
    program = (
        "import hashlib; from tests.report import test_figures as t\n"
        "for name in t.DRAWN: print(hashlib.sha256(t.text_of(name).encode()).hexdigest())"
    )
    environment = {"PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", program]
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
    assert made.stdout.decode().split() == [
        sha256(text_of(name).encode()).hexdigest() for name in DRAWN
    ]


# The first figure


def test_errors_have_a_panel_for_each_correction_to_one_scale():
    left, right, millimetres = drawn("error").axes
    assert [left.get_title("left"), right.get_title("left")] == [
        "uncorrected data",
        "corrected data",
    ]
    assert left.get_ylim() == right.get_ylim()
    assert np.allclose(millimetres.get_ylim(), 750 * np.sqrt(2 * np.array(right.get_ylim())))
    assert millimetres.get_ylabel() == "root mean square distance (mm)"
    assert texts(left) == ["noise floor"]
    assert {"noise floor", "standard raw", "equivariant augmented"} <= set(texts(right))


def test_a_curve_has_its_architectures_colour_and_its_means():
    left, *_ = drawn("error").axes
    raw, augmented, *_ = (one.lines[0] for one in left.containers)
    assert raw.get_color() == ARCHITECTURES["standard"].colour
    assert (raw.get_linestyle(), augmented.get_linestyle()) == ("-", "--")
    assert (raw.get_markerfacecolor(), augmented.get_markerfacecolor()) == (
        raw.get_color(), looks.PAPER
    )  # fmt: skip
    means = [grid()[Cell(m, False, *RAW)].interval.mean for m in (25, 100)]
    assert list(raw.get_ydata()) == means


def test_the_arrow_ends_on_the_standard_networks_curve():
    ends = exact(25, {RAW: 0.04, EQUIVARIANT: 0.02}), exact(100, {RAW: 0.01, EQUIVARIANT: 0.01})
    ax, _ = figures.error_curves(ends[0] | ends[1], None, "test").axes
    assert arrow(ax).xyann == (25, 0.02)
    assert np.allclose(arrow(ax).xy, (50, 0.02))  # halfway, log to log
    assert arrow(ax).arrowprops["arrowstyle"] == "-|>"
    assert "equivariant with m = 25:\nlevel with standard raw\nat about m = 50" in texts(ax)


def test_the_arrow_is_open_where_no_size_is_enough():
    ends = exact(25, {RAW: 0.04, EQUIVARIANT: 0.02}), exact(100, {RAW: 0.03, EQUIVARIANT: 0.01})
    ax, _ = figures.error_curves(ends[0] | ends[1], None, "test").axes
    assert arrow(ax).arrowprops["arrowstyle"] == "->"
    assert arrow(ax).xy[0] > 100
    assert "equivariant with m = 25:\nbelow standard raw\nat every m" in texts(ax)


@pytest.mark.parametrize(
    "estimates",
    [
        exact(25, {RAW: 0.04, EQUIVARIANT: 0.05}) | exact(100, {RAW: 0.02, EQUIVARIANT: 0.01}),
        exact(25, {RAW: 0.04}) | exact(100, {RAW: 0.02}),
        exact(25, {RAW: 0.04, EQUIVARIANT: 0.02}),
        exact(25, {("unheard_of", True): 0.04}),
        # repetitions too few for a verdict
        exact(25, {RAW: 0.04, EQUIVARIANT: 0.02}, n=5)
        | exact(100, {RAW: 0.01, EQUIVARIANT: 0.005}, n=5),
    ],
)
def test_without_a_lead_or_a_curve_there_is_no_arrow(estimates):
    figure = figures.error_curves(estimates, FLOOR, "validation")
    assert arrow(figure.axes[0]) is None
    assert figure.axes[0].get_ylabel().startswith("validation MSE")
    assert "nan" not in looks.svg(figure, "error")


# The other main figures


def test_exchange_rates_beyond_the_sizes_are_open_arrows_at_the_last_value():
    ax, *_ = drawn("exchange").axes
    arrows = {
        (one.get_marker(), x, y)
        for one in ax.lines
        if one.get_marker() in ("^", "v") and one.get_markerfacecolor() == looks.PAPER
        for x, y in zip(*one.get_data(), strict=True)
        if x in (25, 50, 100)
    }
    assert arrows == {("^", 25, 4), ("^", 100, 1), ("v", 50, 0.5)}
    (curve,) = (one for one in ax.lines if one.get_marker() == "o")
    assert curve.get_ydata()[0] == 4  # 100 samples for 25
    assert np.isnan(curve.get_ydata()[1:]).all()
    assert {"1 for one", "8 for one", "in standard raw", "in standard augmented"} <= set(texts(ax))


def test_a_forest_has_a_heading_for_each_comparison_and_a_row_for_each_size():
    (ax,) = drawn("forest").axes
    assert texts(ax) == ["equivariant augmented against equivariant raw",
                         "equivariant raw against standard raw"]  # fmt: skip
    rows = [one.get_text() for one in ax.get_yticklabels()]
    assert rows == ["m = 25", "m = 100", "m = 25"]
    means = [one.lines[0].get_xdata()[0] for one in ax.containers]
    assert np.allclose(means, [0.01 / 3, 0.01 / 3, -0.5])
    upright = {one.get_xdata()[0] for one in ax.lines if len(set(one.get_xdata())) == 1}
    assert {0, log1p(0.05), -log1p(0.05)} <= upright


def test_a_repetition_beyond_a_forest_is_an_arrow_at_its_edge():
    ratios = [0.01 * place for place in range(-15, 15)] + [2.0]
    (ax,) = figures.forest([contrast(25, ratios)]).axes
    (edge,) = (one for one in ax.lines if one.get_marker() == ">")
    assert list(edge.get_xdata()) == [ax.get_xlim()[1]]
    (ticks,) = (one for one in ax.lines if one.get_marker() == "|")
    assert len(ticks.get_xdata()) == 30


def test_a_single_repetition_has_a_mean_and_no_interval():
    (ax,) = figures.forest([contrast(25, [-0.5])]).axes
    assert ax.containers[0].lines[0].get_xdata()[0] == -0.5


@pytest.mark.parametrize(
    ("parts", "panels"), [(([], []), 2), (([tuple(NULL)], []), 3), (([], leads()), 4)]
)
def test_computing_is_told_by_what_is_known(parts, panels):
    figure = figures.compute(curves(), *parts)
    assert len(figure.axes) == panels
    steps, seconds, *_ = figure.axes
    assert list(steps.lines[1].get_xdata()) == [50, 100, 200]
    assert np.allclose(seconds.lines[1].get_xdata(), [0.1, 0.2, 0.4])


def test_budgets_start_from_one_that_is_in_either_panel():
    proposals, steps = drawn("budget").axes
    x = [sorted(one.lines[0].get_xdata()) for one in (proposals.containers[0], steps.containers[0])]
    common = leads()[1].total / 1000
    assert x == [[common, leads()[0].total / 1000], [common, leads()[2].total / 1000]]


def test_a_method_that_errs_far_more_is_told_at_the_edge():
    top, bottom = drawn("methods").axes
    assert "0.2 →" in texts(top)
    assert [one.get_text() for one in bottom.get_yticklabels()] == [
        "Gaussian process, augmented", "equivariant raw", "standard raw, averaged",
        "equivariant to a wrong symmetry, raw",
    ]  # fmt: skip
    markers = [one.lines[0].get_marker() for one in top.containers]
    assert markers == ["*", "o", "D"]
    assert texts(top) == ["noise floor", "parameters", "25", "626", "0.2 →", "25"]


# Repetitions and networks


def test_each_repetition_is_a_dot():
    (ax,) = drawn("null").axes
    assert sum(len(one.get_offsets()) for one in ax.collections if one.get_offsets().size > 2) == 6
    (both, _) = drawn("spread").axes
    assert sum(len(one.get_offsets()) for one in both.collections) == 2 * 4 * 3


def test_offsets_tell_which_sensor_was_found():
    figure = drawn("offsets")
    (legend,) = figure.legends
    assert [one.get_text() for one in legend.get_texts()] == [
        "right sensor", "wrong sensor", "no sensor found"
    ]  # fmt: skip
    assert texts(figure.axes[0]) == ["truth\n0.05"]
    faces = {to_hex(face) for one in figure.axes[0].collections for face in one.get_facecolors()}
    assert faces == {looks.FAINT, looks.INK, looks.PAPER}


def test_without_a_truth_no_estimate_is_right_or_wrong():
    figure = repetition_figures.offsets(OFFSETS[:2], None)
    assert not figure.legends
    assert texts(figure.axes[0]) == []


def test_both_diagonals_are_drawn_in_mm_against_shares_in_per_cent():
    (ax,) = drawn("diagonals").axes
    curves_of = [one for one in ax.lines if len(one.get_xdata()) == 5]
    assert len(curves_of) == 2 * len(MODELS)
    assert curves_of[0].get_xdata()[-1] == 50


def test_residuals_have_three_lines_for_each_model_in_the_middles_of_ten_bins():
    ax, other = drawn("residuals").axes
    curves_of = [one for one in ax.lines if len(one.get_xdata()) == 10]
    assert len(curves_of) == 3 * len(MODELS)
    assert curves_of[0].get_xdata()[[0, -1]].tolist() == [-675, 675]
    assert sorted(one.get_ydata()[0] for one in curves_of[:3]) == [28, 30, 32]
    assert (ax.get_title("left"), other.get_title("left")) == ("m = 25", "m = 100")


def test_maps_have_one_scale_and_lie_upright():
    *panels, bar = drawn("maps").axes
    assert len(panels) == 8
    images = [ax.images[0] for ax in panels]
    assert {one.get_clim() for one in images} == {(25, 103)}
    assert images[0].origin == "lower"
    assert bar.get_ylim() == (25, 103)
    assert isclose(sqrt(2) * 750, np.hypot(*panels[0].lines[0].get_xydata()[0]))
