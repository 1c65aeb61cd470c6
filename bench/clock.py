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
    begin = time.perf_counter()
    try:
        yield
    finally:
        SECONDS[what] += time.perf_counter() - begin


def taken() -> dict[str, float]:
    """The seconds counted since the last call."""
    seconds = dict(SECONDS)
    SECONDS.clear()
    return seconds
