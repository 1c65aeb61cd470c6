"""Controls: what else could explain the study's answers, each tried beside the four models."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from report import effects, models, verdicts
from report.blocks import Block, Bullets, Heading, Paragraph, Section, Table, loud
from report.columns import TEXT, effects_table
from report.findings import Findings, Part
from report.formats import change, counted, interval, listed, mse, whole
from report.models import (
    BASELINES,
    CORRECTIONS,
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_MATCHED,
    EQUIVARIANT_RAW,
    IDENTITY_CHECK,
    MODEL,
    MODELS,
    ORBIT_AVERAGE,
    STANDARD_AUGMENTED,
    STANDARD_MATCHED,
    STANDARD_RAW,
    WIDE,
    WRONG_GROUP,
    Model,
)
from report.words import error_name

# The question that a control answers against a reference.
QUESTIONS = {
    (ORBIT_AVERAGE, STANDARD_RAW): "Averaged over the symmetries when it answers",
    (ORBIT_AVERAGE, EQUIVARIANT_RAW): "Averaged or built in",
    (WRONG_GROUP, STANDARD_RAW): "The wrong symmetry or none",
    (WRONG_GROUP, EQUIVARIANT_RAW): "The wrong symmetry or the right one",
    (WIDE, EQUIVARIANT_RAW): "Several channels or one",
    (WIDE, STANDARD_RAW): "Several channels or no symmetry",
    (STANDARD_MATCHED, STANDARD_AUGMENTED): "Eight times the steps, standard network",
    (EQUIVARIANT_MATCHED, EQUIVARIANT_AUGMENTED): "Eight times the steps, equivariant network",
}
DEFINITIONS = {
    ORBIT_AVERAGE: "the standard network trained on raw data, averaged over the eight symmetries "
    "when it answers; it is not trained again.",
    WRONG_GROUP: "the size and the hyperparameters of equivariant raw, but equivariant to a "
    "symmetry that the bag does not have: sensors 3 and 4 are taken for each other.",
    WIDE: "equivariant, with C channels of four units in each hidden layer (width 4C); tuned on "
    "its own. An extension outside the 2 x 2 grid.",
    STANDARD_MATCHED: "the augmented cells with eight times the optimiser steps, as many passes "
    "over all copies as the raw cells make over the samples; hyperparameters as they were.",
    IDENTITY_CHECK: "equivariant augmented with the hyperparameters and the steps of equivariant "
    "raw. The copies tell an equivariant network nothing, so the two must agree within noise.",
}
_BASELINES = (
    "what one would take instead of a network, fitted to every draw: always the centre (zero); "
    "the linear map of least squares; the one linear map that has the symmetry; the fitted forward "
    "model, inverted; Gaussian process regression on the samples and on all their copies."
)


def sections(found: Findings) -> list[Section]:
    """The section on the controls; none where the study has none."""
    planned = models.controls(found.study)
    return [Section("controls", "Controls", _controls(found, planned))] if planned else []


def _controls(found: Findings, planned: Sequence[Model]) -> list[Block]:
    study = found.study
    blocks: list[Block] = [
        Paragraph(
            "What else could explain the answers, and what would do as well? These models stand "
            f"beside the grid at m = {listed(study['control_sizes'])}{_draws(study)}."
        ),
        Bullets(_definitions(planned)),
    ]
    for part in found.parts:
        blocks += [Heading(part.title)] * found.several
        aloud = [*_absent(part), verdicts.power(part.controls)]
        blocks += [block for text in aloud for block in loud(text)]
        blocks.append(Bullets(sentences(part)))
    blocks += [Heading("Errors beside the four models"), _errors(found, planned)]
    if study["draws"]:
        blocks.append(Heading("Each control against its references"))
        blocks += [_comparisons(found, part) for part in found.parts]
    return blocks


def _draws(study: Mapping[str, Any]) -> str:
    """On which draws the controls are compared, where there are others."""
    few = study["control_draws"] < study["draws"]
    return f", on the first {counted(study['control_draws'], 'draw')}" * few


def _definitions(planned: Sequence[Model]) -> list[str]:
    """What the planned controls are; matched epochs are two models, of which the first stands."""
    said = [
        f"**{'matched epochs' if model == STANDARD_MATCHED else model.label}:** {text}"
        for model, text in DEFINITIONS.items()
        if model in planned
    ]
    return [*said, f"**baselines:** {_BASELINES}"] if {*BASELINES} & {*planned} else said


def _absent(part: Part) -> list[str]:
    """Which controls have no score, and at which m; and which of their draws are left out."""
    study = {**part.study, "draws": part.study["control_draws"]}
    scores = part.scores[part.scores["draw"] <= study["draws"]]
    texts = []
    for m in study["control_sizes"]:
        scored = effects.scored(scores, study, m)
        lost = [model.label for model in models.controls(study) if model not in scored]
        if lost:
            verb = "has" if len(lost) == 1 else "have"
            texts.append(f"**At m = {m}, {listed(lost)} {verb} no score to compare.**")
        pairing = effects.pairing(scores, study, [m], scored)
        texts += verdicts.left_out(pairing, "all of the models below")
    return texts


def sentences(part: Part) -> list[str]:
    """What each control says, and how the best baseline compares with the best network."""
    planned = models.controls(part.study)
    at_controls = {**part.study, "m": part.study["control_sizes"]}
    known = part.controls[part.controls["draws"] > 0]
    subjects = {
        f"{question} ({model.label} against {reference.label})": effects.versus(
            known, model, reference
        )
        for (model, reference), question in QUESTIONS.items()
        if model in planned
    }
    said = verdicts.verdicts(subjects, at_controls) if subjects else []
    return [*said, *identity(part), *baselines(part)]


def identity(part: Part) -> list[str]:
    """What the identity check says, in one sentence; nothing where it is not planned."""
    if IDENTITY_CHECK not in models.controls(part.study):
        return []
    known = part.controls[part.controls["draws"] > 0]
    rows = effects.versus(known, IDENTITY_CHECK, EQUIVARIANT_RAW)
    said = [f"at m = {row.m} {agreement(row, part.study['draws'])}" for row in rows.itertuples()]
    return [
        "**Identity check (equivariant augmented against equivariant raw, with the same "
        f"hyperparameters and steps):** {'; '.join(said) or 'nothing to compare yet'}."
    ]


def agreement(row: Any, draws: int) -> str:
    """Whether the two agree that must, by a row of the controls' effects."""
    if not draws:
        return f"the errors differ by {change(row.log_ratio)} %, and no draws tell the noise"
    ends = f"95 % interval of the change {interval(row.low, row.high)} %"
    if row.low <= 0 <= row.high:
        return f"they agree within noise ({ends}, includes zero)"
    if row.clear:
        return f"**they do NOT agree** ({ends}, excludes zero)"
    return (
        f"they differ by a little more than noise makes likely ({ends}, excludes zero), but not "
        "clearly after Holm's adjustment"
    )


def disagreement(found: Findings) -> list[Block]:
    """That the identity check failed, aloud; nothing where it did not."""
    said = [(part.title, text) for part in found.parts for text in identity(part)]
    return [
        block
        for title, text in said
        if "NOT agree" in text
        for block in loud(f"{title}: {text}" if found.several else text)
    ]


def baselines(part: Part) -> list[str]:
    """How the best baseline compares with the best of the four networks at each m."""
    said = []
    for m in part.study["control_sizes"]:
        means = effects.geometric_means(effects.beside(part.scores, part.study, m))
        fitted = [model for model in BASELINES if not np.isnan(means.get(model, np.nan))]
        if fitted:
            best, network = (min(some, key=lambda one: means[one]) for some in (fitted, MODELS))
            said.append(
                f"at m = {m} {best.label} with {mse(means[best])}, against {mse(means[network])} "
                f"of {network.label}, the best of the four networks"
            )
    return [f"**The best baseline by {error_name(part.study)}:** {'; '.join(said)}."] * bool(said)


def _errors(found: Findings, planned: Sequence[Model]) -> Table:
    """Error and parameters of every model, control and baseline; columns for each correction."""
    study = found.study
    lines = [(m, model) for m in study["control_sizes"] for model in (*MODELS, *planned)]
    columns: dict[str, list[Any]] = {
        "m": [m for m, _ in lines],
        "model": [model.label for _, model in lines],
    }
    for part in found.parts:
        name = f", {CORRECTIONS[part.corrected]}" * found.several
        tables = {m: effects.beside(part.scores, study, m) for m in study["control_sizes"]}
        means = {m: effects.geometric_means(table) for m, table in tables.items()}
        parameters = part.scores.groupby(["m", *MODEL])["parameters"].first()
        columns[f"{found.error}{name}"] = [mse(means[m].get(one, np.nan)) for m, one in lines]
        columns[f"parameters{name}"] = [
            whole(parameters.get((m, *one), np.nan)) for m, one in lines
        ]
    over = (
        "Geometric means over the same draws, in which every model of that m has a score"
        if study["draws"]
        else "Errors of the winners, and of the baselines on the same draw 0"
    )
    return Table(
        f"{over}. Parameters: fitted numbers; a Gaussian process keeps its samples instead.",
        columns,
        text=TEXT,
    )


def _comparisons(found: Findings, part: Part) -> Table:
    title = f"{part.title}: changes" if found.several else "Changes"
    return effects_table(
        f"{title} of the {found.error}; baselines against standard raw.", part.controls
    )
