"""The appendix: what a referee asks for."""

from __future__ import annotations

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
from report.blocks import Block, Paragraph, Table, tables
from report.contrasts import cell_of, names_of
from report.findings import Findings
from report.looks import picture
from report.methods import exploratory, interactions
from report.reading import Reading
from study.labels import correction_label, in_order, model_label
from study.records import Record

STAGES = {
    "proposal": "short trainings of proposals",
    "full": "full trainings",
    "start": "further starts of the exercise",
    "fitted": "models without a network",
    "sweep": "trainings of the sweep",
}


def appendix(reading: Reading) -> list[Block]:
    """All of it; what a study lacks is left out, and inference where it has no answer."""
    found = reading.found
    inference: list[Block] = []
    if found.settled:
        inference = [
            effects.primary_table(found),
            *_p_values(found),
            *_exploratory(found),
            *_interactions(found),
            *evidence.exchange_table(reading),
        ]
    return [
        *([effects.cells_table(found)] if found.grid else []),
        *evidence.methods_table(found),
        *inference,
        *_departures(found),
        *_selection(found),
        *_pictures(found),
        *choices(found),
        *luck(found),
        *_made_of(found),
        *_time(found),
    ]


def _p_values(found: Findings) -> list[Block]:
    rows = tuple(
        (one.label, f"{one.cell.m:,}", str(one.n), formats.p_value(p), formats.p_value(adjusted))
        for one, (p, adjusted) in zip(found.primary, found.p_values, strict=True)
    )
    caption = (
        "Sign-flip tests of the declared comparisons, and Holm's adjustment over all of them. No "
        "verdict rests on them."
    )
    return [Table("p-values", caption, ("Comparison", "m", "Repetitions", "p", "p (Holm)"), rows)]


def _exploratory(found: Findings) -> list[Block]:
    rows = tuple(
        (
            one.label,
            f"{one.cell.m:,}",
            correction_label(one.cell.corrected),
            str(one.n),
            formats.change_interval(one.interval),
        )
        for one in exploratory(found)
    )
    caption = (
        "Exploratory comparisons, which were not declared: change of the error in per cent with a "
        "95 % interval for each alone. About one in twenty such intervals misses its true value."
    )
    columns = ("Comparison", "m", "Training data", "Repetitions", "Change (%)")
    return tables("exploratory", caption, columns, rows, words=1)


def _interactions(found: Findings) -> list[Block]:
    rows = tuple(
        (f"{cell.m:,}", correction_label(cell.corrected), formats.ratio_interval(interval))
        for cell, interval in interactions(found)
    )
    caption = (
        "Interaction: the ratio of what copies do to the equivariant network's error to what they "
        "do to the standard network's. Above 1, copies help the standard network more."
    )
    return tables("interaction", caption, ("m", "Training data", "Ratio of ratios"), rows, words=2)


def _departures(found: Findings) -> list[Block]:
    """How much of a network's error is its departure from symmetry."""
    averaged = contrasts.measured(found.finals, lambda one: one.orbit_mse)
    rows = []
    for cell in (one for one in found.grid if one in averaged):
        whole, rest = (geometric_mean(one[cell].values()) for one in (found.errors, averaged))
        share = max(0.0, 1 - rest / whole)
        names = names_of(cell)
        rows.append((*names, formats.error(whole), formats.error(rest), formats.percent(share)))
    caption = (
        "Departure from symmetry. The MSE of a network is that of its average over the symmetries "
        "plus the mean square of its difference from that average (over the test rows and their "
        "moved copies; here over the test rows alone, which estimates it)."
    )
    columns = ("m", "Training data", "Model", "MSE", "MSE of the average", "Share of departure")
    return tables("departure", caption, columns, rows, words=3)


def _selection(found: Findings) -> list[Block]:
    """The error on the rows that chose against that on the rows that score."""
    if found.rows != "test":
        return []
    rows = []
    for cell in found.grid:
        both = (found.chose_by, found.errors)
        chose, scored = (geometric_mean(one[cell].values()) for one in both)
        names = names_of(cell)
        change = formats.change(log(chose / scored))
        rows.append((*names, formats.error(chose), formats.error(scored), change))
    caption = (
        "Selection: the winners' error on the validation rows that chose them against that on the "
        "test rows. The difference holds the effect of choosing, and the luck of the rows."
    )
    columns = ("m", "Training data", "Model", "Validation MSE", "Test MSE", "Difference (%)")
    return tables("selection", caption, columns, rows, words=3)


def _pictures(found: Findings) -> list[Block]:
    errors, curves = found.grid_estimates, compute.curves(found)
    blocks: list[Block] = []
    if errors:
        caption = f"The {found.rows} MSE of each repetition, by model and m."
        alt = "The error of every repetition as a dot, by model and m"
        blocks.append(picture("spread", repetition_figures.spread(errors), alt, caption))
    if mine := [one for one in curves if one.cell.corrected] or curves:
        caption = (
            "Learning curves: the lowest validation MSE so far of the winners, geometric mean over "
            "repetitions."
        )
        alt = "The validation error of each model against its steps, a panel for each m"
        blocks.append(picture("learning", network_figures.learning_curves(mine), alt, caption))
    return blocks


def choices(found: Findings) -> list[Block]:
    """What the tuning chose, and how often it stood at an edge of its space."""
    shares = tuning.shares(found)
    if not shares:
        return []
    models = in_order(one.model for one in shares)
    told = {(one.hyperparameter, one.value, one.model): one for one in shares}
    names = [*tuning.CHOICES, "learning_rate"]
    values = dict.fromkeys((one.hyperparameter, one.value) for one in shares)
    order = sorted(values, key=lambda pair: (names.index(pair[0]), _by_size(pair[1])))
    rows = tuple(
        (name.replace("_", " "), value, *(_share(told.get((name, value, one))) for one in models))
        for name, value in order
    )
    caption = (
        "Share of the winners of all repetitions that chose each value, over all m and both kinds "
        "of data. The lowest and the highest value of a model's search space are marked. A "
        f"learning rate is near a bound within a factor of {tuning.NEAR}."
    )
    columns = ("Hyperparameter", "Value", *map(model_label, models))
    return [Table("choices", caption, columns, rows, words=2)]


def _share(one: tuning.Share | None) -> str:
    if one is None:
        return formats.NOTHING
    return f"{formats.percent(one.share)}{f' ({one.end})' if one.end else ''}"


def _by_size(value: str) -> tuple[int, str]:
    """Whole numbers by their size, words after them."""
    return (int(value), "") if value.isdigit() else (0, value)


def luck(found: Findings) -> list[Block]:
    """The sources of luck, where a study draws them anew."""
    lucks = tuning.lucks(found)
    if not lucks:
        return []
    sources = [one.source for one in next(iter(lucks.values()))]
    rows = tuple(
        (
            *names_of(cell),
            *(f"{100 * one.deviation:.1f} ({100 * one.share:.0f} %)" for one in mine),
        )
        for cell, mine in lucks.items()
    )
    caption = (
        "Standard deviation of the error in per cent, where one source of luck is drawn anew and "
        "the others are held, and in the last column where all are; in brackets the share of the "
        "last column's variance. Sources act together, so that shares may add to more than 100 %."
    )
    return [Table("luck", caption, ("m", "Training data", "Model", *sources), rows, words=3)]


def _made_of(found: Findings) -> list[Block]:
    rows = tuple(
        (
            *names_of(cell_of(one)),
            _hyperparameters(one),
            formats.error(one.test_mse),
            formats.NOTHING if one.output_spread is None else f"{one.output_spread:.2f}",
        )
        for one in findings.exercise(found)
    )
    caption = (
        "The exercise's winners: hyperparameters, test MSE where there is a test file, and the "
        "standard deviation of the answers along the coordinate in which they differ less."
    )
    columns = ("m", "Training data", "Model", "Hyperparameters", "Test MSE", "Output spread")
    return tables("exercise-hyperparameters", caption, columns, rows, words=4)


def _hyperparameters(one: Record) -> str:
    return (
        f"{formats.counted(one.depth, 'layer')} of {one.width}, {one.activation}, batch size "
        f"{one.batch_size}, {one.optimizer} at {one.learning_rate:.4f}, {one.loss}"
    )


def _time(found: Findings) -> list[Block]:
    spent = findings.seconds(found)
    if not spent:
        return []
    rows = tuple((STAGES.get(stage, stage), formats.duration(s)) for stage, s in spent.items())
    total = formats.duration(sum(spent.values()))
    return [
        Paragraph(f"The trainings took {total} of computing, summed over all cores."),
        Table("time", "Time of computing by kind of training.", ("Kind", "Time"), rows),
    ]
