"""Tables -> sentences: the answers change with the numbers.

Bold is written as in Markdown; `page` turns it into HTML.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from report import statistics, tables
from report.formats import at, change, changes, counted, duration, listed, mse, p_value, percent
from report.tables import (
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_RAW,
    MODELS,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    Model,
)

INTRODUCTION = (
    "A leak in a square vacuum bag is to be found from the shares of air flow at its four corners. "
    "**Standard** networks know nothing of the square's symmetry; **equivariant** ones have it "
    "built in. Each is trained on m samples, **raw** or **augmented** by the seven virtual copies "
    "that the symmetry gives for every sample."
)
FLATTERY = (
    "A draw is left out for all four models. Where it lacks a score because a run failed, leaving "
    "it out flatters the model that failed."
)
DEFINITIONS = {
    "MSE, MAE": "mean squared and mean absolute error over all rows and both coordinates of the "
    "position, in [-1, 1]. Always answering the centre gives an MSE of about 0.33.",
    "Mean distance, 95 % within": "mean and 95th percentile of the distance between predicted "
    "and true leak, in mm on a bag of 1500 mm by 1500 mm.",
    "Orbit MSE": "validation MSE of the same network averaged over the eight symmetries when it "
    "answers; no training is involved.",
    "Equivariance error": "distance between f(gx) and g f(x), over all eight symmetries g and "
    "all validation rows: the largest (max) and the root mean square (rms).",
    "Spread": "of a network's outputs over the validation rows. Below 0.05 it is called dead: it "
    "answers almost the same everywhere. A run that stopped being a number has diverged.",
    "Score of a draw": "that of its best start by validation MSE.",
}

NOUNS = {"run": "run", "trial": "tuning trial", "sweep": "training"}
TIMES = {
    "startup": "start-up of the workers",
    "tuner": "the tuner's choices",
    "batches": "cutting mini-batches",
    "io": "input and output (main process)",
}
OVERHEAD = ("compilation", "startup", "io")
NOTHING_YET = "There is nothing to compare yet."
NO_DIFFERENCE = "no clear difference"
_COMPARED = ("clearly lower error", NO_DIFFERENCE, "clearly higher error")
_SEEN = ("lower error", "the same error", "higher error")
CONTROL = (
    "To an exactly equivariant network the copies say nothing new: its two cells can differ by "
    "what the tuner chose for each and by the order of batches only. Their difference shows how "
    "much of the others may be due to that."
)
_HELPED = ("augmentation helped", NO_DIFFERENCE, "augmentation hurt")


def error_name(study: Mapping[str, Any]) -> str:
    """The name of the score that comparisons are made on."""
    return tables.measure(study).replace("_mse", " MSE")


def shout(completeness: pd.DataFrame) -> str:
    """What is missing or failed, in one sentence; "" where all planned rows are there and fine."""
    parts = []
    for part, total in completeness.groupby("part").sum().iterrows():
        noun, missing = NOUNS[part], total["missing"]
        if missing > 0:
            planned = counted(total["planned"], f"planned {noun}")
            parts.append(f"{missing:,} of {planned} {'is' if missing == 1 else 'are'} missing")
        for status, verb in (("dead", "ended dead"), ("diverged", "diverged")):
            if total[status]:
                parts.append(f"{counted(total[status], noun)} {verb}")
    return f"**Missing or failed:** {listed(parts)}." if parts else ""


def presence(completeness: pd.DataFrame) -> str:
    """How many of the planned rows are there."""
    total = completeness.groupby("part").sum()
    there = total["planned"] - total["missing"]
    parts = [
        f"{there[part]:,} of {counted(planned, f'planned {NOUNS[part]}')}"
        for part, planned in total["planned"].items()
    ]
    return f"{listed(parts)} are there."


def wholeness(completeness: pd.DataFrame) -> str:
    """That nothing is missing, dead or diverged, and how much of it each cell has."""
    cell = completeness.groupby("part").first()["planned"]
    each = listed(counted(planned, NOUNS[part]) for part, planned in cell.items())
    cells = len(completeness) // len(cell)
    return f"None ended dead or diverged. Each of the {cells} cells has {each}."


def cell_count(row: pd.Series) -> str:
    """A cell's rows as "finished / planned", with what failed or is missing in bold."""
    wrong = [f"{row[name]} {name}" for name in (*tables.FAILURES, "missing") if row[name] > 0]
    return f"{row['ok']} / {row['planned']}" + (f" **({', '.join(wrong)})**" if wrong else "")


def basis(study: Mapping[str, Any]) -> str:
    """What the answers rest on, and when a difference is called clear."""
    name = error_name(study)
    if not study["draws"]:
        return (
            "This study has one training set of each size and no further draws. **So there are no "
            "statistics: no intervals and no p-values.** The answers below compare the "
            f"{name} of the winners; another training set or other starts might turn them round."
        )
    return (
        f"The answers compare the {name} over {counted(study['draws'], 'draw')} of training data, "
        "paired by draw (geometric means). A difference is called clear where its p-value, after "
        "Holm's correction, is below 0.05 and its 95 % interval excludes zero."
    )


def power(pairing: pd.DataFrame) -> str:
    """That no difference could ever be clear with so few draws; "" where one could."""
    draws = int(pairing["complete"].max())
    hypotheses = 6 * int((pairing["complete"] > 1).sum())
    smallest = statistics.smallest_p(draws)
    if draws < 2 or smallest * hypotheses < statistics.ALPHA:
        return ""
    return (
        f"**With {counted(draws, 'draw')} no difference can be called clear, however large:** the "
        f"smallest p-value that a sign-flip test of {counted(draws, 'draw')} can give is "
        f"{p_value(smallest)}, before the correction for {hypotheses} comparisons. Take the "
        "changes below as a trial run's."
    )


def waiting(scores: pd.DataFrame, pairing: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """The sizes that cannot be answered yet, and why."""
    if not study["draws"]:
        return [
            f"At m = {m} there is nothing to compare yet: not all four models have a winner."
            for m in study["m"]
            if tables.paired(scores, study, m).empty
        ]
    return [
        f"At m = {m} there is nothing to compare yet: {row['complete']} of "
        f"{counted(row['planned'], 'draw')} {'has' if row['complete'] == 1 else 'have'} a score "
        "from all four models."
        for m, row in pairing.iterrows()
        if tables.paired(scores, study, m).empty
    ]


def best_models(scores: pd.DataFrame, pairs: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """Which models worked best: a sentence for all sizes that give the same answer."""
    answers: dict[tuple[Model, ...], list[int]] = {}
    for m in study["m"]:
        errors = tables.paired(scores, study, m)
        if len(errors):
            answers.setdefault(_best(errors, pairs[pairs["m"] == m], study), []).append(m)
    say = _best_in_words if study["draws"] else _lowest_in_words
    return [say(best, sizes, study) for best, sizes in answers.items()]


def _best(errors: pd.DataFrame, pairs: pd.DataFrame, study: Mapping[str, Any]) -> tuple[Model, ...]:
    """The model with the lowest error at one m, and those that don't differ clearly from it.

    Without statistics, those that don't differ in the digits that the report shows.
    """
    means = tables.geometric_means(errors)
    best = min(MODELS, key=lambda model: means[model])
    if not study["draws"]:
        return tuple(model for model in MODELS if mse(means[model]) == mse(means[best]))
    return tuple(
        model
        for model in MODELS
        if model == best or not tables.versus(pairs, model, best)["clear"].item()
    )


def _best_in_words(best: Sequence[Model], sizes: list[int], study: Mapping[str, Any]) -> str:
    """Which models worked best at these m, where statistics decide."""
    where = at(sizes, study["m"]).capitalize()
    names = listed(f"**{model.label}**" for model in best)
    rest = [model.label for model in MODELS if model not in best]
    if not rest:
        return f"No clear difference {at(sizes, study['m'], 'any')}."
    if len(best) == 1:
        return f"{where}, {names} worked best, clearly before {listed(rest)}."
    among = "between them" if len(best) == 2 else "between the best of them and the others"
    verb = "is" if len(rest) == 1 else "are"
    return (
        f"{where}, {names} worked best, with no clear difference {among}; {listed(rest)} {verb} "
        "clearly worse than the best of them."
    )


def _lowest_in_words(best: Sequence[Model], sizes: list[int], study: Mapping[str, Any]) -> str:
    """Which models have the lowest error at these m, where there are no statistics."""
    where = at(sizes, study["m"]).capitalize()
    names = listed(f"**{model.label}**" for model in best)
    if len(best) == 1:
        return f"{where}, {names} has the lowest {error_name(study)}."
    return f"{where}, {names} have the lowest {error_name(study)}, equal to four decimals."


def augmentation(pairs: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """Where augmentation helped, for both architectures."""
    phrases = _HELPED if study["draws"] else tuple(f"{words} with augmentation" for words in _SEEN)
    comparisons = {
        "Standard network": (STANDARD_AUGMENTED, STANDARD_RAW),
        "Equivariant network": (EQUIVARIANT_AUGMENTED, EQUIVARIANT_RAW),
    }
    return _compared(pairs, comparisons, phrases, study)


def symmetry(pairs: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """How much knowing the symmetry is worth, and which way of using it is better."""
    comparisons = {
        "Built into the network (equivariant raw against standard raw)": (
            EQUIVARIANT_RAW,
            STANDARD_RAW,
        ),
        "Built in or shown as copies (equivariant raw against standard augmented)": (
            EQUIVARIANT_RAW,
            STANDARD_AUGMENTED,
        ),
    }
    return _compared(pairs, comparisons, _COMPARED if study["draws"] else _SEEN, study)


def _compared(
    pairs: pd.DataFrame,
    comparisons: Mapping[str, tuple[Model, Model]],
    phrases: Sequence[str],
    study: Mapping[str, Any],
) -> list[str]:
    """A sentence for each comparison that has rows to compare."""
    known = pairs[pairs["draws"] > 0]
    if known.empty:
        return [NOTHING_YET]
    return [
        f"**{subject}:** {_verdict(tables.versus(known, *models), phrases, study)}."
        for subject, models in comparisons.items()
    ]


def _verdict(rows: pd.DataFrame, phrases: Sequence[str], study: Mapping[str, Any]) -> str:
    """Where the error is lower, where there is no difference, where it is higher.

    Without statistics, every change that shows with one decimal counts as a difference.
    """
    differs = rows["clear"] if study["draws"] else rows["log_ratio"].map(change) != "0.0"
    sign = np.sign(rows["log_ratio"]).where(differs, 0)
    parts = []
    for phrase, wanted in zip(phrases, (-1, 0, 1), strict=True):
        group = rows[sign == wanted]
        if len(group):
            every = "any" if phrase == NO_DIFFERENCE else "every"
            where = at(list(group["m"]), study["m"], every)
            parts.append(
                f"{phrase} {where} ({error_name(study)} {changes(list(group['log_ratio']))})"
            )
    return "; ".join(parts)


def left_out(pairing: pd.DataFrame) -> list[str]:
    """The draws that no comparison could use, and the models that they lack."""
    return [
        f"**m = {m}: {row['planned'] - row['complete']} of {counted(row['planned'], 'draw')} left "
        "out of the comparisons** for want of a score from all four models (draws without a "
        f"score: {row['lacking']})."
        for m, row in pairing.iterrows()
        if row["complete"] < row["planned"]
    ]


def sharing(study: Mapping[str, Any]) -> str:
    """How much two draws have in common, as they come from one pool."""
    pool = study["pool"]
    apart = [m for m in study["m"] if m < pool]
    text = f"All draws come from one pool of {counted(pool, 'training row')}."
    if apart:
        ends = dict.fromkeys((apart[0], apart[-1]))
        shares = listed(f"{100 * m / pool:.3g} % (m = {m})" for m in ends)
        text += f" Two of them have on average {shares} of their rows in common."
    return (
        f"{text} The intervals say what other draws from this pool would give; they leave out "
        "what another pool, or other validation or test data, would change, and what another "
        "tuning would: each cell's hyperparameters were chosen once, on draw 0."
    )


def same_rows(study: Mapping[str, Any]) -> str:
    """At which m the draws are all the same rows; "" where there are no such m."""
    same = [m for m in study["m"] if m >= study["pool"]]
    if not (same and study["draws"]):
        return ""
    return (
        f"**At m = {listed(same)} all draws hold the same rows,** as there are only "
        f"{counted(study['pool'], 'training row')} to draw from: intervals and p-values there "
        "cover the luck of starting weights and batch order, not that of other data."
    )


def method(factorial: pd.DataFrame, pairs: pd.DataFrame, study: Mapping[str, Any]) -> str:
    """How the comparisons are tested."""
    tested = [int(family["p"].notna().sum()) for family in (factorial, pairs)]
    return (
        f"Compared is the logarithm of the {error_name(study)}, draw by draw, so effects are "
        "ratios, told as changes in per cent; below zero is a lower error. Intervals are 95 % "
        "t-intervals of the mean over draws, each on its own. p-values are from two-sided "
        "sign-flip tests over draws: exact for up to 16 draws, else from "
        f"{statistics.RANDOM_FLIPS:,} random flips. Holm's correction is made within two families: "
        f"the {counted(tested[0], 'factorial effect')}, and the "
        f"{counted(tested[1], 'comparison')} of two models."
    )


def subtitle(study: Mapping[str, Any]) -> str:
    """The study in a line."""
    data = "simulated data" if study["data"] == "simulated" else "given data"
    date = study["provenance"].get("date", "")
    return " · ".join(filter(None, (f"preset {study['preset']}", data, str(date))))


def overhead(seconds: pd.Series, workers: int | None) -> str:
    """What share of the workers' time went into what is not training.

    seconds: by part, summed over the workers, and "total" by the clock; parts may be absent. The
    workers don't write: "io" is the time of the process that started them.
    """
    worked = seconds.drop("total", errors="ignore")
    share = worked.reindex(OVERHEAD).sum() / worked.sum()
    text = (
        f"Compilation, start-up and input/output together took {percent(share)} of the workers' "
        f"{duration(worked.sum())}."
    )
    if workers and "total" in seconds:
        busy = worked.drop("io", errors="ignore").sum() / (workers * seconds["total"])
        text += (
            f" {counted(workers, 'worker')} had work for {percent(busy)} of the "
            f"{duration(seconds['total'])} by the clock."
        )
    return text


def settings(study: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a grid by name."""
    trial_starts = counted(study["trial_starts"], "start")
    return {
        **data_settings(study),
        "draws beside draw 0": str(study["draws"]),
        "starts on draw 0": f"{study['starts']} (the best by validation MSE is the winner)",
        "starts on each other draw": f"{study['draw_starts']} (the best by validation MSE counts)",
        "tuner": f"KerasTuner, {study['oracle']} oracle, on draw 0",
        "tuning trials per cell": f"{study['trials']}, each from {trial_starts}",
        "budget per run": f"at most {study['steps']:,} optimiser steps, the same in all cells",
        "early stopping": f"after {study['patience']:,} steps without a better validation error",
        "seeds": "hashes of the names of what a run may depend on (cell, draw, start)",
    }


def data_settings(study: Mapping[str, Any]) -> dict[str, str]:
    """The preset and its data by name."""
    own = [m for m in study["train_files"] if m in study["m"]]
    return {
        "preset": str(study["preset"]),
        "data": str(study["data"]),
        "data checksum (SHA-256)": str(study["data_checksum"]),
        "training sizes m": listed(study["m"]),
        "pool (the largest training file)": counted(study["pool"], "row"),
        "draw 0 is a file of its own at m": listed(own) if own else "none (a subset of the pool)",
        "validation set": counted(study["validation_rows"], "row"),
        "test set": counted(study["test_rows"], "row") if study["test_rows"] else "none",
    }
