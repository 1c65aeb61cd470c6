"""Running a study: what is missing is carried out by workers, and kept as it comes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from bench import store
from bench.clock import spent_on, taken
from bench.descriptions import describe, describe_cell
from bench.engine import each
from bench.facts import facts
from bench.provenance import provenance
from bench.studies import Study
from bench.tasks import Task, carry_out


def run(study: Study, workers: int, show: Callable[[str, int], None]) -> Study:
    """Complete the study's cells and return it as it stands then."""
    begin = time.perf_counter()
    incomplete = [task for task in study.tasks if not task.complete]
    # The longest first: no worker shall wait for another's long last task.
    todo = {task.cell: task for task in sorted(incomplete, key=lambda task: -task.steps)}
    finished: dict[Any, Task] = {}
    seconds: defaultdict[str, float] = defaultdict(float)
    with closing(store.Store(study.out)) as rows:
        keys = [task.key(run) for task in study.tasks for run in task.planned]
        said = describe(study)
        if todo:
            said |= {"provenance": provenance(), **facts(study)}
        rows.begin(keys, said, anew=bool(todo))
        for done in each(carry_out, todo.values(), workers, study.out, lambda task: task.kind):
            task = todo[done.cell]
            with spent_on("io"):
                rows.add(done.rows, done.pictures)
            finished[done.cell] = replace(task, rows={row["run"]: row for row in done.rows})
            _add(seconds, done.seconds)
            show(describe_cell(done), len(task.missing))
        with spent_on("io"):
            store.export(study.out)
        if todo:
            _add(seconds, taken())
            seconds["total"] = time.perf_counter() - begin
            rows.describe({"seconds": seconds, "workers": workers})
    tasks = (finished.get(task.cell, task) for task in study.tasks)
    return replace(study, tasks=tuple(tasks), seconds=seconds or study.seconds)


def _add(total: defaultdict[str, float], more: Mapping[str, float]) -> None:
    for what, seconds in more.items():
        total[what] += seconds
