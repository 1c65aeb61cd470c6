"""The seconds that a block of code takes."""

from __future__ import annotations

import time


class Stopwatch:
    """The seconds spent in a block."""

    seconds = 0.0

    def __enter__(self) -> Stopwatch:
        self._begin = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._begin
