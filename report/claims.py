"""Findings -> the sentences of the first screen: each says what its intervals show, and no more.

They rest on the primary comparisons alone, whose intervals hold together. Millimetres are root mean
square distances.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, expm1

from report import formats
from report.contrasts import Contrast, label_of
from report.findings import Findings
from report.statistics import Verdict
from study.comparisons import STANDARD
from study.conditions import EQUIVARIANT
from study.design import Cell
from study.labels import BASELINES, correction_label

NAMED = {STANDARD[0], EQUIVARIANT[0]}  # the architectures that the sentences speak of
CLOSE = 10  # per cent: to err so much more at most is to come close

Families = Mapping[str, Sequence[Contrast]]  # by comparison, in the order of sizes


def claims(found: Findings) -> list[str]:
    """At most five sentences; none where there are too few repetitions to say anything."""
    families: dict[str, list[Contrast]] = {}
    for one in found.primary:
        ours = {one.cell.architecture, one.reference.architecture} <= NAMED | set(BASELINES)
        if ours and one.verdict != "too few":
            families.setdefault(one.name, []).append(one)
    tellers = (_few_samples, _shown_or_built_in, _correction, _both, _baselines)
    return [text for tell in tellers for text in tell(found, families)]


def _few_samples(found: Findings, families: Families) -> Iterator[str]:
    """The equivariant network with few samples against the standard one with many."""
    for one in families.get("few_samples", ())[:1]:
        most = 100 * expm1(one.interval.high)
        if one.verdict == "lower":
            how = "errs less than"
        elif most < CLOSE:
            how = f"comes within {ceil(most)} % of the error of"
        else:
            how = "errs more than" if one.verdict == "higher" else "is not shown to do as well as"
        few, many = (f"{_millimetres(found, cell)} mm" for cell in (one.cell, one.reference))
        yield (
            f"On {_data(one)}, an equivariant network trained on **{one.cell.m:,} samples** "
            f"({few}) {how} a standard one trained on **{one.reference.m:,}** ({many}): "
            f"MSE {_change(one)}."
        )


def _shown_or_built_in(found: Findings, families: Families) -> Iterator[str]:
    """What copies are worth, and what building the symmetry in gives instead."""
    copies = {one.cell.m: one for one in families.get("copies", ())}
    pairs = [(copies[o.cell.m], o) for o in families.get("built_in", ()) if o.cell.m in copies]
    if not pairs:
        return
    (shown, built), last = pairs[0], pairs[-1][1]
    verb = {
        "lower": "lower the standard network's error",
        "higher": "raise the standard network's error",
        "equal": f"change the standard network's error by less than {shown.margin:g} %",
        "open": "are not shown to change the standard network's error",
    }[shown.verdict]
    against = {
        "lower": "less error than copies",
        "higher": "more error than copies",
        "equal": f"within {built.margin:g} % of the error with copies",
        "open": "not shown to differ from copies",
    }[built.verdict]
    cells = (shown.reference, shown.cell, built.cell)
    raw, augmented, equivariant = (_millimetres(found, cell) for cell in cells)
    text = (
        f"On {_data(built)} with m = {built.cell.m:,}, copies {verb} (from {raw} to {augmented} "
        f"mm, MSE {_change(shown)}); building the symmetry in gives {equivariant} mm, {against} "
        f"(MSE {_change(built)})"
    )
    if last.cell.m > built.cell.m:
        between = {
            "lower": "building it in still gives less error",
            "higher": "copies give less error",
            "equal": f"the two are equal within {last.margin:g} %",
            "open": "no difference between the two is shown",
        }[last.verdict]
        text += f". With m = {last.cell.m:,}, {between} ({_change(last)})"
    yield f"{text}."


def _correction(_: Findings, families: Families) -> Iterator[str]:
    told = _by_verdict(families.get("correction", ()))
    if set(told) == {"lower"}:
        yield (
            "Correct the sensor before training: that lowers the error of both architectures at "
            f"every size, by {_range(told['lower'])}."
        )
    elif told:
        yield f"Correcting the sensor {_counts(told)}."


def _both(_: Findings, families: Families) -> Iterator[str]:
    told = _by_verdict(family := families.get("both", ()))
    if set(told) == {"equal"}:
        yield (
            "Copies change next to nothing for an equivariant network on "
            f"{_data(family[0])}: at every size its error with and without them is the same within "
            f"{family[0].margin:g} %."
        )
    elif told:
        yield f"For an equivariant network on {_data(family[0])}, adding copies {_counts(told)}."


def _by_verdict(family: Sequence[Contrast]) -> dict[Verdict, list[Contrast]]:
    """The contrasts of a family by what they show."""
    told: dict[Verdict, list[Contrast]] = {}
    for one in family:
        told.setdefault(one.verdict, []).append(one)
    return told


def _counts(told: Mapping[Verdict, Sequence[Contrast]]) -> str:
    """What changes in how many comparisons."""
    listed = [one for mine in told.values() for one in mine]
    words: dict[Verdict, str] = {
        "lower": "lowers the error in {}",
        "higher": "raises the error in {}",
        "equal": f"changes the error by less than {listed[0].margin:g} % in {{}}",
        "open": "is not shown to change the error in {}",
    }
    parts = []
    for verdict, text in words.items():
        if mine := told.get(verdict):
            size = f" (by {_range(mine)})" if verdict in ("lower", "higher") else ""
            parts.append(text.format(len(mine)) + size)
    return f"{formats.listed(parts)} of {formats.counted(len(listed), 'comparison')}"


def _baselines(_: Findings, families: Families) -> Iterator[str]:
    for one in families.get("baselines", ())[-1:]:
        how = {
            "lower": "errs less than",
            "higher": "errs more than",
            "equal": f"does as well, within {one.margin:g} %, as",
            "open": "is not shown to do better or worse than",
        }[one.verdict]
        yield (
            f"On {_data(one)} with m = {one.cell.m:,}, the best network ({label_of(one.cell)}) "
            f"{how} the best method without one ({label_of(one.reference)}): MSE {_change(one)}, "
            f"{formats.counted(one.n, 'repetition')}."
        )


def _millimetres(found: Findings, cell: Cell) -> str:
    """The root mean square distance of a cell, over repetitions, without its unit."""
    return formats.millimetres(found.estimates[cell].interval.mean)


def _data(one: Contrast) -> str:
    return f"{correction_label(one.cell.corrected)} data"


def _change(one: Contrast) -> str:
    """The change and its interval."""
    low, high = formats.change(one.interval.low), formats.change(one.interval.high)
    return f"{formats.change(one.interval.mean)} % [{low}, {high}]"


def _range(family: Sequence[Contrast]) -> str:
    """From the smallest to the largest change, and how far their intervals reach, without signs."""
    changes = sorted(abs(100 * expm1(one.interval.mean)) for one in family)
    ends = [abs(100 * expm1(end)) for one in family for end in one.interval[1:]]
    low, high = f"{changes[0]:.0f}", f"{changes[-1]:.0f}"
    size = f"{low} %" if low == high else f"{low} to {high} %"
    return f"{size}, with intervals from {min(ends):.0f} to {max(ends):.0f} %"
