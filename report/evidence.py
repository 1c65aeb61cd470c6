"""The evidence: effects, exchange rate, computing and tuning budget, all methods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import expm1, inf, isinf
from statistics import median

from report import compute, contrasts, coverage, figures, formats, repetition_figures, tuning
from report.blocks import Block, Paragraph, Table
from report.contrasts import Contrast, Measure, by_place, label_of
from report.exchange import Exchange
from report.findings import Findings, estimate, floor
from report.looks import picture
from report.methods import Method, methods
from report.reading import Reading
from report.statistics import FAMILY, LEVEL, detectable, needed, within
from study.architectures import ARCHITECTURES
from study.bag import SQUARE
from study.comparisons import Errors
from study.conditions import CONDITIONS
from study.design import Cell
from study.labels import correction_label, model_label
from study.records import Record

ROUNDING = "Equivariance error"  # of two symmetric networks there is nothing else to compare
MEASURES: dict[str, Measure] = {
    "Validation MSE": lambda one: one.validation_mse,
    "Parameters": lambda one: one.parameters,
    ROUNDING: lambda one: one.equivariance_error,
}
BETWEEN = ("built_in", "copies", "symmetry", "both")  # comparisons of two models at one size


def effects(found: Findings) -> list[Block]:
    """The primary family: a forest, a table by size, and the same comparisons of other measures."""
    family = found.primary
    if not family:
        return []
    between = [one for one in family if one.name in BETWEEN]
    blocks: list[Block] = [Paragraph(_how_to_read(found, family))]
    if between:
        caption = (
            f"Change of the {found.rows} MSE from the second model to the first, with intervals "
            "that hold together at 95 %; ticks are single repetitions. Changes between the dotted "
            f"lines, at {found.about.margin:g} %, count as none."
        )
        alt = f"Changes of the {found.rows} error between models: {_extremes(between)}"
        blocks.append(
            picture("effects-forest", figures.forest(between, found.about.margin), alt, caption)
        )
    return [*blocks, _by_size(found, family), _measures_table(found, between or family)]


def _by_size(found: Findings, family: Sequence[Contrast]) -> Table:
    """A row for each pair of models, a column for each size."""
    sizes = sorted({one.cell.m for one in family})
    rows: dict[str, dict[int, str]] = {}
    for one in family:
        marked = one.verdict(found.about.margin) in ("lower", "higher")
        text = formats.bold(formats.change_interval(one.interval), marked)
        rows.setdefault(one.label, {})[one.cell.m] = text
    caption = (
        "The declared comparisons: change of the error in per cent, in brackets the interval. "
        "Bold: lower or higher. [The appendix](#primary) has each verdict, and what an open one "
        "could have found."
    )
    told = tuple(
        (label, *(by_size.get(m, formats.NOTHING) for m in sizes))
        for label, by_size in rows.items()
    )
    columns = ("Comparison", *(f"m = {m:,}" for m in sizes))
    return Table("effects-by-size", caption, columns, told, words=1)


def _how_to_read(found: Findings, family: Sequence[Contrast]) -> str:
    return (
        "Two cells are compared within each repetition, on the same samples; the change is that of "
        f"the {found.rows} MSE, so that below zero the first errs less. These {len(family)} "
        "comparisons were declared in the preset before the study ran. Each has a t-interval at "
        f"{100 * family[0].level:.2f} %. If log ratios are normal, all of them hold "
        f"with {100 * FAMILY:.0f} % probability (Bonferroni). {coverage.told()} What is "
        "shown follows from the interval alone: lower or higher where it excludes zero, equal "
        f"where it lies within {found.about.margin:g} %, otherwise open."
    )


def _extremes(family: Sequence[Contrast]) -> str:
    ordered = sorted(family, key=lambda one: one.interval.mean)
    parts = [
        f"{one.label} at m = {one.cell.m:,}, {formats.change(one.interval.mean)} %"
        for one in (ordered[0], ordered[-1])
    ]
    return " to ".join(parts)


def primary_table(found: Findings) -> Table:
    """Each declared comparison with its verdict."""
    rows = [
        (
            one.label,
            f"{one.cell.m:,}",
            str(one.n),
            formats.change_interval(one.interval),
            shown(one, found.about.margin),
            *_power(one, found),
        )
        for one in found.primary
    ]
    caption = (
        "The declared comparisons. Where the verdict is open: the smallest change that "
        "so many repetitions detect with 80 % probability, and how many repetitions would detect "
        "one half as large."
    )
    columns = (
        "Comparison", "m", "Repetitions", "Change (%)", "Shown", "Detectable (%)",
        "Repetitions for half",
    )  # fmt: skip
    return Table("primary", caption, columns, tuple(rows), words=1)


def shown(one: Contrast, margin: float) -> str:
    """The verdict in words."""
    verdict = one.verdict(margin)
    if verdict in ("lower", "higher") and within(one.interval, margin):
        return f"{verdict}, within {margin:g} %"
    words = {"equal": f"equal within {margin:g} %", "open": "not shown either way"}
    return words.get(verdict, verdict)


def _power(one: Contrast, found: Findings) -> tuple[str, str]:
    """What an open comparison could have found, and what it would take to find half of it.

    Not told where repetitions share rows, which the formula knows nothing of.
    """
    if one.verdict(found.about.margin) != "open" or found.shared(one.reference.m):
        return formats.NOTHING, formats.NOTHING
    least = detectable(one.deviation, one.n, one.level)
    pairs = needed(one.deviation, least / 2, one.level)
    return f"{100 * expm1(least):.1f}", "too many" if isinf(pairs) else f"{pairs:,.0f}"


def _measures_table(found: Findings, family: Sequence[Contrast]) -> Table:
    measured: dict[str, Errors] = {f"{found.rows.capitalize()} MSE": found.errors}
    measured |= {name: contrasts.measured(found.finals, of) for name, of in MEASURES.items()}
    rows = []
    for one in family:
        exact = all(_is_symmetric(cell) for cell in (one.cell, one.reference))
        ratios = {
            name: contrasts.contrast(errors, one.cell, one.reference, found.about, level=one.level)
            for name, errors in measured.items()
        }
        texts = [
            formats.NOTHING
            if name == ROUNDING and exact
            else formats.ratio_interval(ratio.interval)
            for name, ratio in ratios.items()
        ]
        rows.append((one.label, f"{one.cell.m:,}", *texts))
    caption = (
        "The same comparisons of other measures, by the same statistics: the ratio of the first to "
        "the second, below 1 where the first is smaller. Validation rows chose the networks, so "
        "that validation errors may be too low. What is not the test MSE is exploratory."
    )
    columns = ("Comparison", "m", *measured)
    return Table("measures", caption, columns, tuple(rows), words=1)


def _is_symmetric(cell: Cell) -> bool:
    """Whether its networks are equivariant whatever their weights, but for rounding."""
    entry = ARCHITECTURES.get(cell.architecture)
    return bool(entry and entry.symmetric)


def null_check(found: Findings) -> list[Block]:
    """Copies must change nothing for an equivariant network but its tuning and its batches."""
    family = [one for one in found.primary if one.name == "both"]
    if not family:
        return []
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
    return [picture("null", repetition_figures.null_check(family), alt, caption)]


def exchange(reading: Reading) -> list[Block]:
    """How many samples of a standard network an equivariant one's are worth."""
    rates = reading.rates
    if not rates:
        return []
    order = SQUARE.group.order
    caption = (
        "Exchange rate: how many training samples a standard network needs for each one of the "
        "equivariant raw network, to err as little. Interpolated between the sizes of the study, "
        "never beyond: an open triangle means that the largest size is not enough. Intervals: "
        "95 %, from repetitions drawn with replacement."
    )
    least, most = min(rates, key=_rate), max(rates, key=_rate)
    alt = f"Exchange rates: {_worth(least)}, and {_worth(most)}"
    return [picture("exchange-curves", figures.exchange_rates(rates, order), alt, caption)]


def exchange_table(reading: Reading) -> list[Block]:
    """The exchange rates as numbers of samples."""
    sizes = reading.found.about.sizes
    rows = tuple(
        (
            correction_label(one.corrected),
            model_label(one.reference),
            f"{one.m:,}",
            _samples(one.samples, sizes),
            f"{_samples(one.low, sizes)} to {_samples(one.high, sizes)}",
        )
        for one in reading.rates
    )
    if not rows:
        return []
    caption = (
        "Exchange rates: how many samples give a standard network the error of the equivariant raw "
        "network."
    )
    columns = ("Training data", "Standard network", "m", "Worth", "95 % interval")
    return [Table("exchange-rates", caption, columns, rows, words=2)]


def _rate(one: Exchange) -> float:
    return one.samples / one.m


def _worth(one: Exchange) -> str:
    if isinf(one.samples):
        return f"beyond the largest size at m = {one.m:,}"
    return f"{formats.short(_rate(one))} samples for one at m = {one.m:,}"


def _samples(samples: float, sizes: Sequence[int]) -> str:
    if samples == inf:
        return f"> {max(sizes):,}"
    return f"{samples:,.0f}" if samples else f"< {min(sizes):,}"


def computing(reading: Reading) -> list[Block]:
    """Error against steps and seconds, equal steps and epochs, and the lead against the budget."""
    found = reading.found
    curves = [one for one in compute.curves(found) if one.corrected or not _corrected(found)]
    budget = reading.beside.get("budget")
    leads = tuning.leads(budget) if budget else []
    if not curves:
        return []
    m = _told_size(found, [one.m for one in curves])
    mine = [one for one in curves if one.m == m]
    matched = compute.budgets_matched(found)
    caption = (
        f"Validation MSE of the winners so far, at m = {m:,}, against optimiser steps and against "
        "seconds of one core; geometric mean over "
        f"{formats.counted(mine[0].n, 'repetition')}."
    )
    if matched:
        caption += (
            " Below: equivariant raw against standard augmented, with 95 % intervals; ticks are "
            "repetitions, triangles lie beyond the axis."
        )
    if budget and leads:
        caption += (
            " At the bottom: the change from a standard network to equivariant raw as the tuning "
            "budget grows, from the study of the budget "
            f"({formats.counted(budget.about.repetitions, 'repetition')})."
        )
    alt = "Validation error against steps; " + "; ".join(
        f"{model_label(one.model)} ends at {formats.error(float(one.errors[-1]))}" for one in mine
    )
    blocks: list[Block] = [picture("compute", figures.compute(mine, matched, leads), alt, caption)]
    if matched:
        blocks.append(_matched_table(matched))
    if leads:
        blocks.append(budget_table(leads, found.rows))
    return blocks


def _corrected(found: Findings) -> bool:
    return any(cell.corrected for cell in found.finals)


def _told_size(found: Findings, sizes: Sequence[int]) -> int:
    """The size at which a figure stands for all: that of the first conditions, or the smallest."""
    with_conditions = [cell.m for cell in found.finals if cell.condition and cell.m in sizes]
    return min(with_conditions or sizes)


def _matched_table(matched: Sequence[tuple[Contrast, Contrast]]) -> Table:
    rows = tuple(
        (
            f"{steps.cell.m:,}",
            correction_label(steps.cell.corrected),
            formats.change_interval(steps.interval),
            formats.change_interval(epochs.interval),
            str(epochs.n),
        )
        for steps, epochs in matched
    )
    caption = (
        "Equivariant raw against standard augmented, change of the error in per cent with its 95 % "
        "interval (exploratory): with as many steps each, and with as many epochs, for which the "
        f"standard network takes {SQUARE.group.order} times the steps."
    )
    columns = ("m", "Training data", "As many steps", "As many epochs", "Repetitions")
    return Table("equal-budgets", caption, columns, rows, words=2)


def budgets(found: Findings) -> list[Block]:
    """The lead under each tuning budget, in a study of budgets."""
    leads = tuning.leads(found)
    return [budget_table(leads, found.rows)] if leads else []


def budget_table(leads: Sequence[tuning.Lead], rows: str) -> Table:
    """The lead of equivariant raw under each tuning budget."""
    told = tuple(
        (
            f"{one.contrast.cell.m:,}",
            "against " + label_of(one.contrast.reference),
            f"{one.proposals:,}",
            f"{one.finalists:,}",
            f"{one.steps:,}",
            f"{one.total:,}",
            str(one.contrast.n),
            formats.change_interval(one.contrast.interval),
        )
        for one in leads
    )
    columns = (
        "m", "Equivariant raw", "Proposals", "Trained in full", "Steps of a full training",
        "Steps in all", "Repetitions", "Change (%)",
    )  # fmt: skip
    caption = (
        f"Change of the {rows} MSE from a standard network to the equivariant raw one under each "
        "tuning budget, with its 95 % interval (exploratory)."
    )
    return Table("budget", caption, columns, told, words=2)


def all_methods(found: Findings) -> list[Block]:
    """Networks, controls and baselines, sorted, at the sizes that have them."""
    listed = methods(found)
    if not listed:
        return []
    best = [(place, mine[0]) for place, mine in listed.items()]
    alt = "The best methods are " + formats.listed(
        f"{name_of(one)} at m = {m:,}, {correction_label(corrected)}"
        for (m, corrected), one in best
    )
    caption = (
        f"All methods by their {found.rows} MSE, with 95 % intervals and the median number of "
        "parameters. An averaged network answers with the mean of its answers to the eight moved "
        "flows, moved back. The box is the 95 % interval of the noise floor."
    )
    panels = {place: mine for place, mine in listed.items() if place[1]} or listed
    return [picture("methods-sorted", figures.methods(panels, floor(found)), alt, caption)]


def methods_table(found: Findings) -> list[Block]:
    """All methods with their numbers."""
    listed = methods(found)
    rows = tuple(_method_row(place, one) for place, mine in listed.items() for one in mine)
    if not rows:
        return []
    columns = (
        "m", "Training data", "Method", "Repetitions", f"{found.rows.capitalize()} MSE",
        "Distance (mm)", "Parameters", "Equivariance error", "Change (%)",
    )  # fmt: skip
    words = (
        "All methods, the best first, with medians of parameters and equivariance errors. The "
        "change is against the cell that a control varies, over the repetitions that both have; "
        "all intervals are at 95 % and exploratory."
    )
    return [Table("all-methods", words, columns, rows, words=3)]


def name_of(one: Method) -> str:
    """A method in prose: with its condition where the model alone does not tell it."""
    label = label_of(one.cell)
    if one.averaged:
        return f"{label}, averaged"
    varied = one.against and one.against.reference.architecture == one.cell.architecture
    return f"{label} ({CONDITIONS[one.cell.condition].label})" if varied else label


def _method_row(place: tuple[int, bool], one: Method) -> tuple[str, ...]:
    m, corrected = place
    return (
        f"{m:,}",
        correction_label(corrected),
        name_of(one),
        str(one.estimate.n),
        formats.error_interval(one.estimate.interval),
        formats.millimetres(one.estimate.interval.mean),
        formats.NOTHING if one.parameters is None else f"{one.parameters:,.0f}",
        formats.NOTHING if one.averaged else formats.scientific(one.equivariance_error),
        formats.change_interval(one.against.interval) if one.against else formats.NOTHING,
    )


def cells(found: Findings) -> Iterator[tuple[Cell, list[Record]]]:
    """The grid's cells, by size, with what their repetitions come to."""
    for cell in by_place(cell for cell in found.errors if not cell.condition):
        yield cell, list(found.finals[cell].values())


def cells_table(found: Findings) -> Table:
    """Every cell of the grid with its errors, parameters and equivariance error."""
    rows = []
    for cell, records in cells(found):
        interval = estimate(found.errors[cell].values(), found.shared(cell.m)).interval
        rows.append(
            (
                f"{cell.m:,}",
                correction_label(cell.corrected),
                label_of(cell),
                str(len(found.errors[cell])),
                formats.error_interval(interval),
                formats.millimetres(interval.mean),
                formats.error(estimate(found.chose_by[cell].values()).interval.mean),
                f"{median(one.parameters or 0 for one in records):,.0f}",
                formats.scientific(median(one.equivariance_error or 0.0 for one in records)),
            )
        )
    caption = (
        f"All cells: geometric means over repetitions, with the {100 * LEVEL:.0f} % interval of "
        f"the {found.rows} MSE; medians of parameters and equivariance errors. The distance is the "
        "root mean square. Validation rows chose, so that validation errors may be too low."
    )
    columns = (
        "m", "Training data", "Model", "Repetitions", f"{found.rows.capitalize()} MSE",
        "Distance (mm)", "Validation MSE", "Parameters", "Equivariance error",
    )  # fmt: skip
    return Table("cells", caption, columns, tuple(rows), words=3)
