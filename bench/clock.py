"""Where this process's time went, by what it was spent on."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS: defaultdict[str, float] = defaultdict(float)


@contextmanager
def spent_on(what: str) -> Iterator[None]:
    """Count the time in this block as spent on "training", "compilation" or the like."""
    watch = Stopwatch()
    try:
        with watch:
            yield
    finally:
        SECONDS[what] += watch.seconds


class Stopwatch:
    """The seconds spent in a block."""

    seconds = 0.0

    def __enter__(self) -> Stopwatch:
        self._begin = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._begin


def taken() -> dict[str, float]:
    """The seconds counted since the last call."""
    seconds = dict(SECONDS)
    SECONDS.clear()
    return seconds
