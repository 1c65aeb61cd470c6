"""In short: what a grid's study found, before how."""

from collections.abc import Callable

from report import controls, effects, verdicts, words
from report.blocks import Block, Bullets, Heading, Paragraph, Table, loud
from report.columns import TEXT, effect_cells, lines
from report.findings import Findings, Part
from report.formats import NOTHING, bold, decimals, mse, p_value
from report.models import EQUIVARIANT_RAW, MODELS, STANDARD_AUGMENTED, STANDARD_RAW


def answers(found: Findings) -> list[Block]:
    """The section's blocks."""
    study = found.study
    rows = found.completeness.drop("trial", level="part")
    powerless = dict.fromkeys(verdicts.power(part.pairs) for part in found.parts)
    return [
        *loud(words.shout(rows)),
        Paragraph(verdicts.basis(study)),
        *(Paragraph(text) for text in [verdicts.fault(study)] if text),
        *(block for text in powerless for block in loud(text)),
        *loud(verdicts.same_rows(study)),
        Heading("Which model worked best for each training size?"),
        *each(found, _best),
        *_means(found),
        Heading("Where did augmentation help?"),
        *each(found, lambda part: verdicts.augmentation(part.pairs, study)),
        Paragraph(verdicts.COPIES),
        *controls.disagreement(found),
        Heading("What is the symmetry worth?"),
        *each(found, lambda part: verdicts.symmetry(part.pairs, study)),
        _worth(found),
        *(_correction(found) if found.several else []),
    ]


def each(found: Findings, say: Callable[[Part], list[str]]) -> list[Block]:
    """A list for each correction, under its name where there are two."""
    blocks: list[Block] = []
    for part in found.parts:
        if sentences := say(part):
            blocks += [Paragraph(f"{part.title}:")] * found.several
            blocks.append(Bullets(sentences))
    return blocks


def _best(part: Part) -> list[str]:
    return [
        *verdicts.best_models(part.scores, part.pairs, part.study),
        *verdicts.waiting(part.scores, part.pairing, part.study),
    ]


def _means(found: Findings) -> list[Block]:
    """Every model's error at each m, and the noise floor."""
    cells: dict[str, list[str]] = {model.label: [] for model in MODELS}
    least = []
    for m, part in found.lines:
        means = effects.geometric_means(effects.paired(part.scores, found.study, m))
        least.append(min(means.values()))
        for model in MODELS:
            lowest = mse(means[model]) == mse(least[-1]) != NOTHING
            cells[model.label].append(bold(mse(means[model]), lowest))
    over = "geometric mean over draws" if found.study["draws"] else "of the winners"
    caption = f"Errors ({found.error}), {over}; in bold: the lowest."
    table = Table(caption, {**lines(found), **cells}, text=TEXT)
    if not (floor := words.floor(found.study)):
        return [table]
    known = [error for error in least if mse(error) != NOTHING]
    return [table, Paragraph(f"{floor} {verdicts.floor_distance(known, found.study)}".strip())]


def _worth(found: Findings) -> Table:
    """What the symmetry is worth at each m, used in either way."""
    comparisons = {
        "shown as copies": (STANDARD_AUGMENTED, STANDARD_RAW),
        "built in": (EQUIVARIANT_RAW, STANDARD_RAW),
        "built in instead of shown": (EQUIVARIANT_RAW, STANDARD_AUGMENTED),
    }
    columns = lines(found)
    for name, pair in comparisons.items():
        by_part = [effect_cells(effects.versus(part.pairs, *pair)) for part in found.parts]
        columns[name] = [cell for at_m in zip(*by_part, strict=True) for cell in at_m]
    return Table(
        f"Change of the {found.error} in per cent: standard augmented against standard raw, "
        "equivariant raw against standard raw, equivariant raw against standard augmented"
        f"{_tested(found)}.",
        columns,
        text=TEXT,
    )


def _tested(found: Findings) -> str:
    return "; [95 % interval]; bold: a clear difference" if found.study["draws"] else ""


def _correction(found: Findings) -> list[Block]:
    """What the correction is worth, and what it leaves of the equivariant lead."""
    effect, study = found.correction, found.study
    before, after = (
        effects.versus(part.pairs, EQUIVARIANT_RAW, STANDARD_RAW) for part in found.parts
    )
    by_model = {
        model.label: effect_cells(effect[effect["effect"] == effects.corrected_name(model)])
        for model in MODELS
    }
    left = 100 * after.set_index("m")["log_ratio"] / before.set_index("m")["log_ratio"]
    led = verdicts.signs(before, study).to_numpy() < 0
    changed = effect[effect["effect"] == effects.LEAD]
    return [
        Heading("What is the correction worth?"),
        Bullets(
            [
                *verdicts.correction(effect, study),
                *verdicts.lead(before, after, effect, study),
            ]
        ),
        Table(
            f"Change of the {found.error} in per cent by the correction: each model trained on "
            f"corrected data against the same model on the data as they are{_tested(found)}.",
            {"m": study["m"], **by_model},
        ),
        Table(
            "The equivariant lead: change of the "
            f"{found.error} in per cent, equivariant raw against standard raw{_tested(found)}. "
            "Left: the share of a lead (as a log ratio) that remains after the correction.",
            {
                "m": study["m"],
                "as they are": effect_cells(before),
                "corrected": effect_cells(after),
                "left (%)": left.where(led).map(decimals(0)),
            }
            | (
                {"p of the change (Holm)": changed["p_holm"].map(p_value)} if study["draws"] else {}
            ),
        ),
    ]
