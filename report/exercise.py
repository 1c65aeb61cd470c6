"""The exercise page: the winners of the given training files, one network each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from report import findings, formats
from report.blocks import Block, Lines, Paragraph, Table, table
from report.contrasts import cell_of, label_of
from report.findings import Findings
from report.radii import radii
from report.reading import Reading
from study.architectures import is_symmetric
from study.design import deciding_error
from study.labels import architecture_label, correction_label
from study.model_files import model_file
from study.records import Record

ON_DIAGONAL = 1.0  # mm: a network whose answers stay closer to the diagonal passes


def exercise(reading: Reading) -> Iterator[Block]:
    """The winners in one table, which worked best, and where augmentation helped."""
    found, winners = reading.found, findings.exercise(reading.found)
    if not winners:
        return
    yield Lines((*_worked_best(found, winners), *_augmentation(found, winners)))
    yield _table(reading, winners)
    yield Paragraph(
        f"Each row is one network: that with the lowest validation {found.about.choose_by.upper()} "
        "among the full trainings of its cell. The validation rows chose it, so its validation "
        "error tends to be too low, and small differences between rows may be luck: only "
        f"repetitions tell. Above, a change of less than {found.about.margin:g} % counts as no "
        "difference."
    )
    yield radii(winners, reading.held, found.about.test_rows)


def _error(found: Findings, record: Record) -> float:
    """The validation error that chose."""
    return deciding_error(record, found.about.choose_by)


def _rivals(found: Findings, winners: Sequence[Record]) -> dict[tuple[bool, int], list[Record]]:
    """The winners at each correction and size, the best first."""
    told: dict[tuple[bool, int], list[Record]] = {}
    for one in sorted(winners, key=lambda one: _error(found, one)):
        told.setdefault((one.corrected, one.m), []).append(one)
    return told


def _worked_best(found: Findings, winners: Sequence[Record]) -> Iterator[str]:
    """Which model worked best at each size, and how many others have the same error in print."""
    rivals = _rivals(found, winners)
    for corrected in sorted({data for data, _ in rivals}):
        parts = []
        for m in sorted(m for data, m in rivals if data == corrected):
            error, *others = (formats.error(_error(found, one)) for one in rivals[corrected, m])
            alike = others.count(error)
            reach = "1 other reaches" if alike == 1 else f"{alike} others reach"
            told = f"{error}; {reach} it to four decimals" if alike else error
            parts.append(f"{label_of(cell_of(rivals[corrected, m][0]))} at m = {m:,} ({told})")
        yield (
            f"On {correction_label(corrected)} data, **{formats.listed(parts)}** had the lowest "
            f"validation {found.about.choose_by.upper()}."
        )


def _augmentation(found: Findings, winners: Sequence[Record]) -> Iterator[str]:
    """Where copies of the samples lowered an architecture's validation error, and where not."""
    errors = {cell_of(one): _error(found, one) for one in winners}
    margin = found.about.margin
    for name in dict.fromkeys(cell.architecture for cell in errors):
        told: dict[str, list[str]] = {"helped": [], "made no difference": [], "did harm": []}
        for cell, error in errors.items():
            raw = errors.get(cell.of((name, False)))
            if cell.model == (name, True) and raw is not None:
                verb = "helped" if error < raw else "did harm"
                if abs(100 * (error / raw - 1)) < margin:
                    verb = "made no difference"
                change = f"{formats.error(raw)} to {formats.error(error)}"
                place = f"m = {cell.m:,} {correction_label(cell.corrected)} ({change})"
                told[verb].append(place)
        parts = [f"{verb} at {formats.listed(places)}" for verb, places in told.items() if places]
        if parts:
            network = architecture_label(name)
            yield f"Augmentation of the {network} network {formats.listed(parts)}."


def _table(reading: Reading, winners: Sequence[Record]) -> Table:
    caption = (
        "The winners, each in its file, whose name tells architecture, m, copies and correction. "
        "Errors are means over the validation rows and both coordinates; the distance is the root "
        "mean square, in mm. The equivariance error is the largest distance, in units "
        "of half the bag's side, between the answer to moved flows and the moved answer. Starts: "
        "the lowest and highest validation MSE of further trainings with the same hyperparameters, "
        "each from starting weights of its own; the winner may be one of them. Diagonal: how far, "
        "in mm, answers to flows on a diagonal lie from it; an equivariant network passes below "
        f"{ON_DIAGONAL:g} mm, a standard one need not."
    )
    best = [one for one, *_ in _rivals(reading.found, winners).values()]
    rows = (_row(reading, one, one in best) for one in winners)
    return table("exercise-winners", caption, rows, words=2)


def _row(reading: Reading, one: Record, best: bool) -> dict[str, str]:
    return {
        "m": f"{one.m:,}",
        "File": f"`{model_file(cell_of(one))}`",
        "Validation MSE": formats.bold(formats.error(one.validation_mse), best),
        "MAE": formats.error(one.validation_mae),
        "Distance (mm)": formats.millimetres(one.validation_mse),
        "Parameters": formats.fixed(one.parameters, 0),
        "Equivariance error": formats.scientific(one.equivariance_error),
        "Starts": _starts(reading.found, one),
        "Diagonal (mm)": _diagonal(reading, one),
    }


def _starts(found: Findings, winner: Record) -> str:
    """The range of validation MSE over further starts."""
    starts = found.starts.get(cell_of(winner), [])
    errors = [one.validation_mse or 0.0 for one in starts if one.status == "sound"]
    if not errors:
        return formats.NOTHING
    failed = len(starts) - len(errors)
    lost = f", {failed} failed" if failed else ""
    return f"{formats.error(min(errors))} to {formats.error(max(errors))}{lost}"


def _diagonal(reading: Reading, one: Record) -> str:
    diagonal = reading.diagonals.get(one.key)
    if diagonal is None:
        return formats.NOTHING
    if diagonal.largest >= ON_DIAGONAL:
        largest = f"{diagonal.largest:.0f}"
    else:
        largest = "< 0.01" if diagonal.largest < 0.01 else f"{diagonal.largest:.2f}"
    if not is_symmetric(one.architecture):
        return largest
    words = "pass" if diagonal.largest < ON_DIAGONAL else "fail"
    return f"{largest} {words}"
