"""Error against training size, and the comparisons of the grid's models draw by draw."""

from report import figures, tables, verdicts
from report.blocks import Block, Bullets, Heading, Paragraph, Picture, loud
from report.columns import effects_table
from report.findings import Findings, Part
from report.formats import listed
from report.models import MODELS


def error(found: Findings) -> list[Block]:
    """The blocks of the section on error against training size."""
    curves = tables.curves(found.scores, found.study)
    if curves.empty:
        return [Paragraph("There is no finished run to draw yet.")]
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
    drawn = figures.error_curves(curves, found.study["noise_floor"])
    return [Picture("error", figures.svg(drawn, "error"), what + honest + _line(found), alt)]


def _line(found: Findings) -> str:
    """What the grey line in the figure is."""
    if (floor := found.study["noise_floor"]) is None:
        return ""
    return (
        f" Grey: the noise floor of the {floor['set']} set with its 95 % interval, which reaches "
        "1.96 standard errors to either side."
    )


def comparisons(found: Findings) -> list[Block]:
    """The blocks of the section on paired comparisons."""
    study = found.study
    if not study["draws"]:
        return [
            Paragraph(
                "None: a comparison over draws needs draws, and this study has draw 0 only. No "
                "interval or p-value could be honest here."
            )
        ]
    blocks: list[Block] = [
        Paragraph(verdicts.method(study)),
        *loud(verdicts.same_rows(study)),
        Paragraph(verdicts.sharing(study)),
    ]
    for part in found.parts:
        blocks += [Heading(part.title)] * found.several
        blocks += _compared(found, part)
    return [*blocks, *_correction(found)] if found.several else blocks


def _compared(found: Findings, part: Part) -> list[Block]:
    """The families of one correction, and the draws that they had to leave out."""
    notes = verdicts.left_out(part.pairing)
    blocks: list[Block] = [Bullets([*notes, verdicts.FLATTERY])] if notes else []
    if not (part.factorial["draws"] > 0).any():
        return [Paragraph(verdicts.NOTHING_YET), *blocks]
    return [
        *blocks,
        effects_table(
            "Factorial effects on the " + found.error + ". Architecture: equivariant against "
            "standard, averaged over raw and augmented. Augmentation: augmented against raw, "
            "averaged over the architectures. Interaction: augmentation's effect on the "
            "equivariant network relative to its effect on the standard one; zero if it changes "
            "both by the same per cent.",
            part.factorial,
        ),
        effects_table(
            f"Models against each other: changes of the {found.error}. Where the two differ in one "
            "word only, this is the simple effect of that factor.",
            part.pairs,
        ),
    ]


def _correction(found: Findings) -> list[Block]:
    """The family of the correction's effects."""
    heading = Heading("What the correction changes")
    if not (found.correction["draws"] > 0).any():
        return [heading, Paragraph(verdicts.NOTHING_YET)]
    return [
        heading,
        effects_table(
            f"The same model trained on corrected data and on the data as they are: changes of the "
            f"{found.error} over the draws that all four models have a score in with both. Lead: "
            "the change of the ratio between the errors of equivariant raw and standard raw; above "
            "zero, the correction brings the two closer, if the lead was equivariant raw's.",
            found.correction,
        ),
    ]
