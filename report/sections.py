"""A reading -> the sections of its page, in the order in which a reader needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan

import numpy as np

from report import (
    effects,
    evidence,
    figures,
    findings,
    formats,
    network_figures,
    repetition_figures,
    tuning,
)
from report.appendix import appendix
from report.blocks import Block, Lines, Paragraph, Picture, Section, Table, section, table
from report.caveats import budget_answer, caveats
from report.claims import claims
from report.contrasts import cell_of, label_of, names_of, place_of
from report.exercise import exercise
from report.findings import Findings
from report.looks import picture
from report.marks import foreign
from report.networks import Map
from report.reading import Reading
from report.setup import setup
from report.statistics import FEWEST, LEVEL
from study.calibration import NEAR, REGIONS
from study.conditions import CONDITIONS
from study.design import TRAINED_IN_FULL
from study.records import Record

WORDS = (
    "Standard, equivariant: networks without and with the square's symmetry built in. Raw, "
    "augmented: trained on m samples as they are, or with copies, the seven rotated and reflected "
    "versions of each. MSE: mean squared error of a coordinate, in (750 mm)²; mm: root mean square "
    "distance."
)

DOUBT = Paragraph(
    "The data of this study are doubtful, and so is all that follows: see the [caveats](#caveats).",
    loud=True,
)


def sections(reading: Reading) -> list[Section]:
    """All that the page has to tell; a section without content is left out.

    Where a study is not complete, or has too few repetitions for any verdict, no evidence is laid
    out, and the exercise comes first.
    """
    found = reading.found
    answer = tuple(_answer(found))
    leads = evidence.budget_table(tuning.leads(found), found.rows)
    told = [
        section("Answer" if answer else "Trainings", (*answer, *_below(reading)), "answer"),
        section("The exercise", exercise(reading), "exercise"),
        section("The sweep", [_sweep(found)], "sweep"),
        section("Caveats", _caveats(reading), "caveats"),
        section("The tuning budget", [leads], "budgets"),
        *(_evidence(reading) if found.settled else ()),
        section("The sensor's offset", _sensor(found), "sensor"),
        section("Where it fails", _where(reading), "where"),
        section("Method", setup(found), "method"),
        section("Appendix", appendix(reading), "appendix", folded=True),
    ]
    if not found.settled and findings.exercise(found):
        told[0], told[1] = told[1], told[0]
    first, *others = [one for one in told if one.blocks]
    if any(remark.loud for remark in found.about.remarks):
        first = replace(first, blocks=(DOUBT, *first.blocks))
    return [first, *others]


def _evidence(reading: Reading) -> Iterator[Section]:
    found = reading.found
    told = [*effects.effects(found), *effects.null_check(found)]
    yield section("Effects", told, "effects")
    yield section("Exchange rate", evidence.exchange(reading), "exchange")
    yield section("Computing and tuning", evidence.computing(reading), "computing")
    yield section("All methods", evidence.all_methods(found), "methods")


def _answer(found: Findings) -> Iterator[Block]:
    """The figure, and what may be said of it."""
    told = claims(found)
    if found.unfinished:
        yield Paragraph(
            f"This study is not complete: {len(found.records):,} of {found.about.planned:,} "
            "trainings are there. What follows may change; run `make study` to go on.",
            loud=True,
        )
    elif told:
        yield Lines(tuple(told))
    if found.grid and not told:
        count = max(one.n for one in found.grid_estimates.values())
        if count < FEWEST:
            yield Paragraph(
                f"**No inference with {formats.counted(count, 'repetition')}**: {FEWEST} are "
                "needed before a test could show anything. The figure shows what is there."
            )
    if leads := tuning.leads(found):
        yield Paragraph(budget_answer(leads) or "Not all budgets are there yet.")
        caption = (
            f"Change of the {found.rows} MSE from a standard network to the equivariant raw one, "
            "against the steps of a repetition's tuning in all, with 95 % intervals."
        )
        yield picture(
            "budget-curves", figures.budget_curves(leads), budget_answer(leads) or caption, caption
        )
    elif found.grid:
        yield _error_picture(found)
    for m in dict.fromkeys(one.cell.m for one in findings.swept(found)):
        yield Paragraph(_sweep_answer(found, m))


def _error_picture(found: Findings) -> Picture:
    estimates = found.grid_estimates
    count = max(one.n for one in estimates.values())
    caption = (
        f"Geometric mean of the {found.rows} error against the number m of training samples, with "
        f"{100 * LEVEL:.0f} % t-intervals over {formats.counted(count, 'repetition')}."
    )
    bound = findings.floor(found)
    if bound:
        caption += (
            f" Noise floor: {bound.mean:.4f}, {foreign(found.about.floor_source)}; box: its 95 % "
            "interval."
        )
    first = found.grid[0]
    least = [
        f"{label_of(cell)} {formats.error(estimates[cell].interval.mean)}"
        for cell in sorted(found.grid)
        if (cell.m, cell.corrected) == (first.m, first.corrected)
    ]
    alt = f"Errors against m; at m = {first.m:,}: {', '.join(least)}"
    return picture("error", figures.error_curves(estimates, bound, found.rows), alt, caption)


def _below(reading: Reading) -> Iterator[Block]:
    """Small, below the answer: how many repetitions, what failed, what intervals cover."""
    found, about = reading.found, reading.found.about
    counts = findings.stages(found)
    full, failed = _trained(counts, TRAINED_IN_FULL)
    parts = []
    if about.repetitions and about.proposals:
        others = f" ({about.condition_repetitions:,} of each control and baseline)"
        parts.append(
            f"{about.repetitions:,} complete repetitions of each network"
            f"{others if about.condition_repetitions else ''}, each tuned by "
            f"{formats.counted(about.proposals, 'proposal')} and "
            f"{formats.counted(about.finalists, 'full training')} of {about.steps:,} steps"
        )
    if full:
        short, lost = _trained(counts, ["proposal"])
        parts.append(
            f"{failed:,} of {full:,} full trainings ({formats.percent(failed / full)}) and "
            f"{lost:,} of {short:,} short ones died or diverged"
        )
    elif counts:
        done, failed = _trained(counts, [*counts])
        parts.append(f"{failed:,} of {done:,} trainings failed")
    if found.settled:
        source = "one simulator, fitted to one bag" if about.simulated else "one bag"
        parts.append(
            "intervals cover the luck of samples, tuning, starting weights and batches, but not "
            f"other data than those of {source}; see the [caveats](#caveats), "
            "the [effects](#effects) and [all cells](#cells)"
        )
    if parts:
        yield Paragraph(f"{'; '.join(parts)}.", small=True)
    yield Paragraph(WORDS, small=True)


def _trained(counts: Mapping[str, Mapping[str, int]], stages: Sequence[str]) -> tuple[int, int]:
    """How many trainings of these stages there are, and how many of them failed."""
    mine = [counts[one] for one in stages if one in counts]
    done = sum(sum(one.values()) for one in mine)
    return done, done - sum(one["sound"] for one in mine)


def _caveats(reading: Reading) -> Iterator[Block]:
    yield Lines(tuple(caveats(reading)))
    rows = (
        {
            "Model": label_of(cell),
            **place_of(cell),
            "Condition": CONDITIONS[cell.condition].label,
            "Number of the repetition": formats.listed(repetitions),
        }
        for cell, repetitions in findings.unsound(reading.found).items()
    )
    caption = "Repetitions without a sound network. They are left out of all means."
    yield table("unsound", caption, rows, words=5)


def _sensor(found: Findings) -> Iterator[Block]:
    estimates, known = findings.offsets(found), findings.true_offset(found)
    if not estimates:
        return
    repeated = [one for one in estimates if one.repetition]
    yield Lines(tuple(_offset(one) for one in estimates if not one.repetition))
    if repeated:
        right = sum(known is not None and one.sensor == known[0] for one in repeated)
        caption = "The sensor's offset as each repetition estimates it from its training samples."
        alt = f"Estimates of the offset from {formats.counted(len(repeated), 'set')} of samples"
        if known:
            caption += (
                f" The samples were simulated with {known[1]:g} at sensor {known[0]}, which "
                f"{right} of {len(repeated)} estimates name."
            )
        yield picture("offsets", repetition_figures.offsets(repeated, known), alt, caption)
    corrections = [one for one in found.primary if one.name == "correction"]
    if corrections and found.settled:
        caption = (
            "What correcting the sensor changes in each model's error, with intervals that hold "
            "together."
        )
        least = min(corrections, key=lambda one: one.interval.mean)
        alt = f"The largest change: {least.label}, {formats.change(least.interval.mean)} %"
        yield picture("correction", figures.forest(corrections), alt, caption)


def _offset(one: findings.Offset) -> str:
    """The offset of a training file, in a sentence."""
    if not one.sensor:
        return f"In the training file with {one.m:,} rows, no sensor is found to read off."
    return (
        f"In the training file with {one.m:,} rows, sensor {one.sensor} reads "
        f"**{abs(one.offset):.4f}** too {'high' if one.offset > 0 else 'low'} (standard error "
        f"{one.error:.4f})."
    )


def _where(reading: Reading) -> Iterator[Block]:
    diagonals = [one for one in reading.diagonals.values() if one.cell.corrected]
    diagonals = diagonals or list(reading.diagonals.values())
    if diagonals:
        caption = (
            "Flows shared by two opposite sensors, the rest in equal parts: the answers should lie "
            "on a diagonal. How far they lie beside it, for the exercise's winners. A symmetric "
            "network is exact; others are free towards the ends, where no leak gives such flows."
        )
        worst = max(diagonals, key=lambda one: one.largest)
        alt = f"{label_of(worst.cell)} leaves the diagonal by up to {worst.largest:.0f} mm"
        yield picture("diagonals", network_figures.diagonals(diagonals), alt, caption)
    if reading.maps:
        told = reading.maps
        caption = (
            f"Root mean square distance over the bag, of {told[0].n} repetitions' winners on the "
            "test rows."
        )
        worst_map = max(told, key=lambda one: float(np.nanmax(one.tiles)))
        alt = f"Errors are largest for {label_of(worst_map.cell)} at m = {worst_map.cell.m:,}"
        yield picture("maps", network_figures.error_maps(told), alt, caption)
        caption = (
            f"Root mean square distance by region of the bag. Edges: within {NEAR:g} of half the "
            "side of one edge; corners: of two."
        )
        yield table("regions", caption, map(_regions, told), words=3)


def _regions(one: Map) -> dict[str, str]:
    told = (formats.NOTHING if isnan(value) else f"{value:.0f}" for value in one.regions)
    columns = (f"{name.capitalize()} (mm)" for name in REGIONS)
    return names_of(one.cell) | dict(zip(columns, told, strict=True))


def _sweep_answer(found: Findings, m: int) -> str:
    """Which training of a sweep is the best, and which the best of each other architecture."""
    best: dict[str, Record] = {}
    sound = [one.best for one in findings.swept(found) if one.cell.m == m and one.best]
    for one in sorted(sound, key=findings.by_validation):
        best.setdefault(one.architecture, one)
    parts = [
        f"{label_of(cell_of(one))} ({formats.error(found.score(one))})" for one in best.values()
    ]
    if not parts:
        return f"At m = {m:,}, no training is sound."
    return (
        f"At m = {m:,}, the best training of each architecture by validation, with its "
        f"{found.rows} MSE: {formats.listed(parts)}."
    )


def _sweep(found: Findings) -> Table:
    rows = (
        {
            "m": f"{one.cell.m:,}",
            "Model": label_of(one.cell),
            "Width": f"{one.width}",
            "Trainings": f"{one.trainings:,}",
            "Validation MSE of the best": formats.error(
                one.best.validation_mse if one.best else None
            ),
            "Test MSE of the best": formats.error(one.best.test_mse if one.best else None),
            f"Median {found.rows} MSE": formats.error(one.median_mse),
            "Failed": formats.percent(one.failed),
        }
        for one in findings.swept(found)
    )
    caption = (
        "Every combination of depth, width and learning rate, trained several times. The best "
        "training has the lowest validation MSE. The median is over all trainings; a diverged one "
        "counts as infinitely bad. A training has failed if it diverged, if its network is dead, "
        f"or if its MSE on the training samples stays above {findings.FAILED_MSE}. Nothing is "
        "tuned and samples are drawn once, so that no interval is told."
    )
    return table("sweep-trainings", caption, rows, words=2)
