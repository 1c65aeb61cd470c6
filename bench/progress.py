"""What a running study shows: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.studies import Study

Show = Callable[[str, int], None]  # takes what was done, and how many runs that were


@contextmanager
def progress(study: Study) -> Iterator[Show]:
    console = Console(highlight=False, soft_wrap=True)
    with (_bar if console.is_terminal else _lines)(console, study.missing) as show:
        yield show


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Show]:
    left = (TextColumn("runs,"), TimeRemainingColumn(), TextColumn("left"))
    with Progress(BarColumn(), MofNCompleteColumn(), *left, console=console) as bar:
        task = bar.add_task("training", total=total)

        def show(done: str, runs: int) -> None:
            console.print(done)
            bar.advance(task, runs)

        yield show


@contextmanager
def _lines(console: Console, total: int) -> Iterator[Show]:
    begin, finished = time.monotonic(), 0

    def show(done: str, runs: int) -> None:
        nonlocal finished
        finished += runs
        left = (time.monotonic() - begin) * (total - finished) / max(finished, 1)
        console.print(f"{finished}/{total} runs, about {left:.0f} s left; {done}")

    yield show
