"""Do a study's intervals hold what other root seeds find? A table over repeated studies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from report import formats
from report.contrasts import Contrast
from report.findings import Findings
from report.reading import read_findings
from study.errors import StudyError
from study.labels import correction_label


@dataclass(frozen=True)
class Agreement:
    """One contrast over S studies: its effects, and which intervals hold the others' mean.

    Effects are logarithms of ratios of errors. spread is their standard deviation over studies;
    error is the mean of the standard errors that the studies tell for themselves.
    """

    contrast: Contrast  # of the first study
    effects: tuple[float, ...]  # (S,)
    spread: float
    error: float
    held: tuple[bool, ...]  # (S,)


def agreements(studies: Sequence[Sequence[Contrast]]) -> list[Agreement]:
    """The agreement on each contrast; all studies have the same contrasts, in one order."""
    return [_agreement(contrasts) for contrasts in zip(*studies, strict=True)]


def _agreement(contrasts: Sequence[Contrast]) -> Agreement:
    effects = np.array([one.interval.mean for one in contrasts])
    others = (effects.sum() - effects) / (len(effects) - 1)
    held = [one.interval.holds(mean) for one, mean in zip(contrasts, others, strict=True)]
    errors = [one.deviation / np.sqrt(one.n) for one in contrasts]
    return Agreement(
        contrasts[0], tuple(effects.tolist()), float(effects.std(ddof=1)), float(np.mean(errors)),
        tuple(held),
    )  # fmt: skip


def agree(folders: Sequence[Path]) -> Iterator[str]:
    """The agreement of the studies of these folders."""
    yield from table([read_findings(folder) for folder in folders])


def table(studies: Sequence[Findings]) -> Iterator[str]:
    """The agreement of studies that differ in their seeds, as a page in Markdown.

    Raises StudyError where there are fewer than two, or where they have not the same contrasts.
    """
    found = agreements(_alike(studies))
    checksums = [one.about.data_checksum for one in studies]
    common = Counter(checksums).most_common(1)[0][0]
    shared = np.array([one == common for one in checksums])
    yield "# Does a repeated study agree?"
    yield ""
    yield (
        f"The preset `{studies[0].about.preset}` with {len(studies)} root seeds. {shared.sum()} "
        f"studies share their data, {(~shared).sum()} have simulated data of their own. `python -m "
        "bench replicate` repeats such studies, `python -m report --agreement` makes this table."
    )
    yield ""
    yield (
        "Effects are changes of the error in per cent, with the lowest and the highest of the "
        "studies. The spread is their standard deviation over studies in units of the standard "
        "error that a study tells for itself. A study's 95 % interval holds where the mean effect "
        "of all other studies lies inside it."
    )
    yield ""
    yield (
        "| m | training data | compared | mean effect | lowest | highest | spread | held, shared "
        "data | held, own data |"
    )
    yield "| ---: | :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for one in found:
        ends = (float(np.mean(one.effects)), min(one.effects), max(one.effects))
        cell, held = one.contrast.cell, np.array(one.held)
        yield (
            f"| {cell.m} | {correction_label(cell.corrected)} | {one.contrast.label} | "
            f"{' | '.join(map(formats.change, ends))} | {one.spread / one.error:.2f} | "
            f"{_of(held[shared])} | {_of(held[~shared])} |"
        )
    every = np.array([one.held for one in found])  # (contrasts, studies)
    yield ""
    yield (
        f"In all, {_of(every.ravel())} intervals ({formats.percent(every.mean())}) hold the "
        f"others' mean: {_of(every[:, shared].ravel())} on shared data, "
        f"{_of(every[:, ~shared].ravel())} on data of their own."
    )


def _of(held: np.ndarray) -> str:
    return f"{int(held.sum())} of {len(held)}"


def _alike(studies: Sequence[Findings]) -> list[list[Contrast]]:
    """The contrasts of each study, each with a 95 % interval of its own."""
    if len(studies) < 2:
        raise StudyError(
            f"agreement: expected the folders of two studies or more, found {len(studies)}; name "
            "more"
        )
    told = [[one.contrast(two.cell, two.reference) for two in one.primary] for one in studies]
    pairs = [[(two.cell, two.reference) for two in one] for one in told]
    if odd := [k for k, mine in enumerate(pairs) if mine != pairs[0] or not mine]:
        raise StudyError(
            f"agreement: expected studies with the same comparisons, found others in study "
            f"{odd[0] + 1} of {len(studies)}; name studies of one preset that are complete"
        )
    return told
