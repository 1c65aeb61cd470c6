"""Scores -> effects: what is compared draw by draw, in families that share Holm's adjustment.

A contrast is weights on the logarithms of errors, by model. Its effect is a log ratio: below zero,
the model errs less than its reference.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from report import models, statistics
from report.models import EQUIVARIANT_RAW, MODEL, MODELS, REFERENCES, STANDARD_RAW, Model
from report.tables import measure
from study.seeds import seed

Contrasts = Mapping[str, Mapping[Any, float]]

LEAD = "lead of equivariant raw over standard raw, corrected against as they are"


def complete(
    scores: pd.DataFrame,
    study: Mapping[str, Any],
    m: int,
    columns: Sequence[Any] = MODELS,
    by: Sequence[str] = MODEL,
) -> pd.DataFrame:
    """Errors at m, (draws, columns): the draws that have a score in every column.

    columns: what is compared, as values of the columns `by` of scores.
    """
    wide = scores[scores["m"] == m].pivot(index="draw", columns=list(by), values=measure(study))
    return wide.reindex(columns=pd.MultiIndex.from_tuples(columns, names=by)).dropna()


def least(study: Mapping[str, Any]) -> int:
    """How many draws a comparison needs: two, or draw 0 where it is alone."""
    return 2 if study["draws"] else 1


def paired(
    scores: pd.DataFrame,
    study: Mapping[str, Any],
    m: int,
    columns: Sequence[Any] = MODELS,
    by: Sequence[str] = MODEL,
) -> pd.DataFrame:
    """What is `complete` at m, if it is enough to compare."""
    errors = complete(scores, study, m, columns, by)
    return errors if len(errors) >= least(study) else errors.iloc[:0]


def geometric_means(paired: pd.DataFrame) -> dict[Hashable, float]:
    """Each column's geometric mean error over the draws; NaN where there are none."""
    means = statistics.geometric_interval(paired.to_numpy(float)).mean
    return dict(zip(paired.columns, map(float, means), strict=True))


def pairing(
    scores: pd.DataFrame,
    study: Mapping[str, Any],
    sizes: Sequence[int],
    wanted: Sequence[Model] = MODELS,
) -> pd.DataFrame:
    """Per m: draws planned, complete (all these models have a score), and which models lack some.

    The column "lacking" names those with the number of draws that they have no score for, or is "".
    """
    rows = []
    planned = max(study["draws"], 1)  # draw 0 alone where there are no further draws
    for m in sizes:
        have = scores[scores["m"] == m].groupby(MODEL).size()
        lacking = {model.label: planned - int(have.get(model, 0)) for model in wanted}
        rows.append(
            {
                "m": m,
                "planned": planned,
                "complete": len(complete(scores, study, m, wanted)),
                "lacking": "; ".join(f"{name} {n}" for name, n in lacking.items() if n),
            }
        )
    return pd.DataFrame(rows).set_index("m")


def factorial(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """The effects of architecture and augmentation and their interaction at each m: one family."""
    contrasts = {
        name: dict(zip(MODELS, weights, strict=True))
        for name, weights in statistics.FACTORIAL.items()
    }
    return effects({m: paired(scores, study, m) for m in study["m"]}, contrasts)


def pairs(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """Each model of the grid against each other one at each m: one family.

    All six pairs and not just the four that differ in one factor: "which model is best" compares
    with a model that the data chose, which only the whole family pays for. The effect's name is
    "<model> against <reference>".
    """
    contrasts = against((model, reference) for reference, model in combinations(MODELS, 2))
    return effects({m: paired(scores, study, m) for m in study["m"]}, contrasts)


def correction(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """What the correction does to each model, and to the equivariant lead, at each m: one family.

    scores: with both corrections. Only draws that all models have with both are compared.
    """
    columns = [(corrected, *model) for corrected in (False, True) for model in MODELS]
    contrasts: dict[str, dict[Any, float]] = {
        corrected_name(model): {(True, *model): 1.0, (False, *model): -1.0} for model in MODELS
    }
    contrasts[LEAD] = {
        (True, *EQUIVARIANT_RAW): 1.0,
        (True, *STANDARD_RAW): -1.0,
        (False, *EQUIVARIANT_RAW): -1.0,
        (False, *STANDARD_RAW): 1.0,
    }
    by = ["corrected", *MODEL]
    return effects({m: paired(scores, study, m, columns, by) for m in study["m"]}, contrasts)


def corrected_name(model: Model) -> str:
    """The name of the correction's effect on a model."""
    return f"{model.label}, corrected against as they are"


def controls(scores: pd.DataFrame, study: Mapping[str, Any]) -> pd.DataFrame:
    """The planned controls and baselines, each against its references, at each m: one family."""
    planned = models.controls(study)
    contrasts = against(pair for pair in REFERENCES if pair[0] in planned)
    return effects({m: beside(scores, study, m) for m in study["control_sizes"]}, contrasts)


def beside(scores: pd.DataFrame, study: Mapping[str, Any], m: int) -> pd.DataFrame:
    """Errors at m of the four models and of the controls beside them, (draws, models).

    The draws are those that all of them have a score in; a control that has none is left out.
    """
    return paired(scores, study, m, scored(scores, study, m))


def scored(scores: pd.DataFrame, study: Mapping[str, Any], m: int) -> list[Model]:
    """The four models, and the controls that have scores enough at m to be compared at all."""
    have = scores[scores["m"] == m].groupby(MODEL).size()
    return [*MODELS, *(one for one in models.controls(study) if have.get(one, 0) >= least(study))]


def against(pairs: Iterable[tuple[Model, Model]]) -> dict[str, dict[Model, float]]:
    """The contrasts of models with their references."""
    return {
        f"{model.label} against {reference.label}": {model: 1.0, reference: -1.0}
        for model, reference in pairs
    }


def versus(pairs: pd.DataFrame, model: Model, reference: Model) -> pd.DataFrame:
    """The rows of `pairs`, one per m, of model against reference, turned round where needed."""
    rows = pairs[pairs["effect"] == f"{model.label} against {reference.label}"]
    if len(rows):
        return rows
    turned = pairs[pairs["effect"] == f"{reference.label} against {model.label}"]
    return turned.assign(
        effect=f"{model.label} against {reference.label}",
        log_ratio=-turned["log_ratio"],
        low=-turned["high"],
        high=-turned["low"],
    )


def effects(errors: Mapping[int, pd.DataFrame], contrasts: Contrasts) -> pd.DataFrame:
    """One row per contrast and m, Holm-adjusted over all of them.

    errors: by m, (draws, columns). Columns effect, m, draws, log_ratio, low, high, p, p_holm,
    clear. A difference is clear where its adjusted p is below 0.05 and its interval excludes zero.
    What cannot be compared for want of a column has 0 draws and NaN.
    """
    table = pd.concat([_effects(m, table, contrasts) for m, table in errors.items()])
    table["p_holm"] = statistics.holm(table["p"])
    table["clear"] = (table["p_holm"] < statistics.ALPHA) & (table["low"] * table["high"] > 0)
    order = {effect: place for place, effect in enumerate(contrasts)}
    return table.sort_values("effect", key=lambda names: names.map(order), kind="stable")


def _effects(m: int, errors: pd.DataFrame, contrasts: Contrasts) -> pd.DataFrame:
    """The effects at one m."""
    known = [effect for effect, weights in contrasts.items() if {*weights} <= {*errors.columns}]
    weights = np.array(
        [[contrasts[effect].get(column, 0.0) for column in errors.columns] for effect in known]
    ).reshape(len(known), len(errors.columns))  # (c, columns)
    differences = np.log(errors.to_numpy(float)) @ weights.T  # (S, c)
    rng = np.random.default_rng(seed("report", "sign flips", m))
    columns = {
        "draws": len(errors),
        **statistics.t_interval(differences)._asdict(),
        "p": statistics.sign_flip_p(differences, rng),
    }
    table = pd.DataFrame(columns, index=pd.Index(known, name="effect"))
    table = table.rename(columns={"mean": "log_ratio"}).reindex(list(contrasts))
    table["draws"] = table["draws"].fillna(0).astype(int)
    table.insert(0, "m", m)
    return table.rename_axis("effect").reset_index()
