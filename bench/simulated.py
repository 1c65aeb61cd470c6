"""The command that writes simulated data."""

from __future__ import annotations

from collections.abc import Generator

from bench.options import Options
from study.simulate import write_data


def simulate(options: Options) -> Generator[str, None, int]:
    """Write the files that the data folder lacks, in lines to print; returns the exit code."""
    yield from (f"wrote {path}" for path in write_data(options.data, options.data_seed))
    return 0
