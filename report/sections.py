"""A reading -> the sections of its page, in the order in which a reader needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from report import (
    appendix,
    compare,
    evidence,
    figures,
    findings,
    formats,
    network_figures,
    repetition_figures,
    tuning,
)
from report.blocks import Block, Lines, Paragraph, Picture, Section, Table
from report.claims import claims
from report.contrasts import Contrast, label_of
from report.exercise import exercise
from report.findings import Findings
from report.networks import REGIONS
from report.offsets import offsets, truth
from report.reading import Reading
from report.setup import setup
from report.statistics import FEWEST, LEVEL
from study.conditions import CONDITIONS
from study.data import disjoint
from study.design import TRAINED_IN_FULL
from study.labels import correction_label, model_label


def sections(reading: Reading) -> list[Section]:
    """All that the page has to tell; a section without content is left out.

    Where a study is not complete, or has too few repetitions for any verdict, no evidence is laid
    out, and the exercise comes first.
    """
    found = reading.found
    settled = bool(claims(found)) and not found.unfinished
    told = [
        Section("Answer", (*_answer(found), *_below(reading)), "answer"),
        Section("The exercise", tuple(exercise(reading)), "exercise"),
        Section("The sweep", tuple(_sweep(found)), "sweep"),
        Section("Caveats", tuple(_caveats(reading)), "caveats"),
        Section("The tuning budget", tuple(evidence.budgets(found)), "budgets"),
        *(_evidence(reading) if settled else ()),
        Section("The sensor's offset", tuple(_sensor(found)), "sensor"),
        Section("Where it fails", tuple(_where(reading)), "where"),
        Section("Method", tuple(setup(found)), "method"),
        Section("Appendix", tuple(appendix.appendix(reading)), "appendix", folded=True),
    ]
    if not settled and findings.exercise(found):
        told[0], told[1] = told[1], told[0]
    return [one for one in told if one.blocks]


def _evidence(reading: Reading) -> list[Section]:
    found = reading.found
    effects = [*evidence.effects(found), *evidence.null_check(found)]
    return [
        Section("Effects", tuple(effects), "effects"),
        Section("Exchange rate", tuple(evidence.exchange(reading)), "exchange"),
        Section("Computing and tuning", tuple(evidence.computing(reading)), "computing"),
        Section("All methods", tuple(evidence.all_methods(found)), "methods"),
    ]


def _answer(found: Findings) -> Iterator[Block]:
    """The figure, and what may be said of it."""
    lines = findings.lines(found)
    told = claims(found)
    if found.unfinished:
        yield Paragraph(
            f"This study is not complete: {len(found.records):,} of {found.about.planned:,} "
            "trainings are there. What follows may change; run `make study` to go on.",
            loud=True,
        )
    elif told:
        yield Lines(tuple(told))
    if lines and not told:
        count = max(one.n for line in lines for one in line.estimates.values())
        if count < FEWEST:
            yield Paragraph(
                f"**No inference with {formats.counted(count, 'repetition')}**: {FEWEST} are "
                "needed before a test could show anything. The figure shows what is there."
            )
    if leads := tuning.leads(found):
        yield Paragraph(_budget_answer(leads))
        svg = figures.svg(figures.budget_curves(leads), "budget")
        caption = (
            f"Change of the {found.rows} MSE from a standard network to the equivariant raw one, "
            "against the steps of a repetition's tuning in all, with 95 % intervals."
        )
        yield Picture("budget-curves", "The lead shrinks as the budget grows", caption, svg)
    elif lines:
        yield _error_picture(found, lines)
    for m in dict.fromkeys(one.m for one in findings.swept(found)):
        yield Paragraph(_sweep_answer(found, m))


def _error_picture(found: Findings, lines: Sequence[findings.Line]) -> Picture:
    count = max(one.n for line in lines for one in line.estimates.values())
    caption = (
        f"Geometric mean of the {found.rows} error against the number m of training samples, with "
        f"{100 * LEVEL:.0f} % t-intervals over {formats.counted(count, 'repetition')}."
    )
    bound = findings.floor(found)
    if bound:
        caption += f" Noise floor: {bound[0]:.4f}, {found.about.floor_source}."
    least = [
        f"{model_label(m)} {formats.error(e.interval.mean)}" for m, e in lines[0].estimates.items()
    ]
    alt = f"Errors fall with m; at m = {lines[0].m:,}: {', '.join(least)}"
    return Picture(
        "error", alt, caption, figures.svg(figures.error_curves(lines, bound, found.rows), "error")
    )


def _budget_answer(leads: Sequence[tuning.Lead]) -> str:
    """How the lead of building in depends on the budget, between its ends."""
    parts = []
    for m in sorted({one.contrast.cell.m for one in leads}):
        mine = [
            one for one in leads if one.contrast.cell.m == m and one.contrast.reference.augmented
        ]
        ordered = sorted(mine, key=lambda one: one.total)
        if ordered:
            ends = [
                f"{formats.change_interval(one.contrast.interval)} % with {one.total:,} steps"
                for one in (ordered[0], ordered[-1])
            ]
            parts.append(f"at m = {m:,} from {ends[0]} to {ends[1]}")
    return (
        "The lead of the equivariant network over the augmented standard one depends on the tuning "
        f"budget: {formats.listed(parts)}."
    )


def _below(reading: Reading) -> Iterator[Block]:
    """Small, below the answer: how many repetitions, what failed, what intervals cover."""
    found, about = reading.found, reading.found.about
    counts = findings.progress(found)
    full = [one for one in found.records.values() if one.stage in TRAINED_IN_FULL]
    failed = sum(one.status != "sound" for one in full)
    parts = []
    if about.repetitions and about.proposals:
        parts.append(
            f"{about.repetitions:,} complete repetitions of each cell, each tuned by "
            f"{about.proposals:,} proposals and {about.finalists:,} full trainings of "
            f"{about.steps:,} steps"
        )
    if full:
        parts.append(
            f"{failed:,} of {len(full):,} full trainings ({formats.percent(failed / len(full))}) "
            "died or diverged"
        )
    elif counts.done:
        sound = counts.statuses["sound"]
        parts.append(f"{counts.done - sound:,} of {counts.done:,} trainings failed")
    if claims(found) and not found.unfinished:
        source = "one simulator, fitted to one bag" if about.simulated else "one bag"
        parts.append(
            "intervals cover the luck of samples, tuning, starting weights and batches, but not "
            f"other data than those of {source}; see the [caveats](#caveats), "
            "the [effects](#effects) and [all cells](#cells)"
        )
    if parts:
        yield Paragraph(f"{'; '.join(parts)}.", small=True)


def _caveats(reading: Reading) -> list[Block]:
    found = reading.found
    if not findings.lines(found):
        return []
    lines = [*_budget_caveat(reading), *_row_caveats(reading), *_run_caveats(found)]
    unsound = findings.progress(found).unsound
    blocks: list[Block] = [Lines(tuple(lines))] if lines else []
    if unsound:
        rows = tuple(
            (
                label_of(cell),
                f"{cell.m:,}",
                correction_label(cell.corrected),
                CONDITIONS[cell.condition].label,
                formats.listed(repetitions),
            )
            for cell, repetitions in unsound.items()
        )
        caption = "Repetitions without a sound network. They are missing from all errors."
        columns = ("Model", "m", "Training data", "Condition", "Number of the repetition")
        blocks.append(Table("unsound", caption, columns, rows, words=5))
    return blocks


def _budget_caveat(reading: Reading) -> Iterator[str]:
    """No effect is told without its budget."""
    budget, doubled = (reading.beside.get(name) for name in ("budget", "doubled"))
    if budget and (leads := tuning.leads(budget)):
        yield f"{_budget_answer(leads)} Effects on this page are those of one budget."
    elif reading.found.about.proposals and not tuning.leads(reading.found):
        yield (
            "Effects are those of one tuning budget and one search space (see [method](#method)); "
            "another may give others. The study `make study PRESET=budget` tells how much."
        )
    if doubled:
        changes = [
            one.interval.mean
            for one in compare.differences(reading.found, doubled)
            if " against " not in one.label
        ]
        if changes:
            yield (
                "With twice the steps, the errors of the cells that both studies have change by "
                f"{formats.change(min(changes))} to {formats.change(max(changes))} %."
            )


def _row_caveats(reading: Reading) -> Iterator[str]:
    """What rows chose and scored, and how far repetitions share them."""
    found, about = reading.found, reading.found.about
    for contrast, error in reading.test_luck[:1]:
        yield (
            f"All repetitions are scored on the same {about.test_rows:,} test rows, whose luck the "
            f"intervals do not cover: its standard error is {100 * error:.1f} % of the change from "
            f"{label_of(contrast.reference)} to {label_of(contrast.cell)} at "
            f"m = {contrast.cell.m:,}."
        )
    small = _small_validation(found)
    if small and about.validation_rows != "m":
        changes = [f"{label_of(one.cell)} {formats.change(one.interval.mean)} %" for one in small]
        yield (
            f"{int(about.validation_rows):,} clean validation rows choose, a luxury beside few "
            "training samples. With as many as training samples, errors at "
            f"m = {small[0].cell.m:,} change by: {formats.listed(changes)}."
        )
    pool = max(about.train_files)
    crowded = [m for m in about.sizes if disjoint(pool, m) < about.repetitions]
    if crowded:
        refused = [m for m in crowded if found.shared(m) >= 1]
        yield (
            f"The largest training file has {pool:,} rows, too few for {about.repetitions} "
            "repetitions with rows of their own at m = "
            f"{formats.listed(f'{m:,}' for m in crowded)}. Intervals there are widened by the "
            "share of rows in common (Nadeau and Bengio 2003)"
            + (f", and refused at m = {formats.listed(refused)}." if refused else ".")
        )


def _small_validation(found: Findings) -> list[Contrast]:
    """What fewer validation rows change, at the smallest size that has it."""
    cells = [cell for cell in sorted(found.errors) if cell.condition == "small_validation"]
    data = max((cell.corrected for cell in cells), default=False)
    told = [(cell, replace(cell, condition="")) for cell in cells if cell.corrected == data]
    return [
        found.contrast(*pair)
        for pair in told
        if pair[0].m == told[0][0].m and pair[1] in found.errors
    ]


def _run_caveats(found: Findings) -> Iterator[str]:
    """What went wrong while the study ran."""
    if failed := found.about.failed:
        yield f"**{formats.counted(failed, 'training')} raised an error** in the last run."
    if found.left_out:
        yield (
            f"{formats.counted(found.left_out, 'record')} of the store do not count: made by "
            "another version of the numbers, or replaced since."
        )


def _sensor(found: Findings) -> list[Block]:
    estimates = offsets(found)
    if not estimates:
        return []
    known = truth(found)
    repeated = [one for one in estimates if one.repetition]
    exercise_lines = [
        f"In the training file with {one.m:,} rows, sensor {one.sensor} reads **{one.offset:.4f}** "
        f"too high (standard error {one.error:.4f})."
        if one.sensor
        else f"In the training file with {one.m:,} rows, no sensor is found to read off."
        for one in estimates
        if not one.repetition
    ]
    blocks: list[Block] = [Lines(tuple(exercise_lines))] if exercise_lines else []
    if repeated:
        right = sum(known is not None and one.sensor == known[0] for one in repeated)
        caption = "The sensor's offset as each repetition estimates it from its training samples."
        alt = f"Estimates of the offset from {formats.counted(len(repeated), 'set')} of samples"
        if known:
            caption += (
                f" The samples were simulated with {known[1]:g} at sensor {known[0]}, which "
                f"{right} of {len(repeated)} estimates name."
            )
        svg = figures.svg(repetition_figures.offsets(repeated, known), "offsets")
        blocks.append(Picture("offsets", alt, caption, svg))
    corrections = [one for one in found.primary if one.name == "correction"]
    if corrections and claims(found) and not found.unfinished:
        caption = (
            "What correcting the sensor changes in each model's error, with intervals that hold "
            "together at 95 %."
        )
        alt = (
            "Correcting the sensor lowers the error most for "
            + min(corrections, key=lambda one: one.interval.mean).label
        )
        svg = figures.svg(figures.forest(corrections, found.about.margin), "correction")
        blocks.append(Picture("correction", alt, caption, svg))
    return blocks


def _where(reading: Reading) -> list[Block]:
    blocks: list[Block] = []
    diagonals = [one for one in reading.diagonals.values() if one.corrected]
    diagonals = diagonals or list(reading.diagonals.values())
    if diagonals:
        caption = (
            "Flows shared by two opposite sensors, the rest in equal parts: the answers should lie "
            "on a diagonal. How far they lie beside it, for the exercise's winners. A symmetric "
            "network is exact; others are free towards the ends, where no leak gives such flows."
        )
        worst = max(diagonals, key=lambda one: one.largest)
        alt = f"{model_label(worst.model)} leaves the diagonal by up to {worst.largest:.0f} mm"
        svg = figures.svg(network_figures.diagonals(diagonals), "diagonals")
        blocks.append(Picture("diagonals", alt, caption, svg))
    if reading.maps:
        sizes = sorted({one.cell.m for one in reading.maps})
        told = [
            one
            for one in reading.maps
            if one.cell.m in (sizes[0], sizes[-1])
            and one.cell.corrected == any(other.cell.corrected for other in reading.maps)
        ]
        caption = (
            f"Root mean square distance over the bag, of {told[0].n} repetitions' winners on the "
            "test rows."
        )
        worst_map = max(told, key=lambda one: one.regions[-1])
        alt = f"Errors are largest for {label_of(worst_map.cell)} at m = {worst_map.cell.m:,}"
        blocks.append(
            Picture("maps", alt, caption, figures.svg(network_figures.error_maps(told), "maps"))
        )
        rows = tuple(
            (
                f"{one.cell.m:,}",
                correction_label(one.cell.corrected),
                label_of(one.cell),
                *(f"{value:.0f}" for value in one.regions),
            )
            for one in told
        )
        words = "Root mean square distance in mm by region of the bag."
        columns = ("m", "Training data", "Model", *REGIONS)
        blocks.append(Table("regions", words, columns, rows, words=3))
    return blocks


def _sweep_answer(found: Findings, m: int) -> str:
    """Which training of a sweep is the best, and which the best of each other architecture."""
    best = [one for one in findings.swept(found) if one.m == m and one.best]
    ordered = sorted(best, key=lambda one: one.best_validation)
    first = {one.model[0]: one for one in reversed(ordered)}
    parts = [
        f"{model_label(one.model)} ({formats.error(found.score(one.best))})"
        for one in ordered
        if one.best and first[one.model[0]] is one
    ]
    return (
        f"At m = {m:,}, the best training of each architecture by validation, with its "
        f"{found.rows} MSE: {formats.listed(parts)}."
    )


def _sweep(found: Findings) -> list[Block]:
    told = findings.swept(found)
    if not told:
        return []
    rows = tuple(
        (
            f"{one.m:,}",
            model_label(one.model),
            f"{one.width}",
            f"{one.trainings:,}",
            formats.error(one.best.validation_mse if one.best else None),
            formats.error(one.best.test_mse if one.best else None),
            formats.error(one.median_mse),
            formats.percent(one.failed),
        )
        for one in told
    )
    columns = (
        "m", "Model", "Width", "Trainings", "Validation MSE of the best", "Test MSE of the best",
        f"Median {found.rows} MSE", "Failed",
    )  # fmt: skip
    caption = (
        "Every combination of depth, width and learning rate, trained several times. The best "
        "training has the lowest validation MSE. The median is over all trainings; a diverged one "
        "counts as infinitely bad. A training has failed if it diverged, if its network is dead, "
        f"or if its MSE on the training samples stays above {findings.FAILED_MSE}. Nothing is "
        "tuned and samples are drawn once, so that no interval is told."
    )
    return [Table("sweep-trainings", caption, columns, rows, words=2)]
