"""What a running study shows: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.studies import Study

Show = Callable[[str, int], None]  # takes what was done, and how many runs that were


@contextmanager
def progress(study: Study) -> Iterator[Show]:
    total = study.missing
    with _bar(total) if sys.stdout.isatty() else _lines(total) as show:
        yield show


@contextmanager
def _bar(total: int) -> Iterator[Show]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("runs,"), TimeRemainingColumn(), TextColumn("left")) as bar:
        task = bar.add_task("training", total=total)

        def show(done: str, runs: int) -> None:
            bar.console.print(done)
            bar.advance(task, runs)

        yield show


@contextmanager
def _lines(total: int) -> Iterator[Show]:
    begin, finished = time.monotonic(), 0

    def show(done: str, runs: int) -> None:
        nonlocal finished
        finished += runs
        left = (time.monotonic() - begin) * (total - finished) / max(finished, 1)
        print(f"[{finished}/{total} runs, about {left:.0f} s left] {done}", flush=True)

    yield show
