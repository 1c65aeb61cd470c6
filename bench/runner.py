"""Running a study: what is missing is carried out by workers, and kept as it comes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from bench import store
from bench.descriptions import describe, describe_cell
from bench.engine import each
from bench.studies import Study
from bench.tasks import Task, carry_out


def run(study: Study, workers: int, show: Callable[[str, int], None]) -> Study:
    """Complete the study's cells and return it as it stands then."""
    begin = time.perf_counter()
    todo = {task.cell: task for task in study.tasks if not task.complete}
    finished: dict[Any, Task] = {}
    seconds: Counter[str] = Counter()
    with closing(store.Store(study.out)) as rows:
        rows.begin([task.key(run) for task in study.tasks for run in task.planned], describe(study))
        for done in each(carry_out, todo.values(), workers, study.out, lambda task: task.kind):
            task = todo[done.cell]
            rows.add(done.rows, done.diagonals)
            finished[done.cell] = replace(task, rows={row["run"]: row for row in done.rows})
            seconds.update(done.seconds)
            show(describe_cell(done), len(task.missing))
        if todo:
            total = {"total": time.perf_counter() - begin}
            rows.describe({"seconds": {**seconds, **total}, "workers": workers})
    store.export(study.out)
    return replace(study, tasks=tuple(finished.get(task.cell, task) for task in study.tasks))
