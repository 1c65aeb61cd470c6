"""The same study with other seeds, many times: do its intervals hold what the others find?

The first half of the studies differ in their root seed alone; the others have data of their own
as well.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from bench.options import Options
from bench.studies import Folders, Study, open_study
from bench.waves import Result, carry_out_waves
from study.contrasts import Contrast, contrasts, errors, scored_rows
from study.coverage import Coverage, coverage
from study.errors import StudyError
from study.files import write_whole
from study.labels import correction_label
from study.presets import Preset, load_preset

NAME = "replicate.md"  # of the table, in the folder of results


def replicate(options: Options) -> Generator[str, None, int]:
    """Carry the studies out and write the table, in lines to print; returns the exit code."""
    preset = load_preset(options.preset)
    if options.seeds < 2 or getattr(preset.design, "repetitions", 0) < 2:
        raise StudyError(
            f"replicate: expected two seeds or more and a preset with two repetitions or more, "
            f"found {options.seeds} and {preset.name}; ask for more, or name another preset"
        )
    found = []
    for seed in range(1, options.seeds + 1):
        study = _open(options, preset, seed)
        result = carry_out_waves(study, options.workers)
        found.append(_contrasts(study, result))
        yield f"{study.name}: {len(result.records):,} trainings; {_effects(found[-1])}"
        if result.failed:
            yield f"{len(result.failed)} trainings failed: {result.error!r}"
            return 1
    lines = list(_table(options, coverage(found)))
    options.out.mkdir(parents=True, exist_ok=True)
    yield f"wrote {write_whole(options.out / NAME, chr(10).join(lines) + chr(10))}"
    yield lines[-1]
    return 0


def _open(options: Options, preset: Preset, seed: int) -> Study:
    """The study of a root seed: of the second half, on data of its own."""
    own = seed > options.seeds // 2
    data = options.data / f"seed{seed}" if own else options.data
    if own:
        data.mkdir(parents=True, exist_ok=True)
    return open_study(
        preset,
        Folders(data, options.out, options.models),
        root_seed=seed,
        data_seed=seed if own else options.data_seed,
        simulate=True,
    )


def _contrasts(study: Study, result: Result) -> list[Contrast]:
    rows = scored_rows(result.records.values())
    return contrasts(errors(result.records, study.design.choose_by, rows))


def _effects(found: Sequence[Contrast]) -> str:
    main = [one for one in found if one.model[0] != one.reference[0]]
    return ", ".join(f"{_percent(float(one.interval.mean))} %" for one in main)


def _table(options: Options, found: Sequence[Coverage]) -> Iterator[str]:
    """A page in Markdown."""
    half = options.seeds // 2
    yield "# Does a repeated study agree?"
    yield ""
    yield (
        f"The preset {options.preset} with {options.seeds} root seeds; studies 1 to {half} share "
        f"their data, studies {half + 1} to {options.seeds} have simulated data of their own. "
        f"`make replicate` made this table."
    )
    yield ""
    yield (
        "Effects are changes of the error in per cent, with the lowest and the highest of the "
        "studies. The spread is their standard deviation over studies in units of the standard "
        "error that a study tells for itself. An interval holds where the mean effect of the "
        "other studies lies inside it."
    )
    yield ""
    yield "| m | training data | compared | mean effect | lowest | highest | spread | held |"
    yield "| ---: | :--- | :--- | ---: | ---: | ---: | ---: | ---: |"
    for one in found:
        ends = (np.mean(one.effects), min(one.effects), max(one.effects))
        effects = " | ".join(_percent(float(value)) for value in ends)
        yield (
            f"| {one.m} | {correction_label(one.corrected)} | {one.label} | {effects} | "
            f"{one.spread / one.error:.2f} | {one.held} of {one.studies} |"
        )
    held, cases = sum(one.held for one in found), sum(one.studies for one in found)
    yield ""
    yield f"In all, {held} of {cases} intervals ({100 * held / cases:.0f} %) hold the others' mean."


def _percent(log_ratio: float) -> str:
    return f"{100 * np.expm1(log_ratio):+.1f}"
