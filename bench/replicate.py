"""The same study with other seeds, many times, so that its intervals can be held against others.

The first half of the studies differ in their root seed alone; the others have data of their own
as well. The report tells how far they agree.
"""

from __future__ import annotations

from collections.abc import Generator

from bench.cluster import place
from bench.lock import held
from bench.options import Options
from bench.plan import describe_requests
from bench.progress import progress
from bench.studies import Folders, Study, open_study
from bench.waves import carry_out_waves
from study.errors import StudyError
from study.presets import Preset, load_preset


def replicate(options: Options) -> Generator[str, None, int]:
    """Carry the studies out, in lines to print; returns the exit code."""
    preset = load_preset(options.preset)
    if options.seeds < 2 or getattr(preset.design, "repetitions", 0) < 2:
        raise StudyError(
            f"replicate: expected two seeds or more and a preset with two repetitions or more, "
            f"found {options.seeds} and {preset.name}; ask for more, or name another preset"
        )
    for seed in range(1, options.seeds + 1):
        study = _open(options, preset, seed)
        with held(study.out, wait=options.wait), progress() as (show, tell):
            where = place(options.workers, options.scheduler, tell)
            result = carry_out_waves(study, where, show)
        yield f"{study.name}: {len(result.records):,} trainings"
        if result.failed:
            yield f"{len(result.failed)} trainings failed: {result.error!r}"
            yield from (f"  {line}" for line in describe_requests(result.failed))
            return 1
    yield f"python -m report --agreement {options.out / preset.name}* tells how far they agree"
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
        trust=options.trust_data,
    )
