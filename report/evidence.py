"""Evidence beside the effects: exchange rate, computing and tuning budget, all methods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isinf

from report import compute, figures, formats, tuning
from report.blocks import Block, Lines, Table, table
from report.contrasts import Contrast, label_of, place_of
from report.exchange import Exchange
from report.findings import Findings, floor
from report.looks import picture
from report.methods import Method, methods
from report.reading import Reading
from study.bag import SQUARE
from study.conditions import CONDITIONS
from study.labels import correction_label


def exchange(reading: Reading) -> Iterator[Block]:
    """How many samples of a standard network an equivariant one's are worth."""
    rates = reading.rates
    if not rates:
        return
    caption = (
        "Exchange rate: the number of training samples that a standard network needs for each "
        "sample of the equivariant raw network, at the same error. Interpolated between the sizes "
        "of the study, never beyond: an open triangle means that the largest size is not enough. "
        "Intervals: 95 %, from repetitions drawn with replacement."
    )
    least, most = min(rates, key=_rate), max(rates, key=_rate)
    alt = f"Exchange rates: {_worth(least)}, and {_worth(most)}"
    yield picture("exchange-curves", figures.exchange_rates(rates), alt, caption)


def exchange_table(reading: Reading) -> Table:
    """The exchange rates as numbers of samples."""
    sizes = reading.found.about.sizes
    rows = (
        {
            "Training data": correction_label(one.cell.corrected),
            "Standard network": label_of(one.reference),
            "m": f"{one.cell.m:,}",
            "Worth": _samples(one.samples, sizes),
            "95 % interval": f"{_samples(one.low, sizes)} to {_samples(one.high, sizes)}",
        }
        for one in reading.rates
    )
    caption = (
        "Equivalent sample sizes: the number of samples with which a standard network reaches the "
        "error of the equivariant raw network with m."
    )
    return table("exchange-rates", caption, rows, words=2)


def _rate(one: Exchange) -> float:
    return one.samples / one.cell.m


def _worth(one: Exchange) -> str:
    if isinf(one.samples):
        return f"beyond the largest size at m = {one.cell.m:,}"
    return f"{formats.short(_rate(one))} samples for one at m = {one.cell.m:,}"


def _samples(samples: float, sizes: Sequence[int]) -> str:
    if samples == inf:
        return f"> {max(sizes):,}"
    return f"{samples:,.0f}" if samples else f"< {min(sizes):,}"


def computing(reading: Reading) -> Iterator[Block]:
    """Error against steps and seconds, equal steps and epochs, and the lead against the budget."""
    found = reading.found
    curves = compute.curves(found)
    budget = reading.beside.get("budget")
    leads = tuning.leads(budget) if budget else []
    if not curves:
        return
    sizes = {one.cell.m for one in curves}
    m = min(sizes & {cell.m for cell in found.finals if cell.condition} or sizes)
    mine = [one for one in curves if one.cell.m == m]
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
        f"{label_of(one.cell)} ends at {formats.error(float(one.errors[-1]))}" for one in mine
    )
    yield picture("compute", figures.compute(mine, matched, leads), alt, caption)
    yield _matched_table(matched)
    yield budget_table(leads, found.rows)


def _matched_table(matched: Sequence[tuple[Contrast, Contrast]]) -> Table:
    rows = (
        {
            **place_of(steps.cell),
            "As many steps": formats.change_interval(steps.interval),
            "As many epochs": formats.change_interval(epochs.interval),
            "Repetitions": str(epochs.n),
        }
        for steps, epochs in matched
    )
    caption = (
        "Equivariant raw against standard augmented, change of the error in per cent with its 95 % "
        "interval (exploratory): with as many steps each, and with as many epochs, for which the "
        f"standard network takes {SQUARE.group.order} times the steps."
    )
    return table("equal-budgets", caption, rows, words=2)


def budget_table(leads: Sequence[tuning.Lead], rows: str) -> Table:
    """The lead of equivariant raw under each tuning budget."""
    told = (
        {
            "m": f"{one.contrast.cell.m:,}",
            "Equivariant raw": "against " + label_of(one.contrast.reference),
            "Proposals": f"{one.proposals:,}",
            "Trained in full": f"{one.finalists:,}",
            "Steps of a full training": f"{one.steps:,}",
            "Steps in all": f"{one.total:,}",
            "Repetitions": str(one.contrast.n),
            "Change (%)": formats.change_interval(one.contrast.interval),
        }
        for one in leads
    )
    caption = (
        f"Change of the {rows} MSE from a standard network to the equivariant raw one under each "
        "tuning budget, with its 95 % interval (exploratory)."
    )
    return table("budget", caption, told, words=2)


def all_methods(found: Findings) -> Iterator[Block]:
    """Networks, controls and baselines, sorted, at the sizes that have them."""
    listed = methods(found)
    if not listed:
        return
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
    yield picture("methods-sorted", figures.methods(panels, floor(found)), alt, caption)
    there = {one.cell.condition for mine in listed.values() for one in mine}
    controls = [one for name, one in CONDITIONS.items() if name in there and one.meaning]
    yield Lines(tuple(f"**{one.label.capitalize()}**: {one.meaning}." for one in controls))


def methods_table(found: Findings) -> Table:
    """All methods with their numbers."""
    rows = (_method_row(one, found.rows) for mine in methods(found).values() for one in mine)
    caption = (
        "All methods, the best first, with medians of parameters and equivariance errors. The "
        "change is against the cell that a control varies, over the repetitions that both have; "
        "all intervals are at 95 % and exploratory."
    )
    return table("all-methods", caption, rows, words=3)


def name_of(one: Method) -> str:
    """A method in prose: with its condition where the model alone does not tell it."""
    label = label_of(one.cell)
    if one.averaged:
        return f"{label}, averaged"
    varied = one.against and one.against.reference.architecture == one.cell.architecture
    return f"{label} ({CONDITIONS[one.cell.condition].label})" if varied else label


def _method_row(one: Method, rows: str) -> dict[str, str]:
    interval, against = one.estimate.interval, one.against
    return {
        **place_of(one.cell),
        "Method": name_of(one),
        "Repetitions": str(one.estimate.n),
        f"{rows.capitalize()} MSE": formats.interval(interval, formats.error),
        "Distance (mm)": formats.millimetres(interval.mean),
        "Parameters": formats.fixed(one.parameters, 0),
        "Equivariance error": formats.scientific(one.equivariance_error),
        "Change (%)": formats.change_interval(against.interval) if against else formats.NOTHING,
    }
