"""A whole study once more, in a second folder, and held against the first."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from bench.options import Options
from bench.plan import describe, heading
from bench.run import complete
from bench.studies import Study, standing
from bench.verify import Difference, compared, fitted, loaded, promised, saved_networks, verdict


def reproduce(study: Study, options: Options) -> Generator[str, None, int]:
    """Repeat a study and compare all, in lines to print; returns the exit code: 4 where it differs.

    The repetition goes on where it was interrupted, as any study.
    """
    records = standing(study).records
    stored = promised(study, records) | fitted(records)
    out = options.again / study.name
    again = replace(study, out=out, models=out / "models")
    yield f"{heading(study)}, once more in {again.out}"
    result = yield from complete(again, options)
    differences: list[Difference] = []
    for request, record in stored.items():
        if found := result.records.get(request):
            differences += compared(describe(request), record, found)
        else:
            differences.append(Difference(describe(request), "record", record.key, "none"))
    files = saved_networks(study, stored) + saved_networks(again, stored)
    differences += loaded(files)
    yield from verdict(list(stored.values()), len(files), differences)
    return 4 if differences else 1 if result.failed else 0
