"""What a study would do, and where it stands, in words. Loads no TensorFlow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

from bench.costs import SECONDS_PER_FIT, SECONDS_PER_KERAS_STEP, mean_cost
from bench.options import Options
from bench.studies import Study, standing
from study.conditions import CONDITIONS
from study.design import Cell, Request, winners
from study.grid import Grid, Tuning, short
from study.labels import correction_label, model_label
from study.model_files import saved_files
from study.records import STATUSES, Record
from study.simulate import FILES
from study.sweep import Sweep


def plan(study: Study, options: Options) -> Generator[str, None, int]:
    """What `run` would do, in lines to print; returns the exit code."""
    yield from describe_plan(study, standing(study).records, options.workers)
    return 0


def status(study: Study, options: Options) -> Generator[str, None, int]:
    """Where a study stands, in lines to print; returns the exit code."""
    yield from describe_status(study, standing(study).records)
    return 0


def describe_plan(study: Study, records: Mapping[Request, Record], workers: int) -> Iterator[str]:
    """What `run` would do: counts, estimated time, files."""
    names = study.names
    todo = [name for name in names if name not in records]
    yield heading(study)
    yield from remarks(study)
    yield f"  m: {', '.join(map(str, study.preset.design.sizes))}"
    yield from _tuning(study)
    yield f"{len(names):,} trainings, {len(todo):,} of them still to do"
    seconds = sum(price(study, name) for name in todo)
    if study.keys.trainer == "keras":
        yield f"about {seconds / 60:.1f} minutes with Keras, one block at a time"
    else:
        yield f"about {seconds / 60 / workers:.1f} minutes with {workers} workers"
    yield "would write, and nothing else:"
    yield f"  {study.store}"
    for name in (
        "writer.lock",
        "runs.csv",
        "report.html",
        "report.md",
        "results.json",
        "figures",
        "tables",
    ):
        yield f"  {study.out / name}"
    if study.without_files:
        yield f"  {len(FILES)} files of simulated data in {study.data.folder}"
    for cell in _saved(study):
        yield from (f"  {study.models / name}" for name in saved_files(cell))


def heading(study: Study) -> str:
    """Which study it is."""
    source = "simulated data" if study.simulated else f"data in {study.data.folder}"
    return f"{study.name}: preset {study.preset.name} on {source}, root seed {study.keys.root_seed}"


def remarks(study: Study) -> Iterator[str]:
    """What is odd about its data."""
    for one in study.remarks:
        yield f"  {'WARNING: ' if one.loud else ''}{one.text}"


def _tuning(study: Study) -> Iterator[str]:
    design = study.design
    if isinstance(design, Sweep):
        yield f"  {design.repeats} repeats of each combination"
    if isinstance(design, Grid):
        if design.repetitions:
            tuned = _words(design, design.tuning)
            yield f"  {design.repetitions} repetitions of each cell: {tuned}"
        if design.exercise_sizes:
            yield f"  the exercise: {_words(design, design.exercise)}"


def _words(design: Grid, tuning: Tuning) -> str:
    """How a repetition is tuned."""
    starts = f", then {tuning.starts} more of its best" if tuning.starts else ""
    return (
        f"{tuning.proposals} proposals of {short(design.steps):,} steps, the best "
        f"{tuning.finalists} in full with {design.steps:,}{starts}"
    )


def _saved(study: Study) -> list[Cell]:
    """The cells whose winner is saved: those of the exercise."""
    cells = (name.cell for name in study.names if name.repetition == 0)
    return list(dict.fromkeys(cells))


def price(study: Study, name: Request) -> float:
    """Seconds that a request takes on one core, roughly: at the mean cost of its search space.

    Keras takes as long for every network.
    """
    if name.stage == "fitted":
        return SECONDS_PER_FIT
    protocol = study.design.protocol_of(name)
    if study.keys.trainer == "keras":
        return SECONDS_PER_KERAS_STEP * protocol.steps
    return mean_cost(study.preset.space(name.cell.architecture), protocol)


def describe_status(study: Study, records: Mapping[Request, Record]) -> Iterator[str]:
    """How many of the planned trainings are there, and what became of them; a line a cell."""
    names = study.names
    yield f"{study.name}: {len(records):,} of {len(names):,} planned trainings are there"
    planned = Counter(name.cell for name in names)
    there = Counter(name.cell for name in records)
    status = Counter((name.cell, record.status) for name, record in records.items())
    for cell, count in planned.items():
        parts = [f"{status[cell, word]} {word}" for word in STATUSES[1:] if status[cell, word]]
        parts += [f"{count - there[cell]} missing"] * (count > there[cell])
        yield f"  {describe_cell(cell)}: {', '.join(parts) or 'complete'}"
    yield from (f"no sound network: {place}" for place in lost(study, records))
    seconds = sum(record.seconds for record in records.values())
    yield f"the trainings took {seconds:.0f} s of one core"


def lost(study: Study, records: Mapping[Request, Record]) -> list[str]:
    """The repetitions of tuned cells that have no sound network: what nothing can make good.

    A control that takes over hyperparameters may fail by these, and is counted as dead or diverged.
    """
    best = winners(records, study.design.choose_by)
    return [
        f"{describe_cell(cell)}, repetition {repetition}"
        for (cell, repetition), one in best.items()
        if one is None and CONDITIONS[cell.condition].way == "tuned"
    ]


def describe(request: Request) -> str:
    """A training in words."""
    one = request
    return f"{describe_cell(one.cell)}, repetition {one.repetition}, {one.stage} {one.rank}"


def describe_requests(requests: Iterable[Request]) -> Iterator[str]:
    """Requests in words: a line for each cell and stage, with its repetitions."""
    alike: dict[tuple[Cell, str], set[int]] = {}
    for one in sorted(requests):
        alike.setdefault((one.cell, one.stage), set()).add(one.repetition)
    for (cell, stage), repetitions in alike.items():
        numbers = f"repetition{'s' * (len(repetitions) > 1)} {_ranges(sorted(repetitions))}"
        yield f"{describe_cell(cell)}, {stage}: {numbers}"


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers, those that follow each other as one: "0 to 3, 7"."""
    first = [n for n in numbers if n - 1 not in numbers]
    last = [n for n in numbers if n + 1 not in numbers]
    pairs = zip(first, last, strict=True)
    return ", ".join(f"{a}" if a == b else f"{a} to {b}" for a, b in pairs)


def describe_cell(cell: Cell) -> str:
    """A cell in words."""
    words = [
        model_label(cell.model),
        correction_label(cell.corrected),
        f"m = {cell.m}",
        CONDITIONS[cell.condition].label if cell.condition else "",
    ]
    return ", ".join(filter(None, words))
