"""Results -> the report's sections, by the design of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from report import grid, speed, sweep
from report.blocks import Section

if TYPE_CHECKING:
    from bench.store import Results


def sections(results: Results, timings: pd.DataFrame | None = None) -> list[Section]:
    """The report's parts, from the answers to how they were found.

    timings: the rows of speed.csv, where the speed was measured.
    """
    design = sweep if "sweep" in results.study else grid
    return [*design.sections(results), *speed.sections(timings)]
