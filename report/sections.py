"""Findings -> the page's sections: each function words and tabulates one finding."""

from __future__ import annotations

from report import figures, findings, formats
from report.blocks import Block, Lines, Paragraph, Picture, Section, Table
from report.findings import Findings, Line
from report.setup import INTRODUCTION, setup
from study.conditions import CONDITIONS, Model
from study.contrasts import Contrast, cell_of, contrasts
from study.data import disjoint
from study.design import Cell
from study.labels import correction_label, in_order, model_label
from study.model_files import model_file
from study.records import Record

INTERVALS = "with its 95 % t-interval in brackets"
FOLDED = ("The study", "Sources of luck", "What the tuning chose", "Time")
STAGES = {
    "proposal": "short trainings of proposals",
    "full": "full trainings",
    "start": "further starts of the exercise",
    "fitted": "models without a network",
    "sweep": "trainings of the sweep",
}


def sections(found: Findings) -> list[Section]:
    """All that the page has to tell; a section without content is left out."""
    parts = {
        "Answer": _answer(found),
        "The study": [Paragraph(INTRODUCTION), *setup(found)],
        "Errors": _errors(found),
        "Effects": _effects(found),
        "The tuning budget": _budgets(found),
        "Conditions": _conditions(found),
        "Sources of luck": _luck(found),
        "What the tuning chose": _choices(found),
        "The exercise": _exercise(found),
        "The sweep": _sweep(found),
        "Time": _time(found),
    }
    return [
        Section(title, tuple(blocks), title.lower().replace(" ", "-"), folded=title in FOLDED)
        for title, blocks in parts.items()
        if blocks
    ]


def _answer(found: Findings) -> list[Block]:
    """How far the study is, and its errors at a glance."""
    blocks = _progress(found)
    compared = contrasts(found.errors)[:3]
    if compared:
        texts = [
            f"{one.label}, m = {one.m:,}, {correction_label(one.corrected)} data: error "
            f"**{formats.change(one.interval.mean)} %** ([all effects](#effects))."
            for one in compared
        ]
        blocks.append(Lines(tuple(texts)))
    if lines := findings.lines(found):
        figure = figures.error_curves(lines, findings.floor(found), found.rows)
        words = (
            f"Geometric mean of the {found.rows} MSE against the number of training samples, with "
            "95 % intervals. Models stand a little apart along the axis so that their intervals "
            "can be told from one another."
        )
        alt = f"The {found.rows} error of each model against m, as in the table of errors"
        blocks.append(Picture("error-curves", alt, words, figures.svg(figure, "error-curves")))
    return blocks


def _progress(found: Findings) -> list[Block]:
    state, planned = findings.progress(found), found.about.planned
    sound, dead, diverged = (f"{state.statuses[one]:,}" for one in ("sound", "dead", "diverged"))
    if state.done < planned:
        done = f"Of {planned:,} planned trainings, {state.done:,} are there"
    else:
        done = f"All {planned:,} planned trainings are there"
    counts = f"{done}: {sound} ended sound, {dead} dead and {diverged} diverged."
    if state.statuses["dead"]:
        counts += " A dead network gives nearly the same position for all flows."
    blocks: list[Block] = [Paragraph(counts, loud=state.done < planned)]
    if failed := found.about.failed:
        text = f"{formats.counted(failed, 'training')} raised an error in the last run."
        blocks.append(Paragraph(f"{text} The next run tries again.", loud=True))
    if found.left_out:
        text = (
            f"{formats.counted(found.left_out, 'record')} of the store "
            f"{'is' if found.left_out == 1 else 'are'} left out: made by another version "
            "of the numbers, or replaced by a further record of the same training."
        )
        blocks.append(Paragraph(text))
    if state.unsound:
        rows = [(*_names(cell), formats.listed(r)) for cell, r in state.unsound.items()]
        caption = "Repetitions without a sound network. They are missing from the errors below."
        columns = ("Model", "m", "Training data", "Condition", "Number of the repetition")
        blocks.append(Table("unsound", caption, columns, tuple(rows), words=5))
    return blocks


def _names(cell: Cell) -> tuple[str, str, str, str]:
    """A cell's model, size, correction and condition."""
    model = model_label((cell.architecture, cell.augmented))
    condition = CONDITIONS[cell.condition].label
    return model, f"{cell.m:,}", correction_label(cell.corrected), condition


def _floor(found: Findings) -> Paragraph:
    """The noise floor, unless it is none."""
    about, bound = found.about, findings.floor(found)
    if about.floor_mse is None or about.floor_rows != found.rows:
        return Paragraph(f"The noise floor of the {found.rows} rows is not known.")
    if bound is None:
        return Paragraph(
            "The noise floor is left out: its estimate lies above an error on this page, and so "
            "it is no bound."
        )
    spread = f" ± {about.floor_error:.5f}" if about.floor_error else ""
    return Paragraph(
        f"**Noise floor:** {found.rows} MSE {bound:.5f}{spread} (standard error; source: "
        f"{about.floor_source}). The noise of the sensors keeps every method above this error."
    )


def _errors(found: Findings) -> list[Block]:
    lines = findings.lines(found)
    if not lines:
        return []
    models = in_order(model for line in lines for model in line.estimates)
    rows = []
    for line in lines:
        counts = sorted({one.n for one in line.estimates.values()})
        repetitions = " to ".join(str(n) for n in {counts[0]: 0, counts[-1]: 0})
        cells = [_estimate(line, model) for model in models]
        rows.append((f"{line.m:,}", correction_label(line.corrected), repetitions, *cells))
    caption = (
        f"Geometric mean of the {found.rows} MSE over repetitions, {INTERVALS}. Each repetition "
        "has its own samples, tuning and starting weights. The lowest error of a row is in bold."
    )
    columns = ("m", "Training data", "Repetitions", *map(model_label, models))
    return [
        _floor(found),
        *_shared_rows(found),
        Table("errors-by-size", caption, columns, tuple(rows), words=2),
    ]


def _estimate(line: Line, model: Model) -> str:
    """A model's error and interval, in bold where no other model's is lower as printed."""
    if model not in line.estimates:
        return formats.NOTHING
    interval = line.estimates[model].interval
    return formats.error_interval(
        interval, formats.error(interval.mean) == formats.error(line.best)
    )


def _shared_rows(found: Findings) -> list[Block]:
    """A warning where the training pool is too small for repetitions of their own rows."""
    about = found.about
    pool = max(about.train_files)
    small = [m for m in about.sizes if disjoint(pool, m) < about.repetitions]
    if not small:
        return []
    text = (
        f"The largest training file has {pool:,} rows, too few for {about.repetitions} repetitions "
        f"with rows of their own at m = {formats.listed(f'{m:,}' for m in small)}. Repetitions "
        "share rows there, and intervals and p-values are too small."
    )
    return [Paragraph(text, loud=True)]


def _effects(found: Findings) -> list[Block]:
    all_of_them = contrasts(found.errors)
    if not all_of_them:
        return []
    text = (
        "A model and its reference are compared within each repetition, on the same samples. The "
        "change is that of the error: below zero, the model errs less than its reference. The "
        "p-value is that of a sign-flip test, and Holm's adjustment counts all comparisons at the "
        "same m on the same kind of data. A change in bold has an adjusted p-value below 0.05."
    )
    rows = [
        (f"{one.m:,}", correction_label(one.corrected), one.label, *_effect(one))
        for one in all_of_them
    ]
    columns = ("m", "Training data", "Comparison", "Repetitions", "Change (%)", "p", "p (Holm)")
    caption = f"Change of the {found.rows} MSE in per cent, {INTERVALS}."
    return [Paragraph(text), Table("effect-sizes", caption, columns, tuple(rows), words=3)]


def _effect(contrast: Contrast) -> tuple[str, ...]:
    """Repetitions, change and p-values."""
    return (
        str(len(contrast.repetitions)),
        formats.bold(formats.change_interval(contrast.interval), contrast.p_holm < 0.05),
        formats.p_value(contrast.p),
        formats.p_value(contrast.p_holm),
    )


def _budgets(found: Findings) -> list[Block]:
    budgets = findings.budgets(found)
    if not budgets:
        return []
    rows = [
        (
            f"{one.contrast.m:,}",
            correction_label(one.contrast.corrected),
            one.contrast.label,
            f"{one.proposals:,}",
            f"{one.finalists:,}",
            f"{one.steps:,}",
            f"{one.total:,}",
            *_effect(one.contrast)[:2],
        )
        for one in budgets
    ]
    columns: tuple[str, ...] = ("m", "Training data", "Comparison", "Proposals", "Trained in full")
    columns += ("Steps of a full training", "Steps in all", "Repetitions", "Change (%)")
    caption = f"Change of the {found.rows} MSE in per cent under each tuning budget, {INTERVALS}."
    words = (
        "The same changes against the steps of a repetition's tuning in all, as the number of "
        "proposals varies, or that of the steps."
    )
    figure = figures.svg(figures.budget_curves(budgets), "budget-curves")
    alt = "Change of error against the tuning budget, as in the table above"
    table = Table("budget-effects", caption, columns, tuple(rows), words=3)
    return [table, Picture("budget-curves", alt, words, figure)]


def _conditions(found: Findings) -> list[Block]:
    blocks: list[Block] = []
    if cells := findings.varied(found):
        rows = []
        for one in cells:
            model, m, data, condition = _names(one.cell)
            error = formats.error_interval(one.estimate.interval)
            reference = model_label(one.reference) if one.reference else formats.NOTHING
            pairs = str(one.pairs) if one.reference else formats.NOTHING
            ratio = formats.change_interval(one.log_ratio)
            counts = (str(one.estimate.n), error, pairs, ratio)
            rows.append((condition, m, data, model, reference, *counts))
        columns: tuple[str, ...] = (
            "Condition",
            "m",
            "Training data",
            "Model",
            "Varied cell's model",
        )
        columns += ("Repetitions", f"{found.rows.capitalize()} MSE", "Pairs", "Change (%)")
        caption = (
            f"Geometric mean of the {found.rows} MSE under each condition, {INTERVALS}, and its "
            "change against the cell of the grid that the condition varies, over the repetitions "
            "that both have."
        )
        blocks.append(Table("condition-errors", caption, columns, tuple(rows), words=5))
    return blocks


def _luck(found: Findings) -> list[Block]:
    lucks = findings.lucks(found)
    if not lucks:
        return []
    sources = [one.source for one in next(iter(lucks.values()))]
    rows = [
        (
            str(cell.m),
            correction_label(cell.corrected),
            model_label((cell.architecture, cell.augmented)),
            *(f"{100 * one.deviation:.1f} ({100 * one.share:.0f} %)" for one in mine),
        )
        for cell, mine in lucks.items()
    ]
    caption = (
        "Standard deviation of the error in per cent, where one source of luck is drawn anew and "
        "the others are held, and in the last column where all are; in brackets the share of the "
        "last column's variance. Sources act together, so that shares may add to more than 100 %."
    )
    return [Table("luck", caption, ("m", "Training data", "Model", *sources), tuple(rows), words=3)]


def _choices(found: Findings) -> list[Block]:
    shares = findings.shares(found)
    if not shares:
        return []
    models = in_order(one.model for one in shares)
    cells = {(one.hyperparameter, one.value, one.model): one for one in shares}
    names = [*findings.CHOICES, "learning_rate"]
    values = {(one.hyperparameter, one.value): 0 for one in shares}
    order = sorted(values, key=lambda pair: (names.index(pair[0]), _by_size(pair[1])))
    rows = []
    for name, value in order:
        found_here = [cells.get((name, value, model)) for model in models]
        texts = [
            formats.NOTHING
            if one is None
            else f"{formats.percent(one.share)}{f' ({one.end})' if one.end else ''}"
            for one in found_here
        ]
        rows.append((name.replace("_", " "), value, *texts))
    caption = (
        "Share of the winners of all repetitions that chose each value, over all m and both kinds "
        "of data. The lowest and the highest value of a model's search space are marked. A "
        f"learning rate is near a bound within a factor of {findings.NEAR}."
    )
    columns = ("Hyperparameter", "Value", *map(model_label, models))
    return [Table("choices", caption, columns, tuple(rows), words=2)]


def _by_size(value: str) -> tuple[int, str]:
    """Whole numbers by their size, words after them."""
    return (int(value), "") if value.isdigit() else (0, value)


def _exercise(found: Findings) -> list[Block]:
    winners = findings.exercise(found)
    if not winners:
        return []
    text = (
        "The exercise trains on the data files themselves. A row is the network with the lowest "
        f"validation {found.about.choose_by.upper()} among the full trainings of its cell. The "
        "validation rows chose it, so its validation error tends to be too low. The equivariance "
        "error is the largest distance between a network's answer to rotated or reflected flows "
        "and its answer rotated or reflected alike. The output spread is the standard deviation "
        "of its answers along the coordinate in which they differ less."
    )
    blocks: list[Block] = [Paragraph(text)]
    if not findings.lines(found):
        blocks.append(_floor(found))
    numbers: tuple[str, ...] = ("Validation MSE", "Validation MAE", "Test MSE", "Parameters")
    numbers += ("Equivariance error", "Output spread")
    names = ("m", "Training data", "Model")
    return [
        *blocks,
        Table(
            "winners",
            "What the winners came to. Errors are means over samples and both coordinates.",
            (*names, *numbers),
            tuple((*_place(one), *_came_to(one)) for one in winners),
            words=3,
        ),
        Table(
            "winners-files",
            "What the winners are, and the file that holds each.",
            (*names, "Hyperparameters", "File"),
            tuple((*_place(one), _made_of(one), _file(one)) for one in winners),
            words=5,
        ),
    ]


def _place(winner: Record) -> tuple[str, str, str]:
    """Size, correction and model of a winner."""
    model, m, data, _ = _names(cell_of(winner))
    return m, data, model


def _file(one: Record) -> str:
    return f"`{model_file(cell_of(one))}`"


def _came_to(one: Record) -> tuple[str, ...]:
    return (
        *map(formats.error, (one.validation_mse, one.validation_mae, one.test_mse)),
        formats.NOTHING if one.parameters is None else f"{one.parameters:,}",
        formats.scientific(one.equivariance_error),
        formats.NOTHING if one.output_spread is None else f"{one.output_spread:.2f}",
    )


def _made_of(one: Record) -> str:
    return (
        f"{formats.counted(one.depth, 'layer')} of {one.width}, {one.activation}, batch size "
        f"{one.batch_size}, {one.optimizer} at {one.learning_rate:.4f}, {one.loss}"
    )


def _sweep(found: Findings) -> list[Block]:
    rows = [
        (
            f"{one.m:,}",
            model_label(one.model),
            f"{one.width}",
            f"{one.trainings:,}",
            formats.error(one.best.validation_mse if one.best else None),
            *([formats.error(one.best.test_mse if one.best else None)] * (found.rows == "test")),
            formats.error(one.median_mse),
            formats.percent(one.failed),
        )
        for one in findings.swept(found)
    ]
    if not rows:
        return []
    columns: tuple[str, ...] = ("m", "Model", "Width", "Trainings", "Validation MSE of the best")
    columns += ("Test MSE of the best",) * (found.rows == "test")
    columns += (f"Median {found.rows} MSE", "Failed")
    caption = (
        "Every combination of depth, width and learning rate, trained several times. The best "
        "training has the lowest validation MSE. The median is over all trainings; a diverged one "
        "counts as infinitely bad. A training has failed if it diverged, if its network is dead, "
        f"or if its MSE on the training samples stays above {findings.FAILED_MSE}."
    )
    return [_floor(found), Table("swept", caption, columns, tuple(rows), words=2)]


def _time(found: Findings) -> list[Block]:
    spent = findings.seconds(found)
    if not spent:
        return []
    rows = tuple((STAGES.get(stage, stage), formats.duration(s)) for stage, s in spent.items())
    total = formats.duration(sum(spent.values()))
    text = f"The trainings took {total} of computing, summed over all cores."
    return [
        Paragraph(text),
        Table("seconds", "Time of computing by kind of training.", ("Kind", "Time"), rows),
    ]
