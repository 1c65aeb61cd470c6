"""The appendix: what a referee asks for."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from statistics import geometric_mean

from report import (
    compute,
    contrasts,
    effects,
    evidence,
    findings,
    formats,
    network_figures,
    repetition_figures,
    tuning,
)
from report.blocks import Block, Paragraph, Table, table
from report.contrasts import cell_of, label_of, names_of, place_of
from report.findings import Findings
from report.looks import picture
from report.methods import exploratory, interactions
from report.networks import QUANTILES, Floats
from report.reading import Reading
from report.statistics import LEVEL
from study.comparisons import Errors
from study.labels import correction_label, model_label

STAGES = {
    "proposal": "short trainings of proposals",
    "full": "full trainings",
    "start": "further starts of the exercise",
    "fitted": "models without a network",
    "sweep": "trainings of the sweep",
}


def appendix(reading: Reading) -> Iterator[Block]:
    """All of it; inference is left out where a study has no answer."""
    found = reading.found
    yield effects.cells_table(found)
    yield evidence.methods_table(found)
    if found.settled:
        yield effects.primary_table(found)
        yield _p_values(found)
        yield _exploratory(found)
        yield _interactions(found)
        yield evidence.exchange_table(reading)
    yield _departures(found)
    if found.rows == "test":
        yield _selection(found)
    yield from _pictures(found)
    yield from _residuals(reading)
    yield _choices(found)
    yield _luck(found)
    yield _made_of(found)
    yield from _time(found)


def _p_values(found: Findings) -> Table:
    rows = [
        {
            "Comparison": one.label,
            "m": f"{one.cell.m:,}",
            "Repetitions": str(one.n),
            "p": formats.p_value(p),
            "p (Holm)": formats.p_value(adjusted),
        }
        for one, (p, adjusted) in zip(found.primary, found.p_values, strict=True)
    ]
    caption = (
        "Sign-flip tests of the declared comparisons, and Holm's adjustment over all of them. No "
        "verdict rests on them."
    )
    least = len(found.declared) * 2 ** (1 - max(one.n for one in found.primary))
    if least > 1 - LEVEL:
        caption += f" With so few repetitions no adjusted p can be below {formats.p_value(least)}."
    return table("p-values", caption, rows)


def _exploratory(found: Findings) -> Table:
    rows = (
        {
            "Comparison": one.label,
            **place_of(one.cell),
            "Repetitions": str(one.n),
            "Change (%)": formats.change_interval(one.interval),
        }
        for one in exploratory(found)
    )
    caption = (
        "Exploratory comparisons, which were not declared: change of the error in per cent with a "
        "95 % interval for each alone. About one in twenty such intervals misses its true value."
    )
    return table("exploratory", caption, rows)


def _interactions(found: Findings) -> Table:
    rows = (
        {**place_of(cell), "Ratio of ratios": formats.interval(interval, formats.ratio)}
        for cell, interval in interactions(found)
    )
    caption = (
        "Interaction: the ratio of what copies do to the equivariant network's error to what they "
        "do to the standard network's. Above 1, copies help the standard network more."
    )
    return table("interaction", caption, rows, words=2)


def _means(
    found: Findings, one: Errors, other: Errors
) -> Iterator[tuple[dict[str, str], float, float]]:
    """The names of each cell of the grid, and its means of two errors."""
    for cell in found.grid:
        if cell in one and cell in other:
            first, second = (geometric_mean(errors[cell].values()) for errors in (one, other))
            yield names_of(cell), first, second


def _departures(found: Findings) -> Table:
    """How much of a network's error is its departure from symmetry."""
    averaged = contrasts.measured(found.finals, lambda one: one.orbit_mse)
    rows = (
        {
            **names,
            "MSE": formats.error(whole),
            "MSE of the average": formats.error(rest),
            "Share of departure": formats.percent(max(0.0, 1 - rest / whole)),
        }
        for names, whole, rest in _means(found, found.errors, averaged)
    )
    caption = (
        "Departure from symmetry. The MSE of a network is that of its average over the symmetries "
        "plus the mean square of its difference from that average. This is exact over the test "
        "rows and all their moved copies; here it is estimated on the test rows alone."
    )
    return table("departure", caption, rows, words=3)


def _selection(found: Findings) -> Table:
    """The error on the rows that chose against that on the rows that score."""
    rows = (
        {
            **names,
            "Validation MSE": formats.error(chose),
            "Test MSE": formats.error(scored),
            "Difference (%)": formats.change(log(chose / scored)),
        }
        for names, chose, scored in _means(found, found.chose_by, found.errors)
    )
    caption = (
        "Selection: the winners' error on the validation rows that chose them against that on the "
        "test rows. The difference holds the effect of choosing, and the luck of the rows."
    )
    return table("selection", caption, rows, words=3)


def _pictures(found: Findings) -> Iterator[Block]:
    if errors := found.grid_estimates:
        caption = f"The {found.rows} MSE of each repetition, by model and m."
        alt = "The error of every repetition as a dot, by model and m"
        yield picture("spread", repetition_figures.spread(errors), alt, caption)
    if curves := compute.curves(found):
        caption = (
            "Learning curves: the lowest validation MSE so far of the winners, geometric mean over "
            f"repetitions; {correction_label(curves[0].cell.corrected)} data."
        )
        alt = "The validation error of each model against its steps, a panel for each m"
        yield picture("learning", network_figures.learning_curves(curves), alt, caption)


def _residuals(reading: Reading) -> Iterator[Block]:
    """How the answers of networks lie about the truth, from one side of the bag to the other."""
    if not reading.maps:
        return
    first = reading.maps[0]
    ends = [
        f"{label_of(one.cell)}, m = {one.cell.m:,}: {_sides(one.residuals)}" for one in reading.maps
    ]
    caption = (
        f"Residuals on the test rows, {correction_label(first.cell.corrected)} data: what an "
        "answer's coordinate is less the true one, against the true one; the median and the "
        f"quantiles at {100 * QUANTILES[0]:.0f} and {100 * QUANTILES[-1]:.0f} %, of both "
        f"coordinates of {formats.counted(first.n, 'network')}. Where residuals are above zero at "
        "the left and below it at the right, answers are drawn to the middle of the bag."
    )
    alt = f"Median residuals at the left and the right: {'; '.join(ends)}"
    yield picture("residuals", network_figures.residuals(reading.maps), alt, caption)


def _sides(residuals: Floats) -> str:
    """The medians at both ends of a coordinate."""
    low, high = (formats.signed(end, 0) for end in residuals[1, [0, -1]])
    return f"{low} and {high} mm"


def _choices(found: Findings) -> Table:
    """What the tuning chose, and how often it stood at an edge of its space."""
    shares = tuning.shares(found)
    models = dict.fromkeys((model_label(one.model) for one in shares), formats.NOTHING)
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for one in shares:
        names = {"Hyperparameter": one.hyperparameter.replace("_", " "), "Value": one.value}
        row = rows.setdefault((one.hyperparameter, one.value), names | models)
        end = f" ({one.end})" if one.end else ""
        row[model_label(one.model)] = formats.percent(one.share) + end
    order = [*tuning.CHOICES, "learning_rate"]
    places = sorted(rows, key=lambda place: (order.index(place[0]), _by_size(place[1])))
    caption = (
        "Share of the winners of all repetitions that chose each value, over all m and both kinds "
        "of data. The lowest and the highest value of a model's search space are marked. A "
        f"learning rate is near a bound within a factor of {tuning.NEAR}."
    )
    return table("choices", caption, (rows[place] for place in places), words=2)


def _by_size(value: str) -> tuple[int, str]:
    """Whole numbers by their size, words after them."""
    return (int(value), "") if value.isdigit() else (0, value)


def _luck(found: Findings) -> Table:
    """The sources of luck, where a study draws them anew."""
    rows = (
        names_of(cell)
        | {one.source: f"{100 * one.deviation:.1f} ({100 * one.share:.0f} %)" for one in mine}
        for cell, mine in tuning.lucks(found).items()
    )
    caption = (
        "Standard deviation of the error in per cent, where one source of luck is drawn anew and "
        "the others are held, and in the last column where all are; in brackets the share of the "
        "last column's variance. Sources act together, so that shares may add to more than 100 %."
    )
    return table("luck", caption, rows, words=3)


def _made_of(found: Findings) -> Table:
    rows = (
        {
            **names_of(cell_of(one)),
            "Hyperparameters": (
                f"{formats.counted(one.depth, 'layer')} of {one.width}, {one.activation}, batch "
                f"size {one.batch_size}, {one.optimizer} at {one.learning_rate:.4f}, {one.loss}"
            ),
            "Test MSE": formats.error(one.test_mse),
            "Output spread": formats.fixed(one.output_spread, 2),
        }
        for one in findings.exercise(found)
    )
    caption = (
        "The exercise's winners: hyperparameters, test MSE where there is a test file, and the "
        "standard deviation of the answers along the coordinate in which they differ less."
    )
    return table("exercise-hyperparameters", caption, rows, words=4)


def _time(found: Findings) -> Iterator[Block]:
    if spent := findings.seconds(found):
        total = formats.duration(sum(spent.values()))
        yield Paragraph(f"The trainings took {total} of computing, summed over all cores.")
        rows = ({"Kind": STAGES[one], "Time": formats.duration(s)} for one, s in spent.items())
        yield table("time", "Time of computing by kind of training.", rows)
