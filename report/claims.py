"""Findings -> the sentences of the first screen: each says what its intervals show, and no more.

They rest on the primary comparisons alone, whose intervals hold together. Millimetres are root mean
square distances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, expm1, log
from statistics import mean

from report import formats
from report.contrasts import Contrast
from report.findings import Findings
from report.statistics import within
from study.design import Cell
from study.labels import model_label

Families = Mapping[str, Sequence[Contrast]]  # by comparison, in the order of sizes


def claims(found: Findings) -> list[str]:
    """At most five sentences; none where there are too few repetitions to say anything."""
    families: dict[str, list[Contrast]] = {}
    for one in found.primary:
        if one.verdict(found.about.margin) != "too few":
            families.setdefault(one.name, []).append(one)
    tellers = (_few_samples, _shown_or_built_in, _correction, _both, _baselines)
    return [text for tell in tellers if (text := tell(found, families))]


def millimetres(found: Findings, cell: Cell) -> str:
    """The root mean square distance of a cell, over repetitions, without its unit."""
    return formats.millimetres(exp(mean(map(log, found.errors[cell].values()))))


def _few_samples(found: Findings, families: Families) -> str | None:
    family = families.get("few_samples")
    if not family:
        return None
    one = family[0]
    few, many = (f"{millimetres(found, cell)} mm" for cell in (one.cell, one.reference))
    how = {
        "lower": "errs less than",
        "equal": "does as well as",
        "higher": "errs more than",
        "open": "is not shown to do worse or better than",
    }[one.verdict(found.about.margin)]
    first = "With the sensor's offset corrected, an" if one.cell.corrected else "An"
    return (
        f"{first} equivariant network trained on **{one.cell.m:,} samples** ({few}) {how} a "
        f"standard one trained on **{one.reference.m:,}** ({many}): {_change(one)}."
    )


def _shown_or_built_in(found: Findings, families: Families) -> str | None:
    """What copies are worth, and what building the symmetry in adds."""
    if not (families.get("copies") and families.get("built_in")):
        return None
    copies, built_in = families["copies"][0], families["built_in"][0]
    raw, augmented = copies.reference, copies.cell
    first = (
        f"At m = {raw.m:,}, copies {_verb(copies, found)} the standard network's error "
        f"({millimetres(found, raw)} mm raw, {millimetres(found, augmented)} mm augmented)"
    )
    second = f"building the symmetry in instead {_further(built_in, found)}"
    last = families["built_in"][-1]
    if last.cell.m > built_in.cell.m:
        margin = found.about.margin
        alike = last.verdict(margin) == built_in.verdict(margin)
        how = f"too ({_change(last)})" if alike else _further(last, found)
        second += f", and at m = {last.cell.m:,} {how}"
    return f"{first}; {second}."


def _verb(one: Contrast, found: Findings) -> str:
    return {
        "lower": "lower",
        "higher": "raise",
        "equal": "do not change",
        "open": "are not shown to change",
    }[one.verdict(found.about.margin)]


def _further(one: Contrast, found: Findings) -> str:
    """Equivariant raw against standard augmented, in words."""
    return {
        "lower": f"lowers it further ({_change(one)})",
        "higher": f"gives a larger error ({_change(one)})",
        "equal": f"gives the same error within {found.about.margin:g} %",
        "open": f"is not shown to change it ({_change(one)})",
    }[one.verdict(found.about.margin)]


def _correction(found: Findings, families: Families) -> str | None:
    family = families.get("correction")
    if not family:
        return None
    verdicts = [one.verdict(found.about.margin) for one in family]
    lower = [one for one, shown in zip(family, verdicts, strict=True) if shown == "lower"]
    if len(lower) == len(family):
        return f"Correct the sensor first: that lowers every model's error, by {_range(lower)}."
    if not lower:
        return "Correcting the sensor is not shown to lower the error of any model."
    return (
        f"Correcting the sensor lowers the error, by {_range(lower)}, in {len(lower)} of "
        f"{len(family)} comparisons of a model at a size."
    )


def _both(found: Findings, families: Families) -> str | None:
    family = families.get("both")
    if not family:
        return None
    margin = found.about.margin
    same = [one for one in family if within(one.interval, margin)]
    where = {1: "at its one size", 2: "at both sizes"}.get(
        len(family), f"at all {len(family)} sizes"
    )
    if len(same) == len(family):
        return (
            "Copies change next to nothing for an equivariant network: with and without them its "
            f"error is the same within {margin:g} % {where}."
        )
    return (
        f"Whether copies change an equivariant network's error is open: within {margin:g} % it "
        f"stays the same at {len(same)} of {formats.counted(len(family), 'size')}."
    )


def _baselines(found: Findings, families: Families) -> str | None:
    family = families.get("baselines")
    if not family:
        return None
    one = family[-1]
    network, baseline = (
        model_label((cell.architecture, cell.augmented)) for cell in (one.cell, one.reference)
    )
    how = {
        "lower": "errs less than",
        "higher": "errs more than",
        "equal": "does as well as",
        "open": "is not shown to do better or worse than",
    }[one.verdict(found.about.margin)]
    data = "" if one.cell.corrected else " on uncorrected data"
    return (
        f"The best of the four networks ({network}) {how} the best method without one "
        f"({baseline}) at m = {one.cell.m:,}{data}: {_change(one)}."
    )


def _change(one: Contrast) -> str:
    """The change of the MSE and its interval."""
    low, high = formats.change(one.interval.low), formats.change(one.interval.high)
    return f"MSE {formats.change(one.interval.mean)} % [{low}, {high}]"


def _range(family: Sequence[Contrast]) -> str:
    """From the smallest to the largest change, without signs."""
    changes = sorted(round(abs(100 * expm1(one.interval.mean))) for one in family)
    if changes[0] == changes[-1]:
        return f"{changes[0]} %"
    return f"{changes[0]} to {changes[-1]} %"
