"""A grid of tuned cells: the sections of its report, and those on what is there and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from report import (
    answers,
    comparisons,
    controls,
    faults,
    models,
    parameters,
    places,
    record,
    tables,
    winners,
    words,
)
from report.blocks import Block, Section, Table
from report.columns import TEXT, labels, names
from report.findings import Findings
from report.formats import NOTHING, counted

if TYPE_CHECKING:
    from bench.store import Results


def sections(results: Results) -> list[Section]:
    """The report's parts, from the answers to how they were found."""
    found = Findings(results)
    return [
        Section("answers", "In short", answers.answers(found)),
        Section("completeness", "Is it all there?", _completeness(found)),
        Section("winners", "The winners", winners.winners(found)),
        Section("error", "Error against training size", comparisons.error(found)),
        Section("comparisons", "Paired comparisons", comparisons.comparisons(found)),
        *controls.sections(found),
        *parameters.sections(found),
        *faults.sections(found),
        Section("equivariance", "Parameters and equivariance", parameters.equivariance(found)),
        *places.sections(found),
        Section("method", "How it was done", _method(found)),
    ]


def _completeness(found: Findings) -> list[Block]:
    count = found.completeness
    blocks = record.presence(count)
    if not words.shout(count):
        return blocks
    failed = tables.failures(found.runs, models.CELL)
    note = "Failed rows enter no mean."
    whom = {**found.data(failed["corrected"]), "model": labels(failed)}
    return [*blocks, _incomplete(count, found), *record.failures(failed, whom, note)]


def _incomplete(count: pd.DataFrame, found: Findings) -> Table:
    """The cells in which something failed or is missing: what there is of each part."""
    whole = count["ok"] == count["planned"]
    lacking = count.index.droplevel("part")[~whole].unique()
    cells = models.cells(found.study).index
    rows = pd.DataFrame(index=cells[cells.isin(lacking)]).reset_index()
    parts = {}
    for part in count.index.unique("part"):
        cell = count.loc[part].apply(words.cell_count, axis=1)
        texts = cell.reindex(pd.MultiIndex.from_frame(rows[models.CELL]))
        header = {"run": "runs", "trial": "tuning trials", "baseline": "baseline fits"}[part]
        parts[header] = list(texts.fillna(NOTHING))
    rest = len(cells) - len(rows)
    others = f" The other {counted(rest, 'cell')} lack nothing." if rest else ""
    return Table(
        "Cells in which something failed or is missing: finished / planned. Runs are draw 0 with "
        f"all its starts, and all other draws.{others}",
        {**names(rows, found), **parts},
        text=TEXT,
    )


def _method(found: Findings) -> list[Block]:
    study = found.study
    space = pd.DataFrame(study["space"]).set_index("name")
    networks = {f"{name.replace('_', ' ')} network": list(space[name]) for name in space}
    return [
        record.facts("The study.", words.settings(study)),
        Table(
            "What the tuner chose from.",
            {"hyperparameter": list(space.index), **networks},
            text=("hyperparameter", *networks),
        ),
        *record.definitions(words.definitions(study)),
        *record.origin(study),
    ]
