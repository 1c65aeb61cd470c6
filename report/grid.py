"""A grid of tuned cells: tables + figures + words -> the sections of its report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from report import figures, record, tables, words
from report.blocks import Block, Bullets, Heading, Paragraph, Picture, Section, Table, loud
from report.formats import (
    NOTHING,
    bold,
    change,
    decimals,
    interval,
    listed,
    millimetres,
    mse,
    p_value,
    scientific,
    whole,
)
from report.tables import EQUIVARIANT_RAW, MODELS, STANDARD_AUGMENTED, STANDARD_RAW, Model

if TYPE_CHECKING:
    from bench.store import Results


class Findings:
    """A study's rows and the tables that several sections read, each made once."""

    def __init__(self, results: Results) -> None:
        self.runs = results.runs
        self.predictions = results.diagonals
        self.study: Mapping[str, Any] = results.study
        self.scores = tables.scores(self.runs, self.study)
        self.error = words.error_name(self.study)

    @cached_property
    def completeness(self) -> pd.DataFrame:
        return tables.completeness(self.runs, self.study)

    @cached_property
    def winners(self) -> pd.DataFrame:
        return tables.winners(self.runs, self.study)

    @cached_property
    def pairing(self) -> pd.DataFrame:
        return tables.pairing(self.scores, self.study)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        return tables.pairs(self.scores, self.study)


def sections(results: Results) -> list[Section]:
    """The report's parts, from the answers to how they were found."""
    found = Findings(results)
    return [
        Section("answers", "In short", _answers(found)),
        Section("completeness", "Is it all there?", _completeness(found)),
        Section("winners", "The winners", _winners(found)),
        Section("error", "Error against training size", _error(found)),
        Section("comparisons", "Paired comparisons", _comparisons(found)),
        Section("equivariance", "Parameters and equivariance", _equivariance(found)),
        Section("diagonals", "The diagonal check", _diagonals(found)),
        Section("method", "How it was done", _method(found)),
    ]


def _answers(found: Findings) -> list[Block]:
    study, pairs = found.study, found.pairs
    return [
        *loud(words.shout(found.completeness.loc[["run"]])),
        Paragraph(words.basis(study)),
        *loud(words.power(found.pairing)),
        *loud(words.same_rows(study)),
        Heading("Which model worked best for each training size?"),
        Bullets(
            [
                *words.best_models(found.scores, pairs, study),
                *words.waiting(found.scores, found.pairing, study),
            ]
        ),
        _means(found),
        Heading("Where did augmentation help?"),
        Bullets(words.augmentation(pairs, study)),
        Paragraph(words.CONTROL),
        Heading("What is the symmetry worth?"),
        Bullets(words.symmetry(pairs, study)),
        _worth(found),
    ]


def _means(found: Findings) -> Table:
    """Every model's error at each m."""
    columns: dict[str, list[Any]] = {"m": found.study["m"]} | {m.label: [] for m in MODELS}
    for m in found.study["m"]:
        means = tables.geometric_means(tables.paired(found.scores, found.study, m))
        for model in MODELS:
            lowest = mse(means[model]) == mse(min(means.values())) != NOTHING
            columns[model.label].append(bold(mse(means[model]), lowest))
    over = "geometric mean over draws" if found.study["draws"] else "of the winners"
    return Table(f"Errors ({found.error}), {over}; in bold: the lowest.", columns)


def _worth(found: Findings) -> Table:
    """What the symmetry is worth at each m, used in either way."""
    comparisons = {
        "m": None,
        "shown as copies": (STANDARD_AUGMENTED, STANDARD_RAW),
        "built in": (EQUIVARIANT_RAW, STANDARD_RAW),
        "built in instead of shown": (EQUIVARIANT_RAW, STANDARD_AUGMENTED),
    }
    columns = {
        name: _effect_cells(tables.versus(found.pairs, *models)) if models else found.study["m"]
        for name, models in comparisons.items()
    }
    tested = "; [95 % interval]; bold: a clear difference" if found.study["draws"] else ""
    return Table(
        f"Change of the {found.error} in per cent: standard augmented against standard raw, "
        "equivariant raw against standard raw, equivariant raw against standard augmented"
        f"{tested}.",
        columns,
    )


def _effect_cells(rows: pd.DataFrame) -> list[str]:
    """Effects as "change [interval]", the clear ones in bold."""
    cells = []
    for row in rows.itertuples():
        ends = "" if pd.isna(row.low) else f" [{interval(row.low, row.high)}]"
        cells.append(bold(change(row.log_ratio) + ends, row.clear))
    return cells


def _completeness(found: Findings) -> list[Block]:
    count = found.completeness
    blocks = record.presence(count)
    if not words.shout(count):
        return blocks
    captions = {
        "run": "Runs of each cell (draw 0 with all its starts, and all other draws)",
        "trial": "Tuning trials of each cell",
    }
    for part, caption in captions.items():
        cells = count.loc[part].apply(words.cell_count, axis=1)
        columns = {"m": found.study["m"]} | {
            model.label: [cells[(m, *model)] for m in found.study["m"]] for model in MODELS
        }
        blocks.append(Table(f"{caption}: finished / planned.", columns))
    failed = tables.failures(found.runs, tables.CELL)
    note = "Failed rows enter no mean."
    return [*blocks, *record.failures(failed, _labels(failed), note)]


def _labels(rows: pd.DataFrame) -> list[str]:
    """The names of the rows' models."""
    return [Model(*row).label for row in rows[tables.MODEL].itertuples(index=False)]


def _winners(found: Findings) -> list[Block]:
    rows = found.winners.reset_index()
    names = {"m": rows["m"], "model": _labels(rows)}
    return [
        Paragraph(
            "A cell's winner is its best run on draw 0 by validation MSE, with the hyperparameters "
            "that the tuner chose; it is saved as a model file. In bold: the lowest value at that "
            "m among the four winners."
        ),
        Table(
            "Errors of the winners. MSE and MAE are per coordinate, in units of half the side of "
            "the square; distances are on the bag. Orbit MSE: validation MSE of the network "
            "averaged over the eight symmetries. Unless named test, scores are of the validation "
            "set.",
            names | _winners_errors(rows, with_test=bool(found.study["test_rows"])),
            text=("model",),
        ),
        Table(
            "The winning networks. Equivariance error: the largest over all symmetries and "
            "validation rows. Spread: of the outputs; a dead network has almost none.",
            names
            | {
                "parameters": rows["parameters"].map(whole),
                "equivariance error": [
                    "**dead**" if row.status == "dead" else scientific(row.equivariance_error)
                    for row in rows.itertuples()
                ],
                "spread": rows["output_spread"].map(decimals(2)),
                "file": [f"`{model.file_name(m)}`" for m in found.study["m"] for model in MODELS],
            },
            text=("model", "file"),
        ),
        Table(
            "The winners' hyperparameters. Layers are hidden ones; epochs: the best one, whose "
            "weights were kept, of those trained.",
            names | _hyperparameters(rows),
            text=("model", "activation", "optimiser", "loss"),
        ),
    ]


def _winners_errors(rows: pd.DataFrame, with_test: bool) -> dict[str, list[str]]:
    """The winners' scores by header; a winner that failed or is missing says so."""
    scores = {
        "validation MSE": ("validation_mse", mse),
        "MAE": ("validation_mae", mse),
        "mean distance (mm)": ("validation_distance_mm", millimetres),
        "95 % within (mm)": ("validation_p95_mm", millimetres),
        "orbit MSE": ("orbit_mse", mse),
    }
    if with_test:
        scores |= {
            "test MSE": ("test_mse", mse),
            "test MAE": ("test_mae", mse),
            "test distance (mm)": ("test_distance_mm", millimetres),
        }
    columns = {}
    for header, (name, digits) in scores.items():
        values = rows[name].where(rows["status"] == "ok")
        text = values.map(digits)
        best = text == values.groupby(rows["m"]).transform("min").map(digits)
        columns[header] = [bold(*cell) for cell in zip(text, best & values.notna(), strict=True)]
    columns["validation MSE"] = [
        cell if status == "ok" else f"**{status}**"
        for cell, status in zip(columns["validation MSE"], rows["status"], strict=True)
    ]
    return columns


def _hyperparameters(rows: pd.DataFrame) -> dict[str, Iterable[str]]:
    """The winners' hyperparameters by header."""
    best, planned = rows["best_epoch"].map(whole), rows["epochs"].map(whole)
    return {
        "layers": rows["depth"].map(whole),
        "width": rows["width"].map(whole),
        "activation": rows["activation"].fillna(NOTHING),
        "loss": rows["loss"].fillna(NOTHING),
        "optimiser": rows["optimizer"].fillna(NOTHING),
        "learning rate": rows["learning_rate"].map(decimals(4)),
        "batch": rows["batch_size"].map(whole),
        "epochs": best + " of " + planned,
    }


def _error(found: Findings) -> list[Block]:
    if found.scores.empty:
        return [Paragraph("There is no finished run to draw yet.")]
    curves = tables.curves(found.scores, found.study)
    fewer = (curves["draws"] < found.study["draws"]).any()
    if found.study["draws"]:
        what = (
            "Geometric mean over draws, with 95 % t-intervals of the logarithm. The bars are each "
            "model's own: as the models share their draws, two models can differ clearly though "
            "their bars overlap."
            f"{' Where draws failed or are missing, the mean is over the others.' if fewer else ''}"
        )
    else:
        what = "The winners on draw 0. One training set of each size, so there are no intervals."
    honest = (
        " Early stopping and tuning chose by validation error: the test error is the honest one."
        if found.study["test_rows"]
        else " Early stopping and tuning chose by this very validation error, so it is somewhat "
        "too low, and there is no test set."
    )
    alt = f"Mean squared error against training size m for {listed(m.label for m in MODELS)}"
    svg = figures.svg(figures.error_curves(curves), "error")
    return [Picture("error", svg, what + honest, alt)]


def _comparisons(found: Findings) -> list[Block]:
    study = found.study
    if not study["draws"]:
        return [
            Paragraph(
                "None: a comparison over draws needs draws, and this study has draw 0 only. No "
                "interval or p-value could be honest here."
            )
        ]
    factorial = tables.factorial(found.scores, study)
    notes = words.left_out(found.pairing)
    if notes:
        notes.append(words.FLATTERY)
    if not (factorial["draws"] > 0).any():
        return [Paragraph(words.NOTHING_YET), Bullets(notes)]
    return [
        Paragraph(words.method(factorial, found.pairs, study)),
        *loud(words.same_rows(study)),
        Bullets([*notes, words.sharing(study)]),
        _effects(
            "Factorial effects on the " + found.error + ". Architecture: equivariant against "
            "standard, averaged over raw and augmented. Augmentation: augmented against raw, "
            "averaged over the architectures. Interaction: augmentation's effect on the "
            "equivariant network relative to its effect on the standard one; zero if it changes "
            "both by the same per cent.",
            factorial,
        ),
        _effects(
            f"Models against each other: changes of the {found.error}. Where the two differ in one "
            "word only, this is the simple effect of that factor.",
            found.pairs,
        ),
    ]


def _effects(caption: str, rows: pd.DataFrame) -> Table:
    """Effects with intervals and p-values, the clear ones in bold."""
    return Table(
        f"{caption} In bold: clear.",
        {
            "effect": rows["effect"],
            "m": rows["m"],
            "draws": rows["draws"].map(whole),
            "change (%)": [bold(change(row.log_ratio), row.clear) for row in rows.itertuples()],
            "95 % interval (%)": [
                interval(*ends) for ends in zip(rows["low"], rows["high"], strict=True)
            ],
            "p": rows["p"].map(p_value),
            "p (Holm)": [bold(p_value(row.p_holm), row.clear) for row in rows.itertuples()],
        },
        text=("effect",),
    )


def _equivariance(found: Findings) -> list[Block]:
    rows = tables.equivariance(found.runs, found.study).reset_index()
    return [
        Paragraph(
            "How far f(gx) is from g f(x), over all eight symmetries g and all validation rows, in "
            "units of half the side of the square. Rounding leaves about 1e-6; an equivariant "
            "network far above that is broken. Dead networks answer almost the same everywhere and "
            "would pass any such check: they are counted, not measured."
        ),
        Table(
            "Parameters, and equivariance errors over all runs of a cell (draws and starts).",
            {
                "m": rows["m"],
                "model": _labels(rows),
                "parameters": rows["parameters"].map(whole),
                "runs": rows["runs"].map(whole),
                "max": rows["worst"].map(scientific),
                "rms": rows["rms"].map(scientific),
                "dead": [bold(whole(dead), dead > 0) for dead in rows["dead"]],
            },
            text=("model",),
        ),
    ]


def _diagonals(found: Findings) -> list[Block]:
    if found.predictions.empty:
        return [Paragraph("There is no winner to check yet.")]
    figure = figures.diagonals(found.predictions, found.study["m"])
    return [
        Picture(
            "diagonals",
            figures.svg(figure, "diagonals"),
            "Where the winners put flows that are symmetric about a diagonal: x1 + x3 = 0.5 with "
            "x2 = x4 = 0.25, and x2 + x4 = 0.5 with x1 = x3 = 0.25. An equivariant network must "
            "answer on the diagonals (grey); a standard one need not. Each set tests one "
            "reflection only; the table above tests all eight symmetries.",
            "Predictions of the winners beside the two diagonals of the square, one panel for "
            "each training size and model",
        )
    ]


def _method(found: Findings) -> list[Block]:
    study = found.study
    space = pd.DataFrame(study["space"], columns=["name", "standard", "equivariant"])
    return [
        record.facts("The study.", words.settings(study)),
        Table(
            "What the tuner chose from.",
            {
                "hyperparameter": space["name"],
                "standard network": space["standard"],
                "equivariant network": space["equivariant"],
            },
            text=("hyperparameter", "standard network", "equivariant network"),
        ),
        *record.definitions(words.DEFINITIONS),
        *record.origin(study),
    ]
