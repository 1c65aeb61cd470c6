"""Effects -> sentences: the answers change with the numbers.

Bold is written as in Markdown; `page` turns it into HTML.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from report import effects, models, statistics
from report.formats import at, change, changes, counted, listed, mse, p_value, percent
from report.models import (
    EQUIVARIANT_AUGMENTED,
    EQUIVARIANT_RAW,
    MODELS,
    STANDARD_AUGMENTED,
    STANDARD_RAW,
    Model,
)
from report.words import error_name

NOTHING_YET = "There is nothing to compare yet."
NO_DIFFERENCE = "no clear difference"
COPIES = (
    "To an exactly equivariant network the copies say nothing new: its two cells can differ by "
    "what the tuner chose for each and by the order of batches only. Their difference shows how "
    "much of the others may be due to that."
)
FLATTERY = (
    "A draw is left out for all models of a comparison. Where it lacks a score because a run "
    "failed, leaving it out flatters the model that failed."
)
_COMPARED = ("clearly lower error", NO_DIFFERENCE, "clearly higher error")
_SEEN = ("lower error", "the same error", "higher error")
_AUGMENTED = ("augmentation helped", NO_DIFFERENCE, "augmentation hurt")
_CORRECTED = ("the correction helped", NO_DIFFERENCE, "the correction hurt")
_LEAD = ("the correction makes it larger", "no clear change", "the correction makes it smaller")


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
        "Holm's adjustment, is below 0.05 and its 95 % interval excludes zero."
    )


def fault(study: Mapping[str, Any]) -> str:
    """What is done about the training data's fault; "" where nothing is."""
    match models.corrections(study):
        case [True]:
            return (
                "All training data are corrected first: the offset of a sensor, estimated from the "
                "training samples alone, is undone. Validation and test data have no such fault."
            )
        case [_, _]:
            return (
                "Training data are used in two ways. **As they are,** they may carry the constant "
                "offset of a sensor, which validation and test data don't have; a network that can "
                "learn it is misled, and one that is symmetric by construction cannot learn it. "
                "**Corrected,** the offset is estimated from the training samples alone and undone."
            )
    return ""


def power(family: pd.DataFrame) -> str:
    """That no difference could ever be clear with so few draws; "" where one could.

    family: effects that share Holm's adjustment.
    """
    draws, hypotheses = int(family["draws"].max()), int(family["p"].notna().sum())
    smallest = statistics.smallest_p(draws)
    if not hypotheses or smallest * hypotheses < statistics.ALPHA:
        return ""
    return (
        f"**With {counted(draws, 'draw')} no difference can be called clear, however large:** the "
        f"smallest p-value that a sign-flip test of {counted(draws, 'draw')} can give is "
        f"{p_value(smallest)}, before Holm's adjustment for {hypotheses} comparisons. Take the "
        "changes below as a trial run's."
    )


def waiting(scores: pd.DataFrame, pairing: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """The sizes that cannot be answered yet, and why."""
    if not study["draws"]:
        return [
            f"At m = {m} there is nothing to compare yet: not all four models have a winner."
            for m in study["m"]
            if effects.paired(scores, study, m).empty
        ]
    return [
        f"At m = {m} there is nothing to compare yet: {row['complete']} of "
        f"{counted(row['planned'], 'draw')} {'has' if row['complete'] == 1 else 'have'} a score "
        "from all four models."
        for m, row in pairing.iterrows()
        if effects.paired(scores, study, m).empty
    ]


def best_models(scores: pd.DataFrame, pairs: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """Which models worked best: a sentence for all sizes that give the same answer."""
    answers: dict[tuple[Model, ...], list[int]] = {}
    for m in study["m"]:
        errors = effects.paired(scores, study, m)
        if len(errors):
            answers.setdefault(_best(errors, pairs[pairs["m"] == m], study), []).append(m)
    say = _best_in_words if study["draws"] else _lowest_in_words
    return [say(best, sizes, study) for best, sizes in answers.items()]


def _best(errors: pd.DataFrame, pairs: pd.DataFrame, study: Mapping[str, Any]) -> tuple[Model, ...]:
    """The model with the lowest error at one m, and those that don't differ clearly from it.

    Without statistics, those that don't differ in the digits that the report shows.
    """
    means = effects.geometric_means(errors)
    best = min(MODELS, key=lambda model: means[model])
    if not study["draws"]:
        return tuple(model for model in MODELS if mse(means[model]) == mse(means[best]))
    return tuple(
        model
        for model in MODELS
        if model == best or not effects.versus(pairs, model, best)["clear"].item()
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
    seen = tuple(f"{words} with augmentation" for words in _SEEN)
    known = _known(pairs)
    comparisons = {
        "Standard network": (STANDARD_AUGMENTED, STANDARD_RAW),
        "Equivariant network": (EQUIVARIANT_AUGMENTED, EQUIVARIANT_RAW),
    }
    rows = {name: effects.versus(known, *models) for name, models in comparisons.items()}
    return verdicts(rows, study, _AUGMENTED if study["draws"] else seen)


def symmetry(pairs: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """How much knowing the symmetry is worth, and which way of using it is better."""
    known = _known(pairs)
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
    rows = {name: effects.versus(known, *models) for name, models in comparisons.items()}
    return verdicts(rows, study)


def correction(effect: pd.DataFrame, study: Mapping[str, Any]) -> list[str]:
    """What the correction is worth to each model.

    effect: as `effects.correction` gives it.
    """
    seen = tuple(f"{words} with the correction" for words in _SEEN)
    known = _known(effect)
    rows = {
        f"{model.label[0].upper()}{model.label[1:]}": known[
            known["effect"] == effects.corrected_name(model)
        ]
        for model in MODELS
    }
    return verdicts(rows, study, _CORRECTED if study["draws"] else seen)


def lead(
    before: pd.DataFrame, after: pd.DataFrame, effect: pd.DataFrame, study: Mapping[str, Any]
) -> list[str]:
    """What the correction leaves of the equivariant network's lead over the standard one.

    before, after: a row for each m, equivariant raw against standard raw, on the data as they are
    and after the correction; effect: as `effects.correction` gives it.
    """
    before, after = before.set_index("m"), after.set_index("m")
    compared = before.index[(before["draws"] > 0) & (after["draws"] > 0)]
    if compared.empty:
        return [NOTHING_YET]
    led, leads = (signs(rows.loc[compared], study) < 0 for rows in (before, after))
    clear = "clear " * bool(study["draws"])
    groups = {
        f"a {clear}lead is left": led & leads,
        f"no {clear}lead is left": led & ~leads,
        f"there is a {clear}lead after the correction only": ~led & leads,
        f"there is no {clear}lead with or without the correction": ~led & ~leads,
    }
    parts = [
        f"{phrase} {at(list(sizes), study['m'])} (equivariant raw against standard raw: "
        f"{error_name(study)} {changes(list(before.loc[sizes, 'log_ratio']))} on the data as they "
        f"are, {changes(list(after.loc[sizes, 'log_ratio']))} after the correction)"
        for phrase, sizes in ((phrase, compared[which]) for phrase, which in groups.items())
        if len(sizes)
    ]
    said = [f"**The equivariant lead:** {'; '.join(parts)}."]
    shift = _known(effect[effect["effect"] == effects.LEAD])
    if study["draws"] and len(shift):
        where = [f"{phrase} {where}" for phrase, where, _ in _sorted(shift, study, _LEAD)]
        said.append(f"**Does the correction change that lead?** {_sentence('; '.join(where))}")
    return said


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _known(effect: pd.DataFrame) -> pd.DataFrame:
    """The effects that could be computed at all."""
    return effect[effect["draws"] > 0]


def verdicts(
    comparisons: Mapping[str, pd.DataFrame],
    study: Mapping[str, Any],
    phrases: Sequence[str] | None = None,
) -> list[str]:
    """A sentence for each comparison: where the error is lower, no different, higher.

    comparisons: by subject, effects with a row for each m; phrases: what to call these three.
    """
    phrases = phrases or (_COMPARED if study["draws"] else _SEEN)
    if all(rows.empty for rows in comparisons.values()):
        return [NOTHING_YET]
    return [
        f"**{subject}:** {_verdict(rows, phrases, study)}." for subject, rows in comparisons.items()
    ]


def _verdict(rows: pd.DataFrame, phrases: Sequence[str], study: Mapping[str, Any]) -> str:
    """Where which phrase holds, and by how much."""
    parts = [
        f"{phrase} {where} ({error_name(study)} {changes(list(group['log_ratio']))})"
        for phrase, where, group in _sorted(rows, study, phrases)
    ]
    return "; ".join(parts) or "nothing to compare yet"


def _sorted(
    rows: pd.DataFrame, study: Mapping[str, Any], phrases: Sequence[str]
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The phrases that hold somewhere, with "at m = ..." and the rows of which they hold."""
    sign = signs(rows, study)
    for phrase, wanted in zip(phrases, (-1, 0, 1), strict=True):
        group = rows[sign == wanted]
        if len(group):
            every = "any" if phrase.startswith("no clear") else "every"
            yield phrase, at(list(group["m"]), study["m"], every), group


def signs(rows: pd.DataFrame, study: Mapping[str, Any]) -> pd.Series:
    """Whether the error is lower (-1), no different (0) or higher (1).

    Without statistics, every change that shows with one decimal counts as a difference.
    """
    differs = rows["clear"] if study["draws"] else rows["log_ratio"].map(change) != "0.0"
    return np.sign(rows["log_ratio"]).where(differs.astype(bool), 0)


def left_out(pairing: pd.DataFrame, whom: str = "all four models") -> list[str]:
    """The draws that no comparison could use, and the models that they lack."""
    return [
        f"**m = {m}: {row['planned'] - row['complete']} of {counted(row['planned'], 'draw')} left "
        f"out of the comparisons** for want of a score from {whom} (draws without a score: "
        f"{row['lacking']})."
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


def method(study: Mapping[str, Any]) -> str:
    """How the comparisons are tested."""
    return (
        f"Compared is the logarithm of the {error_name(study)}, draw by draw, so effects are "
        "ratios, told as changes in per cent; below zero is a lower error. Intervals are 95 % "
        "t-intervals of the mean over draws, each on its own. p-values are from two-sided "
        "sign-flip tests over draws: exact for up to 16 draws, else from "
        f"{statistics.RANDOM_FLIPS:,} random flips. Each table is a family: Holm's adjustment is "
        "made over all its p-values."
    )


def floor_distance(lowest: Sequence[float], study: Mapping[str, Any]) -> str:
    """How far the lowest of these errors is from the noise floor; "" where there is no telling."""
    if study["noise_floor"] is None or not lowest:
        return ""
    floor = study["noise_floor"]
    over = min(lowest) / floor["mse"] - 1
    if over >= 0:
        return f"The lowest error in the table is {percent(over)} above it."
    errors = (floor["mse"] - min(lowest)) / floor["error"]
    suspicion = " **Have the networks seen the rows that they are scored on?**" * (errors > 1)
    return (
        f"The lowest error in the table is {percent(-over)} below it, which is {errors:.1f} of its "
        f"standard errors.{suspicion}"
    )
