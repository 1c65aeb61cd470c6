"""What a running study shows: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bench.plan import describe_requests
from bench.waves import Show, Step

EVERY = 10.0  # seconds between plain lines


class Screen(NamedTuple):
    """What shows blocks as they are done, and what tells a line between."""

    show: Show
    tell: Callable[[str], None]


class Tally:
    """Counts what is done, and tells it in a line."""

    def __init__(self) -> None:
        self.done = self.failed = 0
        self.best = float("inf")
        self.wave, self.begin, self.spent = 0, time.monotonic(), 0.0

    def count(self, step: Step) -> None:
        """Take a block in."""
        self.done += len(step.block.trainings)
        self.failed += sum(record.status != "sound" for record in step.records)
        grid = [one for one in step.records if one.status == "sound" and not one.condition]
        errors = [one.validation_mse for one in grid]
        self.best = min([self.best, *(error for error in errors if error is not None)])
        self.spent += step.block.cost

    def left(self, step: Step) -> float:
        """Seconds that the wave goes on, by the pace so far; later waves are not known yet."""
        return (time.monotonic() - self.begin) * step.left / max(self.spent, 1e-9)

    def line(self, step: Step) -> str:
        """Where the study stands."""
        failed = f", {self.failed} dead or diverged" * bool(self.failed)
        best = f", best validation MSE {self.best:.4f}" * (self.best < float("inf"))
        return (
            f"wave {step.wave}: {self.done:,} of {step.missing:,} trainings{failed}, about "
            f"{self.left(step):.0f} s left in this wave{best}"
        )


class _Console(Console):
    """A console that leaves a broken pipe to the command: Rich would end the program itself."""

    def on_broken_pipe(self) -> None:
        raise


@contextmanager
def progress() -> Iterator[Screen]:
    """Show how a study goes on."""
    console, tally = _Console(highlight=False, markup=False, soft_wrap=True), Tally()
    with (_bar if console.is_terminal else _lines)(console, tally) as show:

        def told(step: Step) -> None:
            tally.count(step)
            if step.error:
                failed = "; ".join(describe_requests(one.request for one in step.block.trainings))
                console.print(f"a block failed ({failed}): {step.error!r}; it is left out")
            show(step)

        yield Screen(told, console.print)


@contextmanager
def _bar(console: Console, tally: Tally) -> Iterator[Callable[[Step], None]]:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("trainings", total=None)
        yield lambda step: bar.update(
            task, total=step.missing, completed=tally.done, description=tally.line(step)
        )


@contextmanager
def _lines(console: Console, tally: Tally) -> Iterator[Callable[[Step], None]]:
    last = tally.begin

    def show(step: Step) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY or step.left <= 0:
            last = time.monotonic()
            console.print(tally.line(step))

    yield show
