"""Figures: what they show, and that equal tables give equal bytes."""

import matplotlib.pyplot as plt
import pytest

from report import figures, parameters, tables, trainings
from report.models import EQUIVARIANT_RAW, MODELS, STANDARD_RAW
from tests.report.made_up import (
    FLOOR,
    diverge,
    make_diagonals,
    make_fault,
    make_maps,
    make_results,
    make_study,
    make_sweep,
)


@pytest.fixture
def curves():
    results = make_results()
    return tables.curves(tables.scores(results.runs, results.study), results.study)


def of_one(table):
    """The rows with training data as they are."""
    return table[~table["corrected"]]


def test_errors_are_drawn_log_log_with_a_panel_for_each_set_and_correction(curves):
    figure = figures.error_curves(curves, FLOOR)
    assert [ax.get_title() for ax in figure.axes] == [
        "validation set, training data as they are",
        "test set, training data as they are",
        "validation set, training data corrected",
        "test set, training data corrected",
    ]
    alone = figures.error_curves(of_one(curves), FLOOR)
    assert [ax.get_title() for ax in alone.axes] == ["validation set", "test set"]
    assert {(ax.get_xscale(), ax.get_yscale()) for ax in figure.axes} == {("log", "log")}


def test_the_legend_of_a_study_without_a_test_set_is_no_wider_than_its_one_panel(curves):
    figure = figures.error_curves(curves[curves["set"] == "validation"], FLOOR)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def test_architecture_is_told_by_colour_and_augmentation_by_line_and_marker(curves):
    ax = figures.error_curves(curves, FLOOR).axes[0]
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
    results = make_results(draws=0, test_rows=0, corrections=["none"])
    curves = tables.curves(tables.scores(results.runs, results.study), results.study)
    assert len(figures.error_curves(curves, None).axes) == 1
    assert "equivariant raw" in figures.svg(figures.error_curves(curves, None), "error")


def test_the_noise_floor_is_drawn_in_the_panels_of_its_set_and_named(curves):
    figure = figures.error_curves(curves, FLOOR)
    drawn = [
        [line.get_ydata()[0] for line in ax.lines if line.get_label() == "noise floor"]
        for ax in figure.axes
    ]
    assert drawn == [[], [0.0041], [], [0.0041]]
    (legend,) = figure.legends
    assert "noise floor" in [text.get_text() for text in legend.get_texts()]
    assert "noise floor" not in figures.svg(figures.error_curves(curves, None), "error")


def test_the_noise_floor_has_its_95_per_cent_interval(curves):
    (band,) = figures.error_curves(curves, FLOOR).axes[1].patches
    assert band.get_y() == pytest.approx(0.0041 - 1.96 * 0.00006)
    assert band.get_height() == pytest.approx(2 * 1.96 * 0.00006)


def test_diagonals_have_a_square_panel_for_each_winner():
    study = make_study()
    figure = figures.diagonals(of_one(make_diagonals(study)), study["m"])
    assert len(figure.axes) == len(study["m"]) * len(MODELS)
    assert all(ax.get_aspect() == 1 for ax in figure.axes)
    assert [ax.get_title() for ax in figure.axes[:4]] == [model.label for model in MODELS]


def test_a_missing_winner_leaves_its_panel_empty_and_says_so():
    study = make_study()
    table = of_one(make_diagonals(study))
    gone = (table["m"] == 100) & (table["architecture"] == "standard") & ~table["augmented"]
    figure = figures.diagonals(table[~gone], study["m"])
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == ["no winner"]
    assert figure.axes[MODELS.index(STANDARD_RAW)].texts


def test_equal_tables_give_equal_bytes(curves):
    first, second = (
        figures.svg(figures.error_curves(curves.copy(), FLOOR), "error") for _ in range(2)
    )
    assert first == second
    assert "dc:date" not in first


def test_two_figures_in_a_page_share_no_id(curves):
    study = make_study()
    error = figures.svg(figures.error_curves(curves, FLOOR), "error")
    diagonals = figures.svg(
        figures.diagonals(of_one(make_diagonals(study)), study["m"]), "diagonals"
    )

    def ids(svg):
        return {part.split('"')[0] for part in svg.split(' id="')[1:]}

    assert ids(error)
    assert not ids(error) & ids(diagonals)
    assert {part.split('"')[0] for part in error.split('href="#')[1:]} <= ids(error)


def test_figures_leave_no_state_behind(curves):
    before = dict(plt.rcParams)
    figures.svg(figures.error_curves(curves, FLOOR), "error")
    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []


def maps(table, study):
    scale = figures.colour_scale(table["mse"])
    return figures.maps(table, study["m"], scale, FLOOR)


def test_maps_have_a_panel_for_each_winner_and_one_scale():
    study = make_study()
    table = of_one(make_maps(study))
    figure = maps(table, study)
    panels, bar = figure.axes[:-1], figure.axes[-1]
    assert len(panels) == len(study["m"]) * len(MODELS)
    meshes = [ax.collections[0] for ax in panels]
    assert {mesh.norm for mesh in meshes} == {meshes[0].norm}
    assert bar.get_ylim() == pytest.approx((table["mse"].min(), table["mse"].max()))
    assert FLOOR["mse"] in {line.get_ydata()[0] for line in bar.lines}


def test_a_map_has_y1_to_the_right_and_y2_upwards():
    study = make_study(m=[100])
    table = tables.of(of_one(make_maps(study)), STANDARD_RAW)
    mesh = maps(table, study).axes[0].collections[0]
    fields = mesh.get_array()
    lower_right = table[(table["column"] == 7) & (table["row"] == 0)]["mse"].item()
    assert fields[0, 7] == lower_right
    assert mesh.get_coordinates()[0, 7].tolist() == [0.75, -1]


def test_a_missing_winner_has_no_map():
    study = make_study(m=[100])
    table = of_one(make_maps(study))
    figure = maps(tables.of(table, EQUIVARIANT_RAW), study)
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == ["no winner"] * 3


def test_residuals_have_two_boxes_for_each_sensor():
    figure = figures.residuals([make_fault(m) for m in (25, 100, 250, 1000)])
    drawn = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title() for ax in drawn] == ["m = 25", "m = 100", "m = 250", "m = 1000"]
    assert len(drawn[0].patches) == 8
    medians = [line.get_ydata()[0] for line in drawn[0].lines if len(set(line.get_ydata())) == 1]
    assert 0.034 in medians


def test_sizes_are_drawn_with_the_best_of_at_most_so_many_parameters():
    results = make_results(m=[100], corrections=["none"])
    best = parameters.best(results.runs, results.study)
    (ax,) = figures.by_parameters(best, parameters.networks(results.study), None).axes
    stairs = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert len(stairs) == 3
    for line in stairs:
        errors = list(line.get_ydata())
        assert errors == sorted(errors, reverse=True)


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
