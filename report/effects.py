"""The effects: the declared comparisons, of the error and of other measures, and all cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import expm1, isinf
from statistics import geometric_mean

from report import contrasts, coverage, figures, formats, repetition_figures
from report.blocks import Block, Paragraph, Table, table
from report.contrasts import Contrast, Measure, names_of
from report.findings import Findings
from report.looks import picture
from report.methods import method
from report.statistics import FAMILY, FEWEST, LEVEL, detectable, needed, within
from study.architectures import is_symmetric
from study.comparisons import Errors
from study.labels import correction_label

ROUNDING = "Equivariance error"  # of two symmetric networks there is nothing else to compare
MEASURES: dict[str, Measure] = {
    "Validation MSE": lambda one: one.validation_mse,
    "Parameters": lambda one: one.parameters,
    ROUNDING: lambda one: one.equivariance_error,
}
BETWEEN = ("built_in", "copies", "symmetry", "both")  # comparisons of two models at one size


def effects(found: Findings) -> Iterator[Block]:
    """The primary family: a forest, a table by size, and the same comparisons of other measures."""
    family = found.primary
    if not family:
        return
    between = [one for one in family if one.name in BETWEEN]
    yield Paragraph(_how_to_read(found, family))
    if between:
        caption = (
            f"Change of the {found.rows} MSE from the second model to the first, with intervals "
            "that hold together; ticks are single repetitions. Changes between the dotted "
            f"lines, at {family[0].margin:g} %, count as none."
        )
        ordered = sorted(between, key=lambda one: one.interval.mean)
        least, most = (
            f"{one.label} at m = {one.cell.m:,}, {formats.change(one.interval.mean)} %"
            for one in (ordered[0], ordered[-1])
        )
        alt = f"Changes of the {found.rows} error between models: {least} to {most}"
        yield picture("effects-forest", figures.forest(between), alt, caption)
    yield _by_size(family)
    yield _measures_table(found, between or family)


def _by_size(family: Sequence[Contrast]) -> Table:
    """A row for each pair of models, a column for each size."""
    sizes = {f"m = {m:,}": formats.NOTHING for m in sorted({one.cell.m for one in family})}
    rows: dict[str, dict[str, str]] = {}
    for one in family:
        marked = one.verdict in ("lower", "higher")
        row = rows.setdefault(one.label, {"Comparison": one.label, **sizes})
        row[f"m = {one.cell.m:,}"] = formats.bold(formats.change_interval(one.interval), marked)
    caption = (
        "The declared comparisons: change of the error in per cent, in brackets the interval. "
        "Bold: lower or higher. [The appendix](#primary) has each verdict, and what an open one "
        "could have found."
    )
    return table("effects-by-size", caption, rows.values())


def _how_to_read(found: Findings, family: Sequence[Contrast]) -> str:
    return (
        "Two cells are compared within each repetition, on the same samples; the change is that of "
        f"the {found.rows} MSE, so that below zero the first errs less. These {len(family)} "
        "comparisons were declared in the preset before the study ran. Each has a t-interval at "
        f"{100 * family[0].level:.2f} %. If log ratios are normal, all of them hold "
        f"with {100 * FAMILY:.0f} % probability (Bonferroni). {coverage.told()} What is "
        "shown follows from the interval alone: lower or higher where it excludes zero, else equal "
        f"where it lies within {family[0].margin:g} %, else nothing either way. Fewer than "
        f"{FEWEST} repetitions are too few."
    )


def primary_table(found: Findings) -> Table:
    """Each declared comparison with its verdict."""
    rows = (
        {
            "Comparison": one.label,
            "m": f"{one.cell.m:,}",
            "Repetitions": str(one.n),
            "Change (%)": formats.change_interval(one.interval),
            "Shown": shown(one),
            **_power(one, found),
        }
        for one in found.primary
    )
    caption = (
        "The declared comparisons. Where the verdict is open: the smallest change that "
        "so many repetitions detect with 80 % probability, and how many repetitions would detect "
        "one half as large."
    )
    return table("primary", caption, rows)


def shown(one: Contrast) -> str:
    """The verdict in words."""
    if one.verdict in ("lower", "higher") and within(one.interval, one.margin):
        return f"{one.verdict}, within {one.margin:g} %"
    words = {"equal": f"equal within {one.margin:g} %", "open": "not shown either way"}
    return words.get(one.verdict, one.verdict)


def _power(one: Contrast, found: Findings) -> dict[str, str]:
    """What an open comparison could have found, and what it would take to find half of it.

    Not told where repetitions share rows, which the formula knows nothing of.
    """
    told = half = formats.NOTHING
    if one.verdict == "open" and not found.shared(one.reference.m):
        least = detectable(one.deviation, one.n, one.level)
        pairs = needed(one.deviation, least / 2, one.level)
        told, half = f"{100 * expm1(least):.1f}", "too many" if isinf(pairs) else f"{pairs:,.0f}"
    return {"Detectable (%)": told, "Repetitions for half": half}


def _measures_table(found: Findings, family: Sequence[Contrast]) -> Table:
    measured: dict[str, Errors] = {f"{found.rows.capitalize()} MSE": found.errors}
    measured |= {name: contrasts.measured(found.finals, of) for name, of in MEASURES.items()}

    def told(one: Contrast, name: str) -> str:
        pair = one.cell, one.reference
        if name == ROUNDING and all(is_symmetric(cell.architecture) for cell in pair):
            return formats.NOTHING
        ratio = contrasts.contrast(measured[name], *pair, found.about, level=one.level)
        return formats.interval(ratio.interval, formats.ratio)

    rows = (
        {
            "Comparison": one.label,
            "m": f"{one.cell.m:,}",
            **{name: told(one, name) for name in measured},
        }
        for one in family
    )
    caption = (
        "The same comparisons of other measures, by the same statistics: the ratio of the first to "
        "the second, below 1 where the first is smaller. Validation rows chose the networks, so "
        "that validation errors may be too low. What is not the test MSE is exploratory."
    )
    return table("measures", caption, rows)


def null_check(found: Findings) -> Iterator[Block]:
    """Copies must change nothing for an equivariant network but its tuning and its batches."""
    family = [one for one in found.primary if one.name == "both"]
    if not family:
        return
    widest = max(family, key=lambda one: abs(one.interval.mean))
    caption = (
        f"A check of the study itself, on {correction_label(family[0].cell.corrected)} data: "
        "copies tell an equivariant network nothing new, so that its error with and without them "
        "may differ by tuning and batches alone. Each dot is a repetition; beside them the mean "
        f"and its interval at {100 * family[0].level:.2f} %."
    )
    alt = (
        "Changes of error by copies for the equivariant network; the largest mean is "
        f"{formats.change(widest.interval.mean)} % at m = {widest.cell.m:,}"
    )
    yield picture("null", repetition_figures.null_check(family), alt, caption)


def cells_table(found: Findings) -> Table:
    """Every cell of the grid with its errors, parameters and equivariance error."""
    rows = (
        {
            **names_of(one.cell),
            "Repetitions": str(one.estimate.n),
            f"{found.rows.capitalize()} MSE": formats.interval(
                one.estimate.interval, formats.error
            ),
            "Distance (mm)": formats.millimetres(one.estimate.interval.mean),
            "Validation MSE": formats.error(geometric_mean(found.chose_by[one.cell].values())),
            "Parameters": formats.fixed(one.parameters, 0),
            "Equivariance error": formats.scientific(one.equivariance_error),
        }
        for one in (method(found, cell) for cell in found.grid)
    )
    caption = (
        f"All cells: geometric means over repetitions, with the {100 * LEVEL:.0f} % interval of "
        f"the {found.rows} MSE; medians of parameters and equivariance errors. The distance is the "
        "root mean square. Validation rows chose, so that validation errors may be too low."
    )
    return table("cells", caption, rows, words=3)
