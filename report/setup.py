"""Findings -> the section that says what a study was: data, sizes, tuning, search space."""

from __future__ import annotations

from collections.abc import Iterator

from report import findings, formats
from report.blocks import Block, Paragraph, Table, table
from report.findings import Findings
from report.marks import foreign
from study.about import About
from study.grid import short
from study.labels import architecture_label, correction_label
from study.space import HYPERPARAMETERS, Space

INTRODUCTION = (
    "A leak in a square vacuum bag is to be located from the air flows at its four corners. A "
    "**standard** network knows nothing of the square's symmetry; an **equivariant** network has "
    "it built in. Each is trained on m samples, **raw** or **augmented** by the seven copies that "
    "the symmetry gives of each. The training data may carry the constant offset of a faulty "
    "sensor. In **corrected** data it has been estimated from the training samples and undone, in "
    "**uncorrected** data it has not. MSE is the mean squared error over samples and both "
    "coordinates, in (750 mm)², the square of half the bag's side."
)
TRAINERS = {"loop": "the project's own loop", "keras": "Keras"}
MADE_WITH = {
    "code": "versions of the code",
    "packages": "versions of the packages",
    "processor": "processors",
}


def setup(found: Findings) -> Iterator[Block]:
    """What the study was, its search space, and what made the records where that is mixed."""
    about = found.about
    yield Paragraph(INTRODUCTION)
    facts = ({"Setting": setting, "Value": value} for setting, value in _facts(found))
    yield table("study", "The study at a glance.", facts, words=2)
    if about.proposals or about.exercise_proposals:
        yield Paragraph(
            "Every effect on this page is one of this tuning budget and this search space; another "
            "budget or another space may give another effect."
        )
    if about.spaces:
        yield _spaces(about)
    for field, words in MADE_WITH.items():
        values = findings.made_with(found, field)
        if len(values) > 1:
            parts = [
                f"{foreign(value or 'unknown')} ({formats.counted(n, 'record')})"
                for value, n in values.items()
            ]
            text = f"Several {words} made the records: {formats.listed(parts)}."
            yield Paragraph(text, loud=True)
    if about.trainer == "keras":
        yield Paragraph("Numbers that Keras makes can differ between machines.")


def _facts(found: Findings) -> Iterator[tuple[str, str]]:
    about = found.about
    source = "simulated" if about.simulated else f"from the folder {foreign(about.data_folder)}"
    yield "Preset", foreign(about.preset)
    yield "Data", f"{source}; checksum {about.data_checksum[:8]}"
    yield "Root seed", str(about.root_seed)
    yield "Trainer", TRAINERS.get(about.trainer, foreign(about.trainer))
    yield "Training samples m", formats.listed(f"{m:,}" for m in about.sizes)
    if corrections := sorted({request.cell.corrected for request in found.records}):
        yield "Training data", formats.listed(map(correction_label, corrections))
    yield "Repetitions", _repetitions(about)
    yield from _tuning(about)
    yield "Choice of the winners", f"by the {about.choose_by.upper()} on {_chose(found)}"
    if about.test_rows:
        scores = f"{about.test_rows:,} test rows"
    elif found.rows == "test":
        scores = "the other half of a repetition's validation rows"
    else:
        scores = "the same validation rows"
    yield "Scores", f"on {scores}"


def _chose(found: Findings) -> str:
    """The validation rows that chose, by the records of repetitions, or else of the exercise."""
    grid = [one for one in found.records.items() if not one[0].cell.condition]
    counts = {one.validation_rows for request, one in grid if request.repetition}
    counts = counts or {one.validation_rows for _, one in grid}
    if found.about.validation_rows == "m":
        return "as many validation rows as training rows"
    counts = counts or {int(found.about.validation_rows)}
    return f"{formats.listed(f'{count:,}' for count in sorted(counts))} validation rows"


def _repetitions(about: About) -> str:
    parts = []
    if about.repetitions:
        unit = "cell" if about.proposals else "combination"
        parts.append(f"{about.repetitions:,} of each {unit}")
    if about.condition_repetitions:
        parts.append(f"{about.condition_repetitions:,} of each cell of a condition")
    if about.exercise_proposals:
        parts.append("the exercise on the data files themselves")
    return "; ".join(parts) or "none"


def _tuning(about: About) -> Iterator[tuple[str, str]]:
    """The budgets, one line each."""
    if not about.proposals and not about.exercise_proposals:
        yield "Tuning", "none: every combination of a few hyperparameters is trained"
        return
    brief, steps = short(about.steps), about.steps
    if about.repetitions:
        yield "Tuning of a repetition", _budget(about.proposals, about.finalists)
    if about.exercise_proposals:
        text = _budget(about.exercise_proposals, about.exercise_finalists)
        if about.exercise_starts:
            text += f"; {formats.counted(about.exercise_starts, 'further start')} of the best"
        yield "Tuning of the exercise", text
    length = f"{brief:,} steps for a proposal ({formats.percent(brief / steps)} of a full training)"
    yield "Length of a training", f"{length}, {steps:,} steps in full"


def _budget(proposals: int, finalists: int) -> str:
    best = "the best one" if finalists == 1 else f"the best {finalists:,}"
    return f"{formats.counted(proposals, 'proposal')}, {best} of them trained in full"


def _spaces(about: About) -> Table:
    """A column for each architecture."""
    rows = (
        {
            "Hyperparameter": name.replace("_", " "),
            **{architecture_label(one): _values(space, name) for one, space in about.spaces},
        }
        for name in HYPERPARAMETERS
    )
    caption = (
        "The search space that the tuning chose from. Depth counts hidden layers, width the units "
        "of each."
    )
    return table("search-space", caption, rows, words=1 + len(about.spaces))


def _values(space: Space, name: str) -> str:
    values = getattr(space, name)
    if name == "learning_rate":
        return f"{values[0]:g} to {values[1]:g}"
    return ", ".join(map(str, values))
