"""What limits the answer: budget, rows, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from report import compare, formats, tuning
from report.contrasts import Contrast, label_of
from report.findings import Findings
from report.reading import Reading
from study.data import disjoint
from study.labels import correction_label


def caveats(reading: Reading) -> Iterator[str]:
    """The caveats, the gravest first; those of effects where there are repetitions."""
    found = reading.found
    for remark in sorted(found.about.remarks, key=lambda one: not one.loud):
        yield f"**{remark.text}**" if remark.loud else remark.text
    if found.grid:
        yield from _budget_caveat(reading)
        yield from _row_caveats(reading)
    yield from _run_caveats(found)


def budget_answer(leads: Sequence[tuning.Lead]) -> str:
    """How the lead of building in depends on the budget, between its ends, where it is known."""
    parts = []
    augmented = [one for one in leads if one.contrast.reference.augmented]
    for m, mine in groupby(augmented, key=lambda one: one.contrast.cell.m):
        told = [
            f"{formats.change_interval(one.contrast.interval)} % with {one.total:,} steps"
            for one in mine
        ]
        parts.append(f"at m = {m:,} from {told[0]} to {told[-1]}")
    if not parts:
        return ""
    return (
        "As the tuning budget grows, the change from the augmented standard network to the "
        f"equivariant one goes {formats.listed(parts)}."
    )


def _budget_caveat(reading: Reading) -> Iterator[str]:
    """No effect is told without its budget."""
    budget, doubled = (reading.beside.get(name) for name in ("budget", "doubled"))
    if budget and (answer := budget_answer(tuning.leads(budget))):
        yield f"{answer} Effects on this page are those of one budget."
    elif reading.found.about.proposals and not tuning.leads(reading.found):
        yield (
            "Effects are those of one tuning budget and one search space (see [method](#method)); "
            "another may give others. The study `make study PRESET=budget` tells how much."
        )
    if doubled:
        changes = [
            one.interval.mean
            for one in compare.differences(reading.found, doubled)
            if not one.is_effect
        ]
        if changes:
            yield (
                "With twice the steps, the errors of the cells that both studies have change by "
                f"{formats.change(min(changes))} to {formats.change(max(changes))} %."
            )


def _row_caveats(reading: Reading) -> Iterator[str]:
    """What rows chose and scored, and how far repetitions share them."""
    found, about = reading.found, reading.found.about
    for contrast, error in reading.test_luck[: found.settled]:
        yield (
            f"All repetitions are scored on the same {about.test_rows:,} test rows, whose luck the "
            f"intervals do not cover. It has a standard error of {100 * error:.2f} percentage "
            f"points in the change from {label_of(contrast.reference)} to "
            f"{label_of(contrast.cell)} at m = {contrast.cell.m:,}."
        )
    if not about.test_rows and about.repetitions and about.proposals:
        yield (
            f"There is no test file. Half of the validation rows chose, the other half scores, and "
            f"all repetitions draw from one file of {max(about.validation_files):,}: the luck of "
            "these rows is common to them, and the intervals do not cover it."
        )
    small = _small_validation(found)
    if small and about.validation_rows != "m":
        changes = [
            f"{label_of(one.cell)} {formats.change_interval(one.interval)} %" for one in small
        ]
        yield (
            f"{int(about.validation_rows):,} clean validation rows chose the networks, more than "
            f"anyone with few training samples would have. With {small[0].cell.m:,} of them at "
            f"m = {small[0].cell.m:,}, errors change by: {formats.listed(changes)} "
            f"({small[0].n} repetitions, {correction_label(small[0].cell.corrected)} data)."
        )
    pool = max(about.train_files)
    crowded = [m for m in about.sizes if disjoint(pool, m) < about.repetitions]
    if crowded:
        refused = [f"{m:,}" for m in crowded if found.shared(m) >= 1]
        yield (
            f"The largest training file has {pool:,} rows, too few for {about.repetitions} "
            "repetitions with rows of their own at m = "
            f"{formats.listed(f'{m:,}' for m in crowded)}. Intervals there are widened by the "
            "share of rows in common (Nadeau and Bengio 2003)"
            f"{', and refused at m = ' + formats.listed(refused) if refused else ''}."
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
    if lost := [one for one in found.declared if not one.n]:
        yield (
            f"**{len(lost)} of the {len(found.declared)} declared comparisons have no result**, "
            f"since no repetition has a sound network on both sides (first: {lost[0].label} at m = "
            f"{lost[0].cell.m:,}). They count in the level of the others' intervals."
        )
    if found.left_out:
        yield (
            f"{formats.counted(found.left_out, 'record')} of the store do not count: made by "
            "another version of the numbers, or replaced since."
        )
