"""What every report says of its study, and what a grid's report says of its settings.

Bold is written as in Markdown; `page` turns it into HTML. Sentences on what came out: `verdicts`.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from report import models, tables
from report.formats import counted, decimals, duration, listed, percent
from report.models import CORRECTIONS, STANDARD_MATCHED
from study.old_symmetry import SYMMETRIES

INTRODUCTION = (
    "A leak in a square vacuum bag is to be found from the shares of air flow at its four corners. "
    "**Standard** networks know nothing of the square's symmetry; **equivariant** ones have it "
    "built in. Each is trained on m samples, **raw** or **augmented** by the seven virtual copies "
    "that the symmetry gives for every sample."
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
    "Score of a draw": "that of its best start by validation MSE. The orbit average is that of the "
    "same start.",
}
CORRECTED = (
    "before training, the offset of a sensor is estimated from the training samples of the draw "
    "alone and undone in them, where they show one. Validation and test data are the same for "
    "corrected and uncorrected cells."
)

NOUNS = {"run": "run", "trial": "tuning trial", "baseline": "baseline fit", "sweep": "training"}
TIMES = {
    "startup": "start-up of the workers",
    "tuner": "the tuner's choices",
    "io": "input and output (main process)",
}
OVERHEAD = ("startup", "io")


def definitions(study: Mapping[str, Any]) -> dict[str, str]:
    """What the scores of a grid mean, by name."""
    found = {"Corrected": CORRECTED} if any(models.corrections(study)) else {}
    return DEFINITIONS | found


def error_name(study: Mapping[str, Any]) -> str:
    """The name of the score that comparisons are made on."""
    return tables.measure(study).replace("_mse", " MSE")


def floor(study: Mapping[str, Any]) -> str:
    """The noise floor with its uncertainty; "" where it is not known."""
    if (floor := study["noise_floor"]) is None:
        return ""
    digits = decimals(5)
    return (
        f"**Noise floor:** {floor['set']} MSE {digits(floor['mse'])} ± {digits(floor['error'])} "
        "(standard error). That much the sensors' noise leaves to any method, as the "
        f"{floor['how']} tells."
    )


def shout(completeness: pd.DataFrame) -> str:
    """What is missing or failed, in one sentence; "" where all planned rows are there and fine."""
    parts = []
    for part, total in completeness.groupby("part", sort=False).sum().iterrows():
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
    total = completeness.groupby("part", sort=False).sum()
    there = total["planned"] - total["missing"]
    parts = [
        f"{there[part]:,} of {counted(planned, f'planned {NOUNS[part]}')}"
        for part, planned in total["planned"].items()
    ]
    return f"{listed(parts)} are there."


def wholeness(completeness: pd.DataFrame) -> str:
    """That nothing is missing, dead or diverged, and how much of it how many cells have."""
    sizes = completeness.reset_index("part").value_counts(["part", "planned"], sort=False)
    in_order = sizes.reindex(completeness.index.unique("part"), level="part")
    each = [
        f"{counted(cells, 'cell')} {'has' if cells == 1 else 'have'} "
        f"{counted(planned, NOUNS[part])}{' each' * (cells > 1)}"
        for (part, planned), cells in in_order.items()
    ]
    return f"None ended dead or diverged. {listed(each)}."


def cell_count(row: pd.Series) -> str:
    """A cell's rows as "finished / planned", with what failed or is missing in bold."""
    wrong = [f"{row[name]} {name}" for name in (*tables.FAILURES, "missing") if row[name] > 0]
    return f"{row['ok']} / {row['planned']}" + (f" **({', '.join(wrong)})**" if wrong else "")


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
        f"Start-up and input/output together took {percent(share)} of the workers' "
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
    matched = STANDARD_MATCHED.control in study["controls"]
    longer = f"cells but those of matched epochs, which have {len(SYMMETRIES)} times as many"
    cells = longer if matched else "cells"
    return {
        **data_settings(study),
        "draws beside draw 0": str(study["draws"]),
        "training data": listed(CORRECTIONS[corrected] for corrected in models.corrections(study)),
        **_control_settings(study),
        "starts on draw 0": f"{study['starts']} (the best by validation MSE is the winner)",
        "starts on each other draw": f"{study['draw_starts']} (the best by validation MSE counts)",
        "tuner": f"KerasTuner, {study['oracle']} oracle, on draw 0",
        "tuning trials per cell": f"{study['trials']}, each from {trial_starts}, "
        f"of at most {study['trial_steps']:,} optimiser steps",
        "budget per run": f"at most {study['steps']:,} optimiser steps, the same in all {cells}",
        "early stopping": f"after {study['patience']:,} steps without a better validation error",
        "seeds": "hashes of the names of what a run may depend on (cell, draw, start)",
    }


def _control_settings(study: Mapping[str, Any]) -> dict[str, str]:
    """The controls by name, and where they stand; nothing where there are none."""
    if not study["controls"]:
        return {}
    names = [name.replace("_", " ") for name in study["controls"]]
    draws = study["control_draws"]
    return {
        "controls": listed(names),
        "controls at m": listed(study["control_sizes"]),
        "draws of the controls": f"the first {draws}" if draws else "none beside draw 0",
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
