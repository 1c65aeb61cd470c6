"""A sweep of trainings: tables + figures + words -> the sections of its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from report import figures, record, tables, trainings, words
from report.blocks import Block, Bullets, Heading, Paragraph, Picture, Section, Table, loud
from report.formats import NOTHING, bold, counted, listed, mse, percent, whole
from report.trainings import Model
from study.sweep import ACTIVATION, FAILED_MSE, LOSS, OPTIMIZER

if TYPE_CHECKING:
    from bench.store import Results

DEFINITIONS = {
    "MSE": "mean squared error over all rows and both coordinates of the position, in [-1, 1]. "
    "Always answering the centre gives about 0.33.",
    "Train MSE": "on the rows that the training saw, so with their copies where it is augmented.",
    "8-fold test MSE": "on all eight copies of each test row. An equivariant network has the same "
    "error on them as on the test rows themselves.",
    "Failed": f"a training whose train MSE stayed above {FAILED_MSE:g}, or that diverged.",
    "Median, quartiles": "over the repeats of a setting, failed ones included (midway where they "
    "fall between two); a training that diverged counts as an infinite error.",
    "Spread": words.DEFINITIONS["Spread"],
}


class Findings:
    """A sweep's rows and its tables."""

    def __init__(self, results: Results) -> None:
        self.study: Mapping[str, Any] = results.study
        self.trainings = trainings.trainings(results.runs)
        self.completeness = trainings.completeness(results.runs, self.study)
        self.best = trainings.best(self.trainings, self.study)
        self.settings = trainings.settings(self.trainings, self.study)
        self.models = trainings.models(self.study)
        self.error = words.error_name(self.study)


def sections(results: Results) -> list[Section]:
    """The report's parts, from the answers to how they were found."""
    found = Findings(results)
    return [
        Section("answers", "In short", _answers(found)),
        Section("completeness", "Is it all there?", _completeness(found)),
        Section("settings", "Error by depth and learning rate", _settings(found)),
        Section("method", "How it was done", _method(found)),
    ]


def _answers(found: Findings) -> list[Block]:
    return [
        *loud(words.shout(found.completeness)),
        Heading("How good is each model's best training?"),
        Paragraph(
            "The best training of a model is the one with the lowest validation MSE, over all "
            "depths, learning rates and repeats. It is a single one, on one training set: **there "
            "are no intervals and no p-values,** and another might turn the order round. Epochs "
            "count passes over the rows, so augmented trainings take up to eight times the steps."
        ),
        Bullets([*_lowest(found), *_best_in_words(found)]),
        _best(found),
        Heading("How often did training fail?"),
        *_failed(found),
    ]


def _lowest(found: Findings) -> list[str]:
    """Which model's best training errs least at each m where there is any."""
    name = tables.measure(found.study)
    sentences = []
    for m, rows in found.best.groupby("m", sort=False):
        errors = rows[name].map(mse)
        if (errors == NOTHING).all():
            sentences.append(f"At m = {m} there is no training to choose from.")
            continue
        lowest = mse(rows[name].min())
        names = [Model(*cell[1:]).label for cell in errors.index[errors == lowest]]
        verb = "has" if len(names) == 1 else "have"
        sentences.append(
            f"At m = {m}, {listed(f'**{label}**' for label in names)} {verb} the lowest "
            f"{found.error} among the best trainings: {lowest}."
        )
    return sentences


def _best_in_words(found: Findings) -> list[str]:
    """Each model's best training in a sentence."""
    several = len(found.study["m"]) > 1
    sentences = []
    for (m, *model), row in found.best[found.best["status"].notna()].iterrows():
        name = Model(*model).label + (f" at m = {m}" if several else "")
        test = (
            f", test MSE {mse(row['test_mse'])} ({mse(row['test_augmented_mse'])} 8-fold)"
            if found.study["test_rows"]
            else ""
        )
        sentences.append(
            f"**{name}:** validation MSE {mse(row['validation_mse'])}{test}, train MSE "
            f"{mse(row['train_mse'])}; learning rate {row['learning_rate']:g}, depth "
            f"{row['depth']:.0f}, {counted(int(row['parameters']), 'parameter')}."
        )
    return sentences


def _best(found: Findings) -> Table:
    """Each model's best training."""
    rows = found.best.reset_index()
    names = ["train_mse", "validation_mse"]
    names += ["test_mse", "test_augmented_mse"] if found.study["test_rows"] else []
    headers = {"test_augmented_mse": "8-fold test MSE"}
    errors = {
        headers.get(name, name.replace("_mse", " MSE")): _errors(rows, name) for name in names
    }
    return Table(
        "The best training of each model by validation MSE; in bold: the lowest at that m.",
        {
            "m": rows["m"],
            "model": _labels(rows),
            **errors,
            "learning rate": [NOTHING if pd.isna(r) else f"{r:g}" for r in rows["learning_rate"]],
            "depth": rows["depth"].map(whole),
            "parameters": rows["parameters"].map(whole),
        },
        text=("model",),
    )


def _errors(rows: pd.DataFrame, name: str) -> list[str]:
    """A column of errors, the lowest at each m in bold."""
    lowest = rows.groupby("m")[name].transform("min").map(mse)
    text = rows[name].map(mse)
    best = (text == lowest) & rows[name].notna()
    return [bold(*cell) for cell in zip(text, best, strict=True)]


def _labels(rows: pd.DataFrame) -> list[str]:
    """The names of the rows' models."""
    return [Model(*row).label for row in rows[trainings.MODEL].itertuples(index=False)]


def _failed(found: Findings) -> list[Block]:
    """How many trainings failed, in all and of each model."""
    count, failed = len(found.trainings), int(found.trainings["failed"].sum())
    if not count:
        return [Paragraph("None has been trained yet.")]
    total = (
        f"Of {counted(count, 'training')}, {failed:,} failed ({percent(failed / count)}): their "
        f"train MSE stayed above {FAILED_MSE:g}, or they diverged."
    )
    return [Paragraph(total), Bullets(_failed_in_words(found))] if failed else [Paragraph(total)]


def _failed_in_words(found: Findings) -> list[str]:
    """Each cell's share of failed trainings, and the setting where most failed."""
    several = len(found.study["m"]) > 1
    sentences = []
    for (m, *model), rows in found.settings.groupby(trainings.CELL, sort=False):
        failed = (rows["failed"] * rows["count"]).round()
        if not rows["count"].sum():
            continue
        name = Model(*model).label + (f" at m = {m}" if several else "")
        share = percent(failed.sum() / rows["count"].sum())
        text = f"**{name}:** {failed.sum():,.0f} of {rows['count'].sum():,} failed ({share})"
        if failed.sum():
            text += f", {_most_failures(rows['failed'])}"
        sentences.append(f"{text}.")
    return sentences


def _most_failures(shares: pd.Series) -> str:
    """The setting, or the settings, with the largest share; shares: indexed by SETTING."""
    (*_, depth, rate), *others = shares.index[shares == shares.max()]
    also = f" and at {counted(len(others), 'other setting')}" if others else ""
    return f"most at depth {depth} with learning rate {rate:g}{also} ({percent(shares.max())})"


def _completeness(found: Findings) -> list[Block]:
    count, sizes = found.completeness, found.study["m"]
    blocks = record.presence(count)
    if not words.shout(count):
        return blocks
    cells = count.loc["sweep"].apply(words.cell_count, axis=1)
    columns = {
        "model": [model.label for model in found.models],
        **{f"m = {m}": [cells[(m, *model)] for model in found.models] for m in sizes},
    }
    failed = tables.failures(found.trainings, trainings.CELL)
    note = (
        "A dead training keeps its errors; one that diverged has none, not even a train MSE (NaN), "
        "and counts as infinite in medians and quartiles."
    )
    return [
        *blocks,
        Table("Trainings of each model: finished / planned.", columns, text=("model",)),
        *record.failures(failed, {"model": _labels(failed)}, note),
    ]


def _settings(found: Findings) -> list[Block]:
    if found.trainings.empty:
        return [Paragraph("There is no finished training to draw yet.")]
    several = len(found.study["m"]) > 1
    blocks: list[Block] = []
    for m in found.study["m"]:
        rows = found.settings.loc[[m]].reset_index()
        blocks += [Heading(f"m = {m}")] if several else []
        blocks += [
            _picture(found, m, rows),
            *(_quartiles(name, rows) for name in tables.sets(found.study)),
            _shares(rows),
        ]
    return blocks


def _picture(found: Findings, m: int, rows: pd.DataFrame) -> Picture:
    name = f"sweep_{m}"
    return Picture(
        name,
        figures.svg(figures.sweep(rows, found.models, tables.measure(found.study)), name),
        f"Median and quartiles of the {found.error} over the repeats at m = {m}, against depth, "
        "for each learning rate; beneath, the share of trainings that failed. Failed ones are in "
        "the medians too.",
        f"Median {found.error} and share of failed trainings against depth for "
        f"{listed(model.label for model in found.models)}, a colour for each learning rate",
    )


def _quartiles(name: str, rows: pd.DataFrame) -> Table:
    """Median and quartiles of one set's error: model and depth by learning rate."""
    parts = zip(*(rows[f"{name}_{part}"] for part in trainings.QUARTILES), strict=True)
    text = [
        NOTHING if pd.isna(median) else f"{mse(median)} [{mse(low)} to {mse(high)}]"
        for low, median, high in parts
    ]
    caption = f"{name.capitalize()} MSE over the repeats: median [quartiles], by learning rate."
    wide = _by(rows.assign(text=text), "depth", "learning_rate")
    return Table(caption, wide, text=("model",))


def _shares(rows: pd.DataFrame) -> Table:
    """Shares of failed trainings: model and learning rate by depth."""
    text = [
        NOTHING if pd.isna(share) else bold(f"{100 * share:.0f}", share > 0)
        for share in rows["failed"]
    ]
    wide = _by(rows.assign(text=text), "learning_rate", "depth")
    return Table("Failed trainings in per cent, by depth.", wide, text=("model",))


def _by(rows: pd.DataFrame, line: str, column: str) -> dict[str, list[str]]:
    """The texts of one m in columns by header, a line for each model and value of `line`."""
    keys = [*trainings.MODEL, line]
    first = rows.drop_duplicates(keys)
    wide = rows.pivot(index=keys, columns=column, values="text")
    wide = wide.reindex(pd.MultiIndex.from_frame(first[keys]))
    names = {line: line.replace("_", " "), column: column.replace("_", " ")}
    lines = {"model": _labels(first), names[line]: [f"{value:g}" for value in first[line]]}
    return lines | {f"{names[column]} {value:g}": list(wide[value]) for value in wide}


def _method(found: Findings) -> list[Block]:
    return [
        record.facts("The study.", _facts(found)),
        *record.definitions(DEFINITIONS),
        *record.origin(found.study),
    ]


def _facts(found: Findings) -> dict[str, str]:
    """The settings of the sweep by name."""
    sweep = trainings.design(found.study)
    rates = [f"{rate:g}" for rate in sweep.learning_rates]
    return {
        **words.data_settings(found.study),
        "models": listed(model.label for model in found.models),
        "depths (hidden layers)": listed(sweep.depths),
        "learning rates": listed(rates),
        "repeats of each combination": str(sweep.repeats),
        "optimiser, loss, activation": f"{OPTIMIZER}, {LOSS}, {ACTIVATION}",
        "batch": counted(sweep.batch_size, "row"),
        "epochs": f"at most {sweep.epochs:,}, counted over the rows of the cell",
        "early stopping": f"after {sweep.patience:,} epochs without a better validation error; the "
        "best weights are kept",
        "starting weights": f"equivariant: N(0, {sweep.equivariant_stddev:g}²), drawn for each "
        "weight; standard: Keras' defaults",
        "seeds": "hashes of the names of what a training may depend on (cell, learning rate, "
        "repeat)",
    }
