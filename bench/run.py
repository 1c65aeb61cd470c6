"""A whole run: from a preset and a folder of data to records, winners and a table."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pandas as pd

from bench.cluster import place
from bench.export import export_table, export_winners, table
from bench.lock import held, holder
from bench.options import CORES, Options
from bench.plan import describe_requests, describe_status, heading, lost, remarks
from bench.progress import progress
from bench.studies import Folders, Study, open_study
from bench.waves import Result, Show, carry_out_waves, silent
from study.presets import load_preset
from study.store import is_begun, read_facts


def run(study: Study, options: Options) -> Generator[str, None, int]:
    """Carry out what a study lacks, in lines to print; returns the exit code."""
    yield heading(study)
    yield from remarks(study)
    if options.wait and (other := holder(study.out)):
        yield f"waiting for {other}"
    result = yield from complete(study, options)
    yield from describe_status(study, result.records)
    yield from _filling(result)
    if result.failed:
        yield f"{len(result.failed)} trainings failed: {result.error!r}"
        yield from (f"  {line}" for line in describe_requests(result.failed))
        return 1
    return 3 if lost(study, result.records) else 0


def complete(study: Study, options: Options) -> Generator[str, None, Result]:
    """Carry out what a study lacks and write its table and winners, in lines to print."""
    if is_begun(study.store):
        read_facts(study.store)  # raises where it is none of ours, before anything is written
    with held(study.out, wait=options.wait):
        with progress() as (show, tell):
            where = place(options.workers, options.scheduler, tell)
            result = carry_out_waves(study, where, show, fail_fast=options.fail_fast)
        yield f"wrote {export_table(study, result.records)}"
        yield from (f"wrote {path}" for path in export_winners(study, result.records))
    return result


def _filling(result: Result) -> Iterator[str]:
    if result.seats:
        yield f"blocks were filled to {100 * result.lanes / result.seats:.0f} %"


def run_study(
    preset: str,
    *,
    data: str | Path,
    out: str | Path = "results",
    models: str | Path = "models",
    workers: int = CORES,
    scheduler: str | None = None,
    seed: int | None = None,
    trust_data: bool = False,
    show: Show = silent,
) -> pd.DataFrame:
    """Carry out what a study lacks and return its records, a row for each training.

    preset: a name, or the path of a .toml file. Where the data folder, which must exist, is empty,
    data are simulated there. workers: threads, by default as many as there are cores. scheduler:
    the address of a Dask scheduler, or the file that it wrote; its cluster trains instead, and
    which workers join and leave is printed. trust_data: go on where the data seem to be in another
    convention. show: takes each block that is done. Columns are the fields of
    `study.records.Record`, without weights and curves. Raises StudyError for a wrong preset, wrong
    data or a scheduler that does not answer, and what a block of trainings raised.

    >>> records = run_study("smoke", data="data", out="results")  # doctest: +SKIP
    >>> records.query("stage == 'full'").groupby(["m", "architecture"])["test_mse"].median()
    """
    folders = Folders(Path(data), Path(out), Path(models))
    study = open_study(
        load_preset(str(preset)), folders, root_seed=seed, simulate=True, trust=trust_data
    )
    with held(study.out):
        result = carry_out_waves(study, place(workers, scheduler, print), show)
        if result.error:
            raise result.error
        export_table(study, result.records)
        export_winners(study, result.records)
    return table(result.records)
