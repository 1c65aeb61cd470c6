"""Figures: what they show, and that equal tables give equal bytes."""

import matplotlib.pyplot as plt
import pytest

from report import figures, tables, trainings
from report.tables import MODELS, STANDARD_RAW
from tests.report.made_up import diverge, make_diagonals, make_results, make_study, make_sweep


@pytest.fixture
def curves():
    results = make_results()
    return tables.curves(tables.scores(results.runs, results.study), results.study)


def test_errors_are_drawn_log_log_with_a_panel_for_each_set(curves):
    figure = figures.error_curves(curves)
    assert [ax.get_title() for ax in figure.axes] == ["validation set", "test set"]
    assert {(ax.get_xscale(), ax.get_yscale()) for ax in figure.axes} == {("log", "log")}


def test_architecture_is_told_by_colour_and_augmentation_by_line_and_marker(curves):
    ax = figures.error_curves(curves).axes[0]
    style = {
        bars.get_label(): (bars.lines[0].get_color(), *(f(bars.lines[0]) for f in (line, marker)))
        for bars in ax.containers
        for line, marker in [(lambda x: x.get_linestyle(), lambda x: x.get_marker())]
    }
    red, blue = figures.COLOURS["standard"], figures.COLOURS["equivariant"]
    assert style == {
        "standard raw": (red, "-", "o"),
        "standard augmented": (red, "--", "s"),
        "equivariant raw": (blue, "-", "o"),
        "equivariant augmented": (blue, "--", "s"),
    }


def test_a_study_of_one_draw_is_drawn_without_bars():
    results = make_results(draws=0, test_rows=0)
    curves = tables.curves(tables.scores(results.runs, results.study), results.study)
    assert len(figures.error_curves(curves).axes) == 1
    assert "equivariant raw" in figures.svg(figures.error_curves(curves), "error")


def test_diagonals_have_a_square_panel_for_each_winner():
    study = make_study()
    figure = figures.diagonals(make_diagonals(study), study["m"])
    assert len(figure.axes) == len(study["m"]) * len(MODELS)
    assert all(ax.get_aspect() == 1 for ax in figure.axes)
    assert [ax.get_title() for ax in figure.axes[:4]] == [model.label for model in MODELS]


def test_a_missing_winner_leaves_its_panel_empty_and_says_so():
    study = make_study()
    table = make_diagonals(study)
    gone = (table["m"] == 100) & (table["architecture"] == "standard") & ~table["augmented"]
    figure = figures.diagonals(table[~gone], study["m"])
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == ["no winner"]
    assert figure.axes[MODELS.index(STANDARD_RAW)].texts


def test_equal_tables_give_equal_bytes(curves):
    first, second = (figures.svg(figures.error_curves(curves.copy()), "error") for _ in range(2))
    assert first == second
    assert "dc:date" not in first


def test_two_figures_in_a_page_share_no_id(curves):
    study = make_study()
    error = figures.svg(figures.error_curves(curves), "error")
    diagonals = figures.svg(figures.diagonals(make_diagonals(study), study["m"]), "diagonals")

    def ids(svg):
        return {part.split('"')[0] for part in svg.split(' id="')[1:]}

    assert ids(error)
    assert not ids(error) & ids(diagonals)
    assert {part.split('"')[0] for part in error.split('href="#')[1:]} <= ids(error)


def test_figures_leave_no_state_behind(curves):
    before = dict(plt.rcParams)
    figures.svg(figures.error_curves(curves), "error")
    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []


def sweep(results):
    table = trainings.settings(trainings.trainings(results.runs), results.study)
    models = trainings.models(results.study)
    return figures.sweep(table.reset_index(), models, tables.measure(results.study))


def test_a_sweep_has_a_panel_for_each_model_and_one_for_its_failures():
    figure = sweep(make_sweep())
    titles = [model.label for model in trainings.models(make_sweep().study)]
    panels = {ax.get_title(): ax for ax in figure.axes if ax.get_title()}
    assert sorted(panels) == sorted(titles)
    assert len(figure.axes) == 2 * len(titles)
    assert panels["equivariant raw"].get_ylabel() == "test MSE"
    assert [bars.get_label() for bars in panels["equivariant raw"].containers] == [
        "learning rate 0.001",
        "learning rate 0.01",
    ]


def test_failed_trainings_are_drawn_as_shares():
    results = make_sweep()
    rows = (results.runs["architecture"] == "equivariant") & ~results.runs["augmented"]
    figure = sweep(diverge(results, rows & (results.runs["start"] == 0)))
    heights = [bar.get_height() for bar in figure.axes[3].patches]
    assert heights == pytest.approx([100 / 3] * 4)
    assert not any(bar.get_height() for bar in figure.axes[4].patches)


def test_a_sweep_that_diverged_altogether_can_be_drawn():
    results = make_sweep()
    results = diverge(results, results.runs["run"] > 0)
    assert "failed" in figures.svg(sweep(results), "sweep")
